"""A browser whose disk is wholly full: each thing it cannot write is told in a sentence, and all is as it was."""

import shutil
import subprocess
from contextlib import suppress

import flightlog
import pytest
from flightlog.tui.app import FlightlogApp
from flightlog.tui.personal.person import load_person
from flightlog.tui.personal.settings import settings_file
from flightlog.tui.screens.retention import RetentionScreen
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.screens.version_edit import VersionEdit
from seeing import shows, until
from workflow_scene import to_triage

SETTINGS = "# mine\ntheme: flightlog-light\n"
POLICY = "retention:\n  - match: status:failed\n    keep: {last: 1}\n    then: archive\n"


class Disk:
    """A small disk with a data directory and all that is a person's own; `fill` leaves it no byte."""

    def __init__(self, root):
        self.root, self.data, self.here = root, root / "data", root / "here"
        self._ballast = 0

    def fill(self):
        self._ballast += 1
        with suppress(OSError), open(self.root / f"ballast-{self._ballast}", "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        assert not shutil.disk_usage(self.root).free

    def clear(self):
        for file in self.root.glob("ballast-*"):
            file.unlink()

    def files(self):
        """What is on it, but for what can be made anew, and what only says that somebody is there."""
        found = self._look()
        while found != (again := self._look()):  # what a thread tries to write comes and goes
            found = again
        return found

    def _look(self):
        passing = ("ballast", "reserve", "index", ".lock", ".use", ".operations", "flightlog.db", "cache", "/spool")
        every = {str(path.relative_to(self.root)): path for path in self.root.rglob("*") if path.is_file()}
        found = {}
        for name, path in every.items():
            if not any(one in name for one in passing):
                with suppress(FileNotFoundError):
                    found[name] = path.read_bytes()
        if not found.get("data/annotations.jsonl", b"any"):
            del found["data/annotations.jsonl"]  # made before what it should hold was refused: it holds nothing
        return found


@pytest.fixture(params=["file", "sqlite"])
def disk(tmp_path, request, monkeypatch):
    root = tmp_path / "disk"
    root.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "test", root], capture_output=True).returncode:
        pytest.skip("mounting needs root")
    found = Disk(root)
    for name in ("config", "state", "cache", "data"):
        monkeypatch.setenv(f"XDG_{name.upper()}_HOME", str(root / f"my-{name}"))
    found.here.mkdir()
    monkeypatch.chdir(found.here)
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text(SETTINGS)
    with flightlog.open(found.data, storage=request.param) as store:
        store.workflows.store("triage", "steps: [plan]\n", note="first")
        with store.run("triage", version=1, name="inbox") as run:
            run.log("one line")
            run.checkpoint({"a": 1})
    yield found
    monkeypatch.chdir("/")
    subprocess.run(["umount", "-l", root], check=True)


def app_of(disk):
    app = FlightlogApp(lambda: flightlog.open(disk.data), who=lambda: load_person(str(disk.data)))
    notify, app.said = app.notify, []
    app.notify = lambda text, **more: (app.said.append(text), notify(text, **more))[1]
    return app


async def told(pilot, disk, *keys, words=("make room",)):
    """Presses keys on the full disk, until something was said with these words in it, and looks that all is there."""
    disk.fill()
    before, count = disk.files(), len(pilot.app.said)
    pilot.app._told = {}  # the same may be said again
    await pilot.press(*keys)

    def said():
        return [text for text in pilot.app.said[count:] if all(word in text for word in words)]

    await until(pilot, said)
    assert disk.files() == before
    return said()[0]


async def test_what_is_written_of_a_run_and_of_a_list(disk):
    app = app_of(disk)
    async with app.run_test(size=(120, 36)) as pilot:
        await shows(pilot, "inbox")
        room = "room" if (disk.data / "flightlog.db").exists() else "free some space"
        await told(pilot, disk, "p", words=(room, str(disk.data)))
        await told(pilot, disk, "t", *"blue", "enter", words=(room, str(disk.data)))
        await told(pilot, disk, "n", *"why", "enter", words=(room, str(disk.data)))
        await told(pilot, disk, "ctrl+e", words=("the page is not written", str(disk.here), "make room"))
        keys = ("slash", *"tag:x", "enter", "V", *"mine", "enter")
        words = ("the view is not saved", str(settings_file()), "make room and try again")
        await told(pilot, disk, *keys, words=words)
        assert not app.person.settings.views


async def test_what_is_written_in_editors(disk):
    app = app_of(disk)
    async with app.run_test(size=(120, 36)) as pilot:
        await shows(pilot, "inbox")
        await to_triage(pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, VersionEdit) and app.screen.before is not None)
        app.screen.editor.move_cursor(app.screen.editor.document.end)
        disk.fill()
        before = disk.files()
        await pilot.press(*"q: 1", "ctrl+s", "enter")
        text = await shows(pilot, "no room while saving a version")
        assert "q: 1" in text and disk.files() == before
        app.screen.dismiss(None)
        await pilot.press("5")
        await until(pilot, lambda: isinstance(app.screen, RetentionScreen) and app.screen.plan.written.file)
        app.screen.plan.editor.put(POLICY)
        app.screen.plan.editor.focus()
        words = ("no room while writing the policy", str(disk.data / "flightlog.yaml"), "save it again")
        await told(pilot, disk, "ctrl+s", words=words)
        assert app.screen.plan.editor.text == POLICY and app.screen.plan.changed
        disk.clear()
        await pilot.press("ctrl+s")
        await until(pilot, lambda: any("the policy is saved" in text for text in app.said))
    with flightlog.open(disk.data) as store:
        assert store.workflows.store("triage", "steps: [other]\n").number == 2


async def test_what_is_remembered_is_told_of_while_it_lasts_and_at_the_end(disk):
    app = app_of(disk)
    async with app.run_test(size=(120, 36)) as pilot:
        await shows(pilot, "inbox")
        await pilot.press("enter", "l")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.current == "logs")
        await until(pilot, lambda: app.screen.tab is not None and app.screen.tab.lines.entry is not None)
        words = ("bookmarks, is not remembered", str(disk.root / "my-state"), "make room")
        await told(pilot, disk, "b", words=words)
        app.exit()
    before = disk.files()
    app.close()
    assert "is not remembered" in str(app.unkept) and disk.files() == before
    disk.clear()
    app.person.bookmarked(app.home.run_list.cursor, (2,))
    assert app.person.close() is None


async def test_a_state_that_is_exported(disk):
    app = app_of(disk)
    async with app.run_test(size=(120, 36)) as pilot:
        await shows(pilot, "inbox")
        await pilot.press("enter", "t")
        await shows(pilot, "a", "1")
        await until(pilot, lambda: not app.typed.busy)
        await told(pilot, disk, "e", *"out.json", "enter", words=("the state is not written", "out.json", "make room"))
