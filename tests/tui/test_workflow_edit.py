"""A new version written in the browser: its parent, its note, mistakes that lose nothing, the person's own editor."""

import stat
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

import flightlog
import pytest
from flightlog.core.errors import ConfigError, StorageError
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.prompt import Confirm, Prompt
from flightlog.tui.screens.version import VersionScreen
from flightlog.tui.screens.version_edit import VersionEdit
from flightlog.tui.screens.workflows import WorkflowsScreen
from flightlog.tui.workflows.editing import edited, mistake_in, own_editor
from recorded import NASTY
from seeing import shows, text_of, until
from workflow_scene import SIZES, YAML, fill, to_triage


@pytest.fixture
def folder(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        fill(store)
    return tmp_path / "data"


@pytest.fixture
def app(folder):
    return FlightlogApp(lambda: flightlog.open(folder))


def kept(folder, number):
    with flightlog.open(folder) as store:
        return store.workflows.get("triage", number)


async def to_editor(pilot) -> VersionEdit:
    await pilot.press("e")
    await until(pilot, lambda: isinstance(pilot.app.screen, VersionEdit) and pilot.app.screen.before is not None)
    return pilot.app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_a_version_is_written_from_another_and_saved_with_a_note(app, folder, size):
    async with app.run_test(size=size) as pilot:
        await to_triage(pilot)
        await pilot.press("j", "enter")  # version 3, which has another child already
        await until(pilot, lambda: isinstance(app.screen, VersionScreen) and app.screen.found is not None)
        screen = await to_editor(pilot)
        shown = await shows(pilot, "a new version from @3", "steps: [plan]", "esc leave  ^p commands")
        assert "q quit" not in shown and "? keys" not in shown  # both are typed here
        await pilot.press("ctrl+s")  # nothing was changed: no question, no version
        assert app.screen is screen
        screen.editor.move_cursor(screen.editor.document.end)
        await pilot.press(*"q: [1")
        await shows(pilot, "not saved")
        await pilot.press("ctrl+s")
        await shows(pilot, ", column", "q: [1")
        assert screen.editor.text.endswith("q: [1")
        screen.editor.move_cursor(screen.editor.document.end)
        await pilot.press(*", 2]", "enter")
        assert not screen.problem
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press("escape")  # a second thought about the note loses nothing
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press(*"shorter", "enter")
        await until(pilot, lambda: isinstance(app.screen, VersionScreen))
        await shows(pilot, "triage@5", "shorter", "q: [1, 2]")
        await pilot.press("escape")
        await shows(pilot, "shorter")
    saved = kept(folder, 5)
    assert (saved.parents, saved.note) == ((3,), "shorter")
    assert saved.definition == YAML.replace("plan, act", "plan") + "q: [1, 2]\n"
    assert app.commands.commands[0].line.endswith("save triage - --parent 3 --note shorter")


async def test_leaving_asks_about_what_was_written(app, folder):
    async with app.run_test(size=(80, 24)) as pilot:
        await to_triage(pilot)
        screen = await to_editor(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))
        screen = await to_editor(pilot)
        await pilot.press("x", "ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("n")
        await until(pilot, lambda: app.screen is screen)
        assert screen.editor.text == "x" + YAML.replace("4", "9")
        await pilot.press("escape", "y")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))
    with flightlog.open(folder) as store:
        assert len(store.workflows.list("triage")) == 4


async def test_what_only_the_store_refuses_is_told_with_its_line_and_stays(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await to_triage(pilot)
        screen = await to_editor(pilot)
        screen.editor.put("a: &x 1\nb: *x\n")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen and screen.problem)
        await shows(pilot, "line 2 has an alias")
        assert screen.editor.text == "a: &x 1\nb: *x\n"
        assert screen.editor._mistake == 1


async def test_a_store_opened_read_only_is_not_written_in(folder):
    app = FlightlogApp(lambda: flightlog.open(folder, read_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await to_triage(pilot)
        await pilot.press("e")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, VersionScreen) and app.screen.found is not None)
        await pilot.press("e")
        await pilot.pause()
        assert isinstance(app.screen, VersionScreen)
    app.close()


@pytest.fixture
def own(tmp_path, monkeypatch):
    """An editor that adds a line, without a shell to start it: its path has a blank in it."""
    path = tmp_path / "my editor"
    path.write_text(f"#!{sys.executable}\nimport sys\nopen(sys.argv[2], 'a').write('added: 1\\n')\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"'{path}' -w")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # where what cannot be taken over stays
    return path


async def test_the_person_s_own_editor_gives_its_text_back(app, own, monkeypatch):
    async with app.run_test(size=(80, 24)) as pilot:
        await to_triage(pilot)
        screen = await to_editor(pilot)
        await pilot.press("ctrl+o")
        await shows(pilot, "cannot be lent")
        monkeypatch.setattr(app, "suspend", nullcontext)
        await pilot.press("ctrl+o")
        await shows(pilot, "added: 1", "not saved")
        assert not screen.problem
        monkeypatch.setenv("EDITOR", "no-such-editor")
        await pilot.press("ctrl+o")
        await shows(pilot, "there is no editor")
        assert screen.editor.text.endswith("added: 1\n")


def test_what_an_editor_wrote_is_kept_where_it_cannot_be_taken_over(own, monkeypatch):
    assert edited("a: 1\n", "x.yaml") == "a: 1\nadded: 1\n"
    own.write_text(own.read_text() + "open(sys.argv[2], 'ab').write(b'\\xff')\n")
    with pytest.raises(StorageError) as raised:
        edited("a: 1\n", "x.yaml")
    assert Path(raised.value.where).read_bytes() == b"a: 1\nadded: 1\n\xff"
    own.write_text(f"#!{sys.executable}\nraise SystemExit(3)\n")
    with pytest.raises(StorageError, match="ended with 3"):
        edited("a: 1\n", "x.yaml")
    for text in ("", "'unfinished"):
        monkeypatch.setenv("EDITOR", text)
        with pytest.raises(ConfigError):
            own_editor()


@pytest.mark.parametrize(
    ("text", "line"), [("a: 1\n", None), ("a: [1\n", 1), ("a: 1\n b: 2\n", 1), ("\ta", 0), ("a: \x07", None)]
)
def test_mistakes_are_told_with_their_line(text, line):
    found, why = mistake_in(text)
    assert found == line
    assert bool(why) is (text != "a: 1\n")


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_text_is_only_text_in_the_editor(tmp_path, size):
    nasty = NASTY.replace("\x1b", "").replace("\x07", "").replace("\n", " ")
    with flightlog.open(tmp_path / "hostile", storage="file") as store:
        store.workflows.store("triage", f"a: |\n  {nasty}\n", author=NASTY, note=NASTY)
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "hostile"))
    async with app.run_test(size=size) as pilot:
        await to_triage(pilot)
        screen = await to_editor(pilot)
        screen.editor.put(screen.editor.text + NASTY)
        await pilot.press("ctrl+s")
        await pilot.pause(0.2)
        shown = text_of(app.screen)
        assert not [sign for sign in shown if sign != "\n" and not sign.isprintable()]
        assert all(len(line) <= size[0] for line in shown.split("\n"))
    app.close()
