"""A person's own settings, and how the browser was left: read with patience, written without harm."""

import os
import threading

import pytest
from flightlog.core.errors import ConfigError, StorageError
from flightlog.tui import keys
from flightlog.tui.personal.key_map import key_name
from flightlog.tui.personal.person import Person, load_person
from flightlog.tui.personal.remembered import Memory, Remembered, read_remembered, state_file, write_remembered
from flightlog.tui.personal.rewriting import save_view, with_view
from flightlog.tui.personal.settings import View, read_settings, settings_file, settings_in


def found(text, tmp_path, themes=("flightlog-dark", "flightlog-light")):
    return settings_in(text, tmp_path / "config.yaml", themes)


def test_the_files_lie_where_the_user_s_folders_are(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert settings_file() == tmp_path / "c" / "flightlog" / "config.yaml"
    assert state_file("/data").parent == tmp_path / "s" / "flightlog"
    assert state_file("/data") != state_file("/other")


def test_without_a_file_nothing_is_said_and_nothing_is_wrong(tmp_path):
    read = read_settings(tmp_path / "none.yaml")
    assert not read.keys and not read.mistakes and not read.rows()


def test_everything_that_may_be_said(tmp_path):
    text = (
        'keys: {runs.pin: "P", runs.tag: "^t, f5", place.costs: 7}\ntheme: flightlog-light\nbell: true\nnotify: osc9\n'
    )
    text += 'views:\n  failures: {query: "status:failed since:7d", sort: cost}\n  all: {}\n'
    read = found(text, tmp_path)
    assert read.mistakes == ()
    assert read.keys == {"runs.pin": "P", "runs.tag": "ctrl+t,f5", "place.costs": "7"}
    assert (read.theme, read.bell, read.notify) == ("flightlog-light", True, "osc9")
    assert read.views == {"failures": View("status:failed since:7d", "cost"), "all": View("")}
    assert ("keys.runs.pin", "P") in read.rows()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("keys: {runs.pni: P}", ("keys.runs.pni", "is no key of the program", "did you mean 'runs.pin'?")),
        ("keys: {runs.pin: j}", ("keys.runs.pin", "'j' is already move.down", "give move.down another")),
        ("keys: {runs.pin: F}\nkey: 1", ("key", "is no key", "did you mean 'keys'?")),
        ("keys: {runs.pin: escape}", ("keys.runs.pin", "esc cannot be taken", "always steps out")),
        ("keys: {app.back: x}", ("keys.app.back", "cannot be changed", "esc always steps out")),
        ("keys: {runs.pin: ctrl+banana}", ("keys.runs.pin", "'ctrl+banana' is no key", '"ctrl+o"')),
        ("keys: {runs.pin: [a]}", ("keys.runs.pin", "a key is wanted")),
        ("keys: 5", ("keys", "a mapping is wanted, found 5")),
        ("theme: nice", ("theme", "found 'nice'", "flightlog-dark, flightlog-light")),
        ("bell: 3", ("bell", "found 3", "true, false")),
        ("notify: mail", ("notify", "found 'mail'", "osc9, off")),
        ("views: [a]", ("views", "a mapping is wanted, found a list")),
        ("views: {a: {query: 3}}", ("views.a.query", "a text is wanted, found 3")),
        ("views: {a: {query: x, sort: size_of}}", ("views.a.sort", "found 'size_of'", "started")),
        ("views: {a: {querry: x}}", ("views.a.querry", "did you mean 'query'?")),
        ("- a", ("a mapping is wanted, found a list",)),
        ("a: [", ("is not YAML",)),
        ("\x1b: 1", ("is not YAML",)),
    ],
)
def test_a_mistake_is_one_line_that_says_where_what_and_what_is_allowed(text, says, tmp_path):
    read = found(text, tmp_path)
    (line,) = read.mistakes
    assert str(tmp_path / "config.yaml") in line
    assert all(word in line for word in says), line
    assert "\n" not in line and "\x1b" not in line


def test_what_is_right_is_in_force_beside_what_is_wrong(tmp_path):
    read = found("keys: {runs.pin: F, runs.tag: F, runs.note: j}\nbell: true\ntheme: nice", tmp_path)
    assert read.bell and read.theme == "" and len(read.mistakes) == 3
    assert read.keys == {"runs.tag": "F"}  # of two that want one key, the first found gives way


def test_keys_may_be_swapped(tmp_path):
    assert found("keys: {runs.pin: t, runs.tag: p}", tmp_path).mistakes == ()


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("P", "P"),
        ("^o", "ctrl+o"),
        ("?", "question_mark"),
        ("/", "slash"),
        ("shift-down", "shift+down"),
        ("shift+p", "P"),
        ("esc", "escape"),
        ("pgdn", "pagedown"),
        ("+", "plus"),
        ("f12", "f12"),
        ("space", "space"),
        ("'", "apostrophe"),
        ("hyper+x", None),
        ("", None),
    ],
)
def test_keys_are_read_as_people_write_them(written, name):
    assert key_name(written) == name


def test_every_key_of_the_table_is_a_key():
    assert [n for place in keys.PLACES for key in place.keys for n in key.keys.split(",") if key_name(n) != n] == []


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "config.yaml").write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8" in read_settings(tmp_path / "config.yaml").mistakes[0]
    assert "cannot be read" in read_settings(tmp_path).mistakes[0]


VIEW = View("status:failed cost>1", "cost")
FLOW = '{query: "status:failed cost>1", sort: cost}'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"views:\n  bad: {FLOW}\n"),
        ("bell: true # loud", f"bell: true # loud\nviews:\n  bad: {FLOW}\n"),
        ("{bell: true}\n", f"{{bell: true, views: {{bad: {FLOW}}}}}\n"),
        ("views:\n", f"views: {{bad: {FLOW}}}\n"),
        ("views: {}  # none\n", f"views: {{bad: {FLOW}}}  # none\n"),
        ("views: {a: {query: x}}\n", f"views: {{a: {{query: x}}, bad: {FLOW}}}\n"),
        (
            "views: # mine\n  # 1\n  a: {query: x}\n",
            f"views: # mine\n  # 1\n  bad: {FLOW}\n  a: {{query: x}}\n",
        ),
        ("views:\n  bad: {query: old} # why\n  b: {}\n", f"views:\n  bad: {FLOW} # why\n  b: {{}}\n"),
        ("views:\n  bad:\n    query: old\n    sort: size\nbell: true\n", f"views:\n  bad: {FLOW}\nbell: true\n"),
    ],
)
def test_a_view_is_written_between_what_somebody_wrote(before, after):
    assert with_view(before, "bad", VIEW) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("views:\n  bad: {query: x}\n  b: {}\n# end\n", "views:\n  b: {}\n# end\n"),
        ("views:\n  # keep\n  b: {}\n  bad:\n    query: x\n# end\n", "views:\n  # keep\n  b: {}\n# end\n"),
        ("views: {bad: {query: x}, b: {}}\n", "views: {b: {}}\n"),
        ("views: {b: {}, bad: {query: x}}\n", "views: {b: {}}\n"),
        ("views:\n  bad: {query: x}\n", "views:\n  {}\n"),
        ("bell: true\n", "bell: true\n"),
    ],
)
def test_a_view_is_taken_out(before, after):
    assert with_view(before, "bad", None) == after


@pytest.mark.parametrize("name", ["two words", "no", "1", "a: b", "ü\u202e", 'q"uote', "#x"])
def test_a_view_may_have_any_name(name, tmp_path):
    text = with_view("bell: true\n", name, View('log:"a b" #'))
    assert found(text, tmp_path).views == {name: View('log:"a b" #')}


@pytest.mark.parametrize("text", ["- a\n", "views: 5\n", "views: [a]\n", "a: [\n"])
def test_what_cannot_be_changed_is_left(text):
    with pytest.raises(ConfigError, match="by hand"):
        with_view(text, "a", VIEW)


LEFT = Remembered(data="/d", place="costs", theme="nord", screens={"runs": {"query": "x", "folds": ["a"]}})


def test_what_was_left_is_found_again(tmp_path):
    assert read_remembered(tmp_path / "a.json") == Remembered()
    write_remembered(tmp_path / "deep" / "a.json", LEFT)
    assert read_remembered(tmp_path / "deep" / "a.json") == LEFT
    assert os.listdir(tmp_path / "deep") == ["a.json"]


@pytest.mark.parametrize("bad", [b"", b"{", b"[]", b'{"place": 5}', b"\xff", b"[" * 100_000])
def test_a_damaged_file_is_put_aside(bad, tmp_path):
    file = tmp_path / "a.json"
    file.write_bytes(bad)
    assert read_remembered(file) == Remembered()
    assert not file.exists() and file.with_suffix(".damaged").read_bytes() == bad


def test_a_file_of_a_later_version_is_read_as_far_as_it_is_known(tmp_path):
    (tmp_path / "a.json").write_text('{"place": "space", "later": {"x": 1}}')
    assert read_remembered(tmp_path / "a.json").place == "space"


def test_where_nothing_can_be_written_nothing_fails(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match=r"not remembered.*the next start finds what was kept before"):
        write_remembered(tmp_path / "file" / "a.json", LEFT)
    memory = Memory(tmp_path / "file" / "a.json")
    memory.keep(LEFT)
    assert "a.json" in str(memory.close())
    Memory(None).keep(LEFT)


def test_that_something_is_not_remembered_is_told_once_and_tried_again(tmp_path):
    (tmp_path / "file").write_text("x")
    memory, told = Memory(tmp_path / "file" / "a.json"), []
    person = Person(memory=memory)
    person.tells(told.append)
    for place in ("costs", "space", "space"):
        person.remember(place=place)
        person.close()
    assert [error.where for error in told] == [str(tmp_path / "file" / "a.json")]
    (tmp_path / "file").unlink()
    person.remember(place="space")
    assert person.close() is None and read_remembered(tmp_path / "file" / "a.json").place == "space"


def test_of_two_browsers_the_last_one_wins_without_damage(tmp_path):
    file = tmp_path / "a.json"

    def browse(n):
        memory = Memory(file)
        for i in range(50):
            memory.keep(Remembered(place=f"{n}", filters=tuple(str(i) for _ in range(50))))
            read_remembered(file)
        memory.close()

    threads = [threading.Thread(target=browse, args=(n,)) for n in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    last = read_remembered(file)
    assert last.place in "012" and last.filters == ("49",) * 50
    assert os.listdir(tmp_path) == ["a.json"]


def test_filters_are_remembered_newest_first_and_once():
    left = Remembered()
    for text in ("a", "b", "", "a", *map(str, range(60))):
        left = left.with_filter(text)
    assert left.filters[:2] == ("59", "58") and len(left.filters) == 50
    assert Remembered(filters=("a", "b")).with_filter("b").filters == ("b", "a")


def test_a_view_is_saved_where_the_file_is_a_link(tmp_path):
    (tmp_path / "dotfiles").write_text("bell: true # loud\n")
    (tmp_path / "config.yaml").symlink_to(tmp_path / "dotfiles")
    save_view(tmp_path / "config.yaml", "bad", VIEW)
    assert (tmp_path / "dotfiles").read_text() == f"bell: true # loud\nviews:\n  bad: {FLOW}\n"
    assert (tmp_path / "config.yaml").is_symlink()
    save_view(tmp_path / "new" / "config.yaml", "bad", VIEW)
    assert read_settings(tmp_path / "new" / "config.yaml").views == {"bad": VIEW}
    with pytest.raises(StorageError, match="not saved"):
        save_view(tmp_path / "dotfiles" / "config.yaml", "bad", VIEW)


def test_a_person_is_found_again_for_the_same_data(tmp_path):
    person = load_person("/data")
    person.typed("status:failed")
    person.remember(place="costs")
    person.close()
    assert load_person("/data").remembered == Remembered(data="/data", place="costs", filters=("status:failed",))
    assert load_person("/other").remembered == Remembered(data="/other")
    nobody = load_person(None)
    nobody.remember(place="space")
    nobody.close()
    assert load_person("/data").remembered.place == "costs"
