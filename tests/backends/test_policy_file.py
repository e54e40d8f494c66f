"""The retention policy is shown as it is written in the configuration, checked, and written back among all the rest."""

import os

import flightlog
import pytest
from flightlog.backends.configuration.policy_text import line_of, policy_text, with_policy
from flightlog.core.errors import ConfigError, Conflict, NotSupported, ReadOnly
from flightlog.core.retention.policy import Block, Keep, Policy
from flightlog.core.retention.policy_file import PolicyMistake
from hypothesis import given
from hypothesis import strategies as st

OURS = """\
# what may go
retention:
  - match: "status:completed"   # the usual ones
    keep: {last: 50}
    then: archive
# of each workflow
minimum: 1
# max_size: 5GB
"""
WHOLE = f"""\
# of the triage team

storage:
  logs: {{type: file}}  # readable

{OURS}
# money
budgets: [{{per: day, max: 20.00}}]
"""
NEW = 'retention: [{match: "status:failed", then: trash}]\n'


def test_the_part_about_retention_is_found_with_its_comments():
    assert policy_text(WHOLE) == OURS
    assert with_policy(WHOLE, NEW) == WHOLE.replace(OURS, NEW)
    assert policy_text("# nothing\n") == policy_text("") == policy_text("every_:\n") == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", NEW),
        ("# mine\n", "# mine\n\n" + NEW),
        ("budgets: []", "budgets: []\n\n" + NEW),
        ("every: 1h", NEW),
        ("every: 1h\n# last words", NEW),
        ("every: 1h\nbudgets: []\n\n# least\nminimum: 2\n", NEW + "budgets: []\n\n"),
        ("every: 1h\n\n# of money\nbudgets: []\n", NEW + "\n# of money\nbudgets: []\n"),
        ("every: '1h\n\n# no comment'\nbudgets: []\n", NEW + "budgets: []\n"),
        ("retention: [\n# none\n\n]\nbudgets: []\n", NEW + "budgets: []\n"),
        ("every: 1h\r\n\r\nbudgets: []\r\n", NEW.replace("\n", "\r\n") + "\r\nbudgets: []\r\n"),
    ],
)
def test_it_is_put_back_and_all_else_stays(before, after):
    assert with_policy(before, NEW) == after


PIECES = st.lists(
    st.sampled_from(["# a\n", "\n", "every: 1h\n", "minimum: 3\n", "budgets: []  # x\n", "sources:\n  - a\n\n  # b\n"]),
    unique=True,
).map("".join)


@given(PIECES)
def test_what_is_put_back_is_what_is_found(text):
    said = policy_text(text)
    assert policy_text(with_policy(text, said)) == said
    assert policy_text(with_policy(text, NEW)).startswith(NEW)
    others = [line for line in text.splitlines() if line.startswith(("budgets", "sources", "  "))]
    assert [line for line in with_policy(text, NEW).splitlines() if line in others] == others


def test_a_file_of_one_line_has_no_part_that_could_be_shown():
    with pytest.raises(ConfigError, match="written in one line"):
        policy_text("{every: 1h, budgets: []}")


def test_the_line_of_a_key():
    assert line_of(OURS, "retention[0].keep.last") == 3
    assert line_of(OURS, "retention[0].keep.daily") == 3
    assert line_of(OURS, "retention[0].match") == 2
    assert line_of(OURS, "minimum") == 6
    assert line_of(OURS, "no") is None
    assert line_of("[", "no") is None


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    with flightlog.open(folder, storage="file") as store:
        store.run("triage", name="one").finish()
    (folder / "flightlog.yaml").write_text(WHOLE)
    return folder


def test_a_policy_is_read_checked_and_written(data):
    os.chmod(data / "flightlog.yaml", 0o640)
    with flightlog.open(data) as store:
        file = store.policy_file
        said = file.read()
        assert (said.text, said.file) == (OURS, str(data / "flightlog.yaml"))
        found = file.checked(OURS, store.runs)
        assert found.policy == Policy(blocks=(Block(match="status:completed", keep=Keep(last=50), then="archive"),))
        assert found.every == 3600
        again = file.write(NEW + "every: 2h\n", said)
        assert again == file.read()
        assert again.text == NEW + "every: 2h\n"
        assert file.checked(again.text, store.runs).every == 7200
    assert (data / "flightlog.yaml").read_text() == WHOLE.replace(OURS, NEW + "every: 2h\n")
    assert (data / "flightlog.yaml").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in data.iterdir() if path.name.endswith(".new")) == []


def test_a_first_policy_makes_the_file_and_a_link_stays_a_link(tmp_path):
    with flightlog.open(tmp_path / "data") as store:
        assert store.policy_file.read().text == ""
        store.policy_file.write(NEW, store.policy_file.read())
        assert (tmp_path / "data/flightlog.yaml").read_text() == NEW
    (tmp_path / "data/flightlog.yaml").rename(tmp_path / "mine.yaml")
    (tmp_path / "data/flightlog.yaml").symlink_to(tmp_path / "mine.yaml")
    with flightlog.open(tmp_path / "data") as store:
        store.policy_file.write(OURS, store.policy_file.read())
    assert (tmp_path / "mine.yaml").read_text() == OURS
    assert (tmp_path / "data/flightlog.yaml").is_symlink()


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("retention:\n  - match: x\n   keep: {\n", 2, "not YAML"),
        ("every: 1h\nevery: 2h\n", 1, "second time"),
        (OURS.replace("last: 50", "lats: 50"), 3, "did you mean 'last'.*allowed are last, within"),
        (OURS.replace("status:completed", "status:completd"), 2, "did you mean completed"),
        (OURS.replace("status:completed", "workflow:triag"), 2, "no run has the workflow 'triag'.*'triage'"),
        (OURS.replace("status:completed", "@mine"), 2, "@mine names no saved view.*a view is a person's own"),
        (OURS.replace("minimum: 1", "minimum: -1"), 6, "less than 0"),
        (OURS.replace("archive", "shred"), 4, "'shred' is not allowed.*archive, trash, states"),
        ("# max_size: 5GB\n", None, "nothing is said"),
        ("budgets: []\n", 0, "'budgets' is no key"),
        ("", None, "nothing is said"),
        ("- x\n", None, "a mapping is wanted"),
    ],
)
def test_a_mistake_names_its_line_and_what_is_allowed(data, text, line, says):
    with flightlog.open(data) as store:
        with pytest.raises(PolicyMistake, match=says) as caught:
            store.policy_file.checked(text, store.runs)
        assert caught.value.line == line
        assert str(data) not in str(caught.value)
        assert (caught.value.said is not None) is ("workflow:" in text)
        assert "workflow:" not in text or store.policy_file.checked(text) == caught.value.said
        if "workflow:" not in text:
            with pytest.raises(PolicyMistake):
                store.policy_file.write(text, store.policy_file.read())
    assert (data / "flightlog.yaml").read_text() == WHOLE


def test_in_a_store_without_runs_every_name_may_come_yet(tmp_path):
    with flightlog.open(tmp_path / "data") as store:
        assert store.policy_file.checked(OURS.replace("status:completed", "workflow:triag"), store.runs)


def test_nothing_is_written_over_what_somebody_else_wrote(data):
    with flightlog.open(data) as store:
        said = store.policy_file.read()
        (data / "flightlog.yaml").write_text(WHOLE + "# more\n")
        with pytest.raises(Conflict, match="changed meanwhile"):
            store.policy_file.write(NEW, said)
        (data / "flightlog.yaml").unlink()
        with pytest.raises(Conflict):
            store.policy_file.write(NEW, said)


def test_what_would_change_anything_else_is_refused(data):
    for config in ("  budgets: []\n", "---\nbudgets: []\n...\n"):
        (data / "flightlog.yaml").write_text(config)
        with flightlog.open(data) as store, pytest.raises(ConfigError, match="by hand"):
            store.policy_file.write(NEW, store.policy_file.read())
        assert (data / "flightlog.yaml").read_text() == config
        assert not [path for path in data.iterdir() if path.name.endswith(".new")]


def test_a_read_only_store_and_one_session_s_write_no_policy(data):
    with flightlog.open(data, read_only=True) as store, pytest.raises(ReadOnly):
        store.policy_file.write(NEW, store.policy_file.read())
    with flightlog.open(data) as whole:
        store = whole.scoped(session="ana")
        assert store.policy_file.read().text == OURS
        with pytest.raises(NotSupported):
            store.policy_file.write(NEW, store.policy_file.read())
    assert (data / "flightlog.yaml").read_text() == WHOLE


def test_what_belongs_to_another_program_has_no_policy():
    with flightlog.open("sqlite::memory:") as store:
        assert store.policy_file is None
