"""The log of changes: each line, run by a shell on a copy of the store, does what the person did."""

import shlex
import shutil

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core.operations import Chosen, new_order
from flightlog.core.pages import Sort, each
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.tui.app import FlightlogApp
from flightlog.tui.cli.main import main
from flightlog.tui.program.command_log import MOST, CommandLog, on_runs
from flightlog.tui.runs.annotating import Targets
from flightlog.tui.screens.command_log import CommandLogScreen
from flightlog.tui.screens.prompt import Confirm, Prompt
from recorded import waiting_run
from seeing import shows, text_of, until

POLICY = 'retention:\n  - match: "status:failed"\n    then: trash\n'


def fill(folder):
    """Eight finished runs, every third failed."""
    with flightlog.open(folder, storage="file") as store:
        for n in range(8):
            store.run("report" if n % 2 else "triage", name=f"n{n}").finish("completed" if n % 3 else "failed")


@pytest.fixture
def folder(tmp_path):
    fill(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def app(folder):
    return FlightlogApp(lambda: flightlog.open(folder), options=("--data", str(folder)))


def picture(folder):
    """All that a person can have changed."""
    with flightlog.open(folder) as store:
        runs = list(each(lambda after: store.runs.query(EVERYTHING, Sort(), limit=100, after=after)))
        policy = store.policy_file.read().text if store.policy_file else ""
        return {
            "runs": [(run.id, run.archived, run.pinned, sorted(run.tags)) for run in runs],
            "notes": [[note.text for note in store.runs.notes(run.id).items] for run in runs],
            "trash": [one.run for one in store.upkeep.trashed().items],
            "answers": [[(a.id, a.answered or a.status) for a in store.runs.approvals(run.id)] for run in runs],
            "policy": policy,
        }


class Hands:
    """A person who changes something, and the shell that does the same elsewhere."""

    def __init__(self, pilot, folder, scratch):
        self.pilot, self.app, self.folder, self.scratch = pilot, pilot.app, folder, scratch
        self.proved = 0

    async def at_rest(self):
        app = self.app
        await until(self.pilot, lambda: not app.operations.busy and not app.typed.busy and not app.home.loader.busy)

    async def do(self, *steps):
        """Steps are keys, or a question's or prompt's class that is waited for first; then the proof."""
        await self.at_rest()
        copy = self.scratch / f"copy{self.proved}"
        shutil.copytree(self.folder, copy, ignore=shutil.ignore_patterns(".flightlog"))
        before = len(self.app.commands.commands)
        for step in steps:
            if isinstance(step, str):
                await self.pilot.press(step)
            else:
                await until(self.pilot, lambda step=step: isinstance(self.app.screen, step))
        await until(self.pilot, lambda: len(self.app.commands.commands) == before + 1)
        await self.at_rest()
        words = [str(copy) if word == str(self.folder) else word for word in shlex.split(self.line)]
        done = CliRunner().invoke(main, words[1:], input="")
        assert words[0] == "flightlog" and done.exit_code == 0, (self.line, done.output)
        assert picture(copy) == picture(self.folder), self.line
        self.proved += 1
        return self.line

    @property
    def line(self):
        return self.app.commands.commands[0].line


@pytest.mark.heavy
async def test_what_is_done_in_the_list_has_a_command_line_that_does_the_same(app, folder, tmp_path):
    async with app.run_test(size=(120, 36)) as pilot:
        await shows(pilot, "n7", "n0")
        hands = Hands(pilot, folder, tmp_path)
        run = app.home.run_list.cursor
        line = await hands.do("p")
        assert line == f"flightlog --data {folder} pin -- {run}"
        await until(pilot, lambda: app.home.run_list.current.pinned)
        assert " unpin " in await hands.do("p")
        await hands.do("t", Prompt, *"nightly", "enter")
        assert "tag --remove" in await hands.do("t", Prompt, *"-nightly", "enter")
        await hands.do("n", Prompt, *"it's $HOME `x`; -y", "enter")
        assert run in await hands.do("J", "space", "A", Confirm, "y")
        await pilot.press("g")
        assert " restore " in await hands.do("R", Confirm, "y")
        assert " undo " in await hands.do("z", Confirm, "y")
        await pilot.press("slash", *"status:failed", "enter")
        await until(pilot, lambda: app.home.run_list.matching == 3)
        assert "--where" in await hands.do("asterisk", "D", Confirm, "y")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.home.run_list.matching == 5)
        assert "-id:" in await hands.do("asterisk", "j", "space", "A", Confirm, "y")


@pytest.mark.heavy
async def test_what_is_done_in_retention_has_one_too(app, folder, tmp_path):
    (folder / "flightlog.yaml").write_text("# mine\nminimum: 1\n")
    async with app.run_test(size=(120, 36)) as pilot:
        await shows(pilot, "n7", "n0")
        hands = Hands(pilot, folder, tmp_path)
        await pilot.press("5")
        await until(pilot, lambda: app.screen is not app.home and app.screen.plan.written.file)
        app.screen.plan.editor.put(POLICY)
        assert "retain --write" in await hands.do("ctrl+s")
        await until(pilot, lambda: app.screen.plan.made.text == app.screen.plan.saved and app.screen.plan.made.plan)
        assert "retain --apply --yes" in await hands.do("A", Confirm, "y")
        await pilot.press("t")
        await until(pilot, lambda: len(app.screen.lists[1].rows.items) == 2)
        assert " trash empty 0" in await hands.do("P", Confirm, "y")
        assert "trash empty --yes" in await hands.do("E", Confirm, "y")
        runs = [run for run in app.store.runs.query(parse("status:completed")).items][:3]
        chosen = [Chosen(run=run.id, status=run.status, last_seq=run.last_seq) for run in runs]
        list(app.store.upkeep.archive(new_order(), chosen))
        await pilot.press("a", "r")
        await until(pilot, lambda: len(app.screen.lists[0].rows.items) == 3)
        assert " restore 0" in await hands.do("R", Confirm, "y")
        await until(pilot, lambda: len(app.screen.lists[0].rows.items) == 2)
        assert "--where archived" in await hands.do("M", Confirm, "y")


async def test_an_answer_has_one_and_the_log_shows_and_copies_them_all(app, folder, tmp_path):
    with flightlog.open(folder) as store, waiting_run(store, "Send \x1b[31m[/] it?") as run:
        async with app.run_test(size=(80, 24)) as pilot:
            await shows(pilot, "n7")
            await until(pilot, lambda: app.home.run_list.line_of(run) == 0)
            await pilot.press("at")
            assert "Nothing was changed yet" in await shows(pilot, "0 changes")
            await pilot.press("y", "Y", "escape", "g", "enter", "p")
            hands = Hands(pilot, folder, tmp_path)
            await until(pilot, lambda: app.screen.current == "approvals" and app.screen.tab.pending)
            line = await hands.do("y", *"why not", "enter")
            assert "--note 'why not'" in line and "approve" in line
            await pilot.press("escape", "at")
            text = await shows(pilot, "1 change ", "approved: Send")
            assert "\x1b" not in text
            await pilot.press("y")
            assert app.clipboard == line
            await pilot.press("Y")
            assert app.clipboard == line + "\n"
            await pilot.press("escape")
            assert not isinstance(app.screen, CommandLogScreen)


@pytest.mark.parametrize(
    ("verb", "targets", "where"),
    [
        ("archive", Targets(frozenset(), EVERYTHING), "-archived"),
        ("restore", Targets(frozenset(), EVERYTHING), "archived"),
        ("rm", Targets(frozenset(), parse("a | b")), "(a | b) (archived | -archived)"),
        ("rm", Targets(frozenset(), parse("archived")), "archived"),
        ("archive", Targets(frozenset({"y", "x"}), parse("a | b")), "(a | b) -id:x|y"),
    ],
)
def test_the_query_of_a_twin_means_the_same_runs(verb, targets, where):
    assert on_runs(verb, targets) == (verb, "--where", where, "--yes")
    assert not parse(where).message


def test_what_changes_nothing_is_not_logged():
    log = CommandLog()
    log.add((), "looked")
    assert log.commands == []


def test_a_thousand_changes_are_held():
    log = CommandLog()
    for number in range(MOST + 5):
        log.add(("pin", str(number)), "done")
    assert [command.line for command in log.commands] == [f"flightlog pin {n}" for n in range(MOST + 4, 4, -1)]


@pytest.mark.parametrize("size", [(80, 24), (40, 12)], ids=str)
async def test_what_an_empty_log_is_for_is_told_whole_on_a_small_screen(app, size):
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.store is not None and app.home.run_list.ready)
        await pilot.press("at")
        await shows(pilot, "Nothing was changed yet", "What you archive", "cron.")
        words = " ".join(text_of(app.screen).replace("│", " ").split())
        assert "answer or apply stands here as a command line, to be copied into a script, or to cron." in words
