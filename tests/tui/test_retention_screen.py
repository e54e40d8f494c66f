"""Place 5, Retention, as a person uses it: a policy written beside the plan of what it does to every run."""

import re
import time

import flightlog
import pytest
from flightlog.core.annotations import Pinned
from flightlog.core.clock import pretending
from flightlog.core.errors import Locked
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.retention import RetentionScreen
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.screens.runs import RunsScreen
from recorded import NASTY
from retention_scene import at_retention, planned, told
from seeing import shows, text_of, until

SIZES = [pytest.param((120, 36), marks=pytest.mark.heavy), (80, 24)]

POLICY = """\
# what may go
retention:
  - match: "status:completed"  # the usual ones
    keep: {last: 2}
    then: archive
  - match: "status:failed"
    then: trash
"""
CONFIG = f"budgets: []\n\n{POLICY}\n# apart\narchive: {{path: cold}}  # here\n"


def fates(screen: RetentionScreen) -> dict[str, str]:
    """What happens to each run, by name."""
    return {one.run.name: str(one) for one in screen.plan.made.page.lines}


def fill(folder, name: str = "no") -> None:
    """Five runs of one workflow, a minute each, an hour apart; the third failed."""
    now = [time.time_ns() - 20 * 3600 * 10**9]
    with pretending(lambda: now[0]), flightlog.open(folder, storage="sqlite") as store:
        for n in range(5):
            try:
                with store.run("triage", version=1, name=f"{name}{n}"):
                    now[0] += 60 * 10**9
                    if n == 2:
                        raise ValueError("no")
            except ValueError:
                pass
            now[0] += 3540 * 10**9


@pytest.fixture
def folder(tmp_path):
    fill(tmp_path / "data")
    (tmp_path / "data" / "flightlog.yaml").write_text(CONFIG)
    return tmp_path / "data"


@pytest.fixture
def app(folder):
    return FlightlogApp(lambda: flightlog.open(folder))


@pytest.mark.parametrize("size", SIZES)
async def test_every_run_is_told_with_its_reason(app, size):
    async with app.run_test(size=size) as pilot:
        screen = await at_retention(pilot)
        assert fates(screen) == {
            "no4": "keep: newest of triage",
            "no3": "keep: last #2 of 2",
            "no2": "trash: failed, fits retention[1]",
            "no1": "archive: completed, none of last 2",
            "no0": "archive: completed, none of last 2",
        }
        shown = await shows(pilot, "5 Retention", "what may go", "saved in flightlog.yaml", "keep: last #2 of 2")
        assert "▤ archive 2 runs" in shown
        assert "× trash 1 run" in shown
        assert all(len(line) == size[0] for line in shown.split("\n"))
        await pilot.press("G")
        await shows(pilot, "archive: completed, none of last 2 · ret")


async def test_keys_of_the_plan(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        for action, names in (("trash", ["no2"]), ("archive", ["no1", "no0"]), ("keep", ["no4", "no3"]), (None, None)):
            await pilot.press("f")
            await planned(pilot)
            assert screen.plan.made.page.shown.action == action
            assert names in (None, list(fates(screen)))
        for order, first in (
            ("action", "no2"),
            ("size", None),
            ("workflow", "no4"),
            ("reason", "no1"),
            ("newest", "no4"),
        ):
            await pilot.press("s")
            await until(pilot, lambda order=order: screen.plan.made.page.shown.order.name == order)
            assert first in (None, next(iter(fates(screen))))
        await pilot.press("S")
        await shows(pilot, "newest ↑")
        assert next(iter(fates(screen))) == "no0"
        await pilot.press("g", "j", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.run is not None)
        assert app.screen.run.name == "no1"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert screen.plan.list.current.run.name == "no1"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await pilot.press("5")
        await until(pilot, lambda: app.screen is screen)
        assert screen.plan.list.current.run.name == "no1"


async def test_the_help_tells_what_a_policy_may_ask(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await at_retention(pilot)
        await pilot.press("question_mark")
        await shows(pilot, "Retention: the plan")
        seen = ""
        for _ in range(6):
            await pilot.press("pagedown")
            await pilot.pause()
            seen += text_of(app.screen)
        assert "status:failed" in seen
        assert "× what a policy does to a run: trash" in seen


async def test_the_plan_follows_what_is_typed_and_nothing_is_done(app, folder):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        await pilot.press("e")
        await shows(pilot, "esc plan")
        screen.plan.editor.move_cursor((3, 18))
        await pilot.press("backspace", "1")
        await planned(pilot)
        assert fates(screen)["no3"] == "archive: completed, none of last 1"
        await shows(pilot, "not saved", "archive 3 runs")
        await pilot.press("backspace")
        await planned(pilot)
        await shows(pilot, "line 4: a whole number is wanted", "as it was before the mistake")
        assert fates(screen)["no3"] == "archive: completed, none of last 1"
        await pilot.press("3")
        await planned(pilot)
        assert fates(screen)["no1"] == "keep: last #3 of 3"
        await pilot.press("ctrl+z", "ctrl+z", "ctrl+z", "ctrl+z", "ctrl+z")
        await planned(pilot)
        assert screen.plan.editor.text == POLICY
        await pilot.press("escape")
        await shows(pilot, "e edit policy")
        assert (folder / "flightlog.yaml").read_text() == CONFIG


MISTAKES = [
    ((2, 28), "x", "line 3: at 1: 'completedx' is none of.*did you mean completed"),
    ((4, 4), "t", "line 5: 'tthen' is no key.*did you mean 'then'"),
    ((4, 17), "s", "line 5: 'archives' is not allowed.*did you mean 'archive'"),
    ((1, 0), "[", "line [0-9]+: .*not YAML"),
    ((2, 28), " workflow:triag", "line 3: no run has the workflow 'triag'.*did you mean 'triage'"),
]


async def test_mistakes_are_told_while_they_are_typed_and_not_saved(app, folder):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        before = fates(screen)
        await pilot.press("e")
        for at, typed, says in MISTAKES:
            screen.plan.editor.put(POLICY)
            await planned(pilot)
            screen.plan.editor.move_cursor(at)
            await pilot.press(*typed)
            await planned(pilot)
            mistake = screen.plan.made.mistake
            assert re.search(says, f"line {mistake.line + 1}: {mistake}")
            assert len(typed) > 1 or fates(screen) == before
        # A name that nobody bears takes nothing, as the plan shows; it may be saved, and is not applied.
        assert set(fates(screen).values()) >= {"keep: no block fits", "trash: failed, fits retention[1]"}
        screen.plan.editor.put("[" + POLICY)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "not YAML" in told(app))
        assert (folder / "flightlog.yaml").read_text() == CONFIG


async def test_a_policy_is_saved_among_all_the_rest(app, folder):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        await pilot.press("e")
        screen.plan.editor.move_cursor((3, 18))
        await pilot.press("0", "ctrl+s")
        await until(pilot, lambda: (folder / "flightlog.yaml").read_text() == CONFIG.replace("last: 2", "last: 20"))
        await shows(pilot, "saved in flightlog.yaml")
        screen.plan.editor.move_cursor((3, 19))
        await pilot.press("backspace")
        (folder / "flightlog.yaml").write_text(CONFIG + "# somebody else\n")
        await pilot.press("ctrl+s")
        await shows(pilot, "its file says something else by now")
        assert "changed meanwhile" in told(app)
        assert (folder / "flightlog.yaml").read_text() == CONFIG + "# somebody else\n"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: screen.plan.editor.text.startswith(POLICY))
        await pilot.press("ctrl+s")
        await shows(pilot, "saved in flightlog.yaml")


async def test_what_others_write_into_the_file_is_taken_where_nothing_is_lost(app, folder):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        (folder / "flightlog.yaml").write_text(CONFIG.replace("last: 2", "last: 1"))
        await pilot.press("r")
        await until(pilot, lambda: "last: 1" in screen.plan.editor.text)
        await planned(pilot)
        assert fates(screen)["no3"] == "archive: completed, none of last 1"


async def test_the_plan_follows_the_runs_and_asks_for_those_alone(app, folder):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        await pilot.press("j", "j")
        assert screen.plan.list.current.run.name == "no2"
        asked = []
        query, some = app.store.runs.query, app.store.runs.some
        app.store.runs.query = lambda *args, **kwargs: asked.append("query") or query(*args, **kwargs)
        app.store.runs.some = lambda runs: asked.extend(runs) or some(runs)
        with flightlog.open(folder) as other:
            other.runs.annotate(Pinned(run=other.runs.resolve("no2"), pinned=True))
            new = other.run("triage", name="new")
            new.finish()
        await until(pilot, lambda: fates(screen).get("new") == "keep: newest of triage")
        await until(pilot, lambda: fates(screen)["no2"] == "keep: pinned")
        assert fates(screen)["no3"] == "archive: completed, none of last 2"
        assert screen.plan.list.current.run.name == "no2"
        assert set(asked) == {new.id, app.store.runs.resolve("no2")}


async def test_a_store_that_cannot_answer_for_a_moment_is_asked_again(app, monkeypatch):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        checked, failures = screen.plan.file.checked, [Locked("somebody works"), Locked("somebody works")]

        def locked(*args):
            if failures:
                raise failures.pop()
            return checked(*args)

        monkeypatch.setattr(screen.plan.file, "checked", locked)
        screen.plan.editor.put(POLICY.replace("last: 2", "last: 1"))
        await planned(pilot)
        assert not failures
        assert "somebody works" in told(app)
        assert fates(screen)["no3"] == "archive: completed, none of last 1"


async def test_while_nothing_changes_nothing_is_read_or_planned(app, monkeypatch):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        tab = screen.plan
        asked = []
        query = app.store.runs.query
        monkeypatch.setattr(
            app.store.runs, "query", lambda *args, **kwargs: asked.append(args) or query(*args, **kwargs)
        )
        loads = tab.planner.loads, tab.filer.loads
        plan, page = tab.made.plan, tab.made.page
        await pilot.press("j", "j", "k", "G", "g")
        for _ in range(10):
            await pilot.pause(0.05)
        assert (tab.planner.loads, tab.filer.loads) == loads
        assert not asked
        await pilot.press("s")
        await planned(pilot)
        assert tab.made.plan is plan
        assert tab.made.page is not page


async def test_a_store_without_a_policy_is_shown_how_to_write_one(tmp_path):
    fill(tmp_path / "data")
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_retention(pilot)
        await shows(pilot, "What may go, and when", "No policy yet", "all of 5 runs stay", "no policy yet: every run")
        assert screen.plan.made.page is None
        await pilot.press("e")
        screen.plan.editor.put(screen.plan.editor.text.replace("# retention", "retention").replace("#   ", "  "))
        await planned(pilot)
        assert screen.plan.made.found is not None
        await pilot.press("ctrl+s")
        await until(pilot, lambda: (tmp_path / "data/flightlog.yaml").exists())
    app.close()


async def test_an_empty_store_may_have_a_policy(tmp_path):
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_retention(pilot)
        await shows(pilot, "No policy yet", "all of 0 runs")
        screen.plan.editor.put(POLICY)
        await shows(pilot, "No runs yet", "keep 0 runs")
    app.close()


async def test_read_only_a_policy_may_be_tried_and_not_saved(folder):
    app = FlightlogApp(lambda: flightlog.open(folder, read_only=True))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        shown = await shows(pilot, "read-only: to be tried, not saved")
        assert "^s save" not in shown
        screen.plan.editor.put(POLICY.replace("last: 2", "last: 1"))
        await planned(pilot)
        assert fates(screen)["no3"] == "archive: completed, none of last 1"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "nothing is changed" in told(app))
    app.close()
    assert (folder / "flightlog.yaml").read_text() == CONFIG


async def test_what_lies_in_memory_has_no_policy():
    app = FlightlogApp(lambda: flightlog.open("sqlite::memory:"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.store is not None and app.home.run_list.ready)
        await pilot.press("5")
        await shows(pilot, "Nothing is kept or removed here")
        await pilot.press("r", "escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
    app.close()


@pytest.mark.parametrize("ascii", [pytest.param(False, marks=pytest.mark.heavy), True])
async def test_hostile_names_and_other_sizes(tmp_path, ascii):
    fill(tmp_path / "data", NASTY)
    (tmp_path / "data" / "flightlog.yaml").write_text(CONFIG)
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"), ascii=ascii)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        for size in ((80, 24), (60, 15), (40, 10), (200, 50)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            shown = text_of(screen)
            assert all(len(line) == size[0] for line in shown.split("\n"))
            assert not any(bad in shown for bad in ("\x1b", "\x07", "\u202e", "\u200b"))
            assert not ascii or not set(shown) & set("╭╮╯│─▤×○·↓…")
        screen.plan.editor.put("# \x1b]0;owned\x07 \u202e\n" + POLICY)
        await pilot.pause()
        assert "\x1b" not in text_of(screen)
    app.close()
