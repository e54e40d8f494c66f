"""What place 5 reads: at first it stands before the runs are read, and opened again it reads what changed."""

import threading
from collections import Counter

import flightlog
import pytest
from flightlog.backends.sql.run_repository import SqlRuns
from flightlog.core.annotations import Pinned
from flightlog.core.operations import Done
from flightlog.tui.app import FlightlogApp
from flightlog.tui.operations.operations import Work
from flightlog.tui.screens.retention import RetentionScreen
from flightlog.tui.widgets import plan_tab
from seeing import shows, text_of, until

RUNS = 30
POLICY = "retention:\n  - match: 'status:completed'\n    keep: {last: 2}\n    then: archive\n"


@pytest.fixture
def folder(tmp_path):
    with flightlog.open(tmp_path / "data", storage="sqlite") as store:
        for n in range(RUNS):
            store.run("triage", version=1, name=f"no{n}").finish()
    (tmp_path / "data" / "flightlog.yaml").write_text(POLICY)
    return tmp_path / "data"


@pytest.fixture
def app(folder):
    return FlightlogApp(lambda: flightlog.open(folder))


@pytest.fixture
def asked(monkeypatch) -> Counter[str]:
    """How often the runs of the store were read, a page and one by one."""
    counted: Counter[str] = Counter()

    def counting(owner, name: str) -> None:
        real = getattr(owner, name)

        def call(*args, **options):
            counted[name] += 1
            return real(*args, **options)

        monkeypatch.setattr(owner, name, call)

    counting(SqlRuns, "query")
    counting(SqlRuns, "some")
    return counted


@pytest.fixture
def gate(monkeypatch):
    """Holds the reading of all runs until it is set."""
    found = threading.Event()
    real = plan_tab.LiveCatalogue.refresh

    def refresh(self, *args):
        assert found.wait(60)
        return real(self, *args)

    monkeypatch.setattr(plan_tab.LiveCatalogue, "refresh", refresh)
    return found


async def entered(pilot) -> RetentionScreen:
    await until(pilot, lambda: pilot.app.store is not None and pilot.app.home.run_list.ready)
    await pilot.press("5")
    await until(pilot, lambda: isinstance(pilot.app.screen, RetentionScreen) and pilot.app.screen.is_running)
    return pilot.app.screen


async def quiet(pilot, screen) -> None:
    """Waits until nothing is read or planned any more."""
    tab = screen.plan
    await until(
        pilot,
        lambda: (
            tab.live.ready
            and tab.made.page is not None
            and tab.made.text == tab.editor.text
            and not (tab.reader.busy or tab.planner.busy or tab.filer.busy or screen.loader.busy)
        ),
    )


async def test_it_stands_and_answers_keys_before_the_runs_are_read(app, gate):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await entered(pilot)
        try:
            await shows(pilot, f"{RUNS} runs", "match: 'status:completed'", "looking at all runs")
            assert screen.plan.reader.busy
            await pilot.press("e", "end", "space", "#")
            await shows(pilot, "retention: #", "not saved")
            await pilot.press("backspace", "backspace", "escape", "]")
            await until(pilot, lambda: screen.tab == "archive")
            await pilot.press("[")
            await shows(pilot, "looking at all runs")
        finally:
            gate.set()
        await shows(pilot, "keep: last #2 of 2", "28 runs")


async def test_while_the_first_plan_is_made_nothing_says_that_there_is_no_policy(app, monkeypatch):
    made, real = threading.Event(), plan_tab.make

    def make(store, file, live, *rest):
        if live.ready:
            assert made.wait(60)
        return real(store, file, live, *rest)

    monkeypatch.setattr(plan_tab, "make", make)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await entered(pilot)
        try:
            await shows(pilot, f"making the plan of {RUNS} runs")
            assert "No policy yet" not in text_of(screen)
        finally:
            made.set()
        await shows(pilot, "keep: last #2 of 2", "28 runs")


async def test_opened_again_it_reads_what_changed_and_plans_only_then(app, folder, asked):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await entered(pilot)
        await quiet(pilot, screen)
        tab = screen.plan
        plan, page, loads = tab.made.plan, tab.made.page, tab.reader.loads
        await pilot.press("1")
        await until(pilot, lambda: pilot.app.screen is pilot.app.home and not pilot.app.home.previewer.busy)
        asked.clear()
        await pilot.press("5")
        await until(pilot, lambda: pilot.app.screen is screen and tab.reader.loads > loads)
        await quiet(pilot, screen)
        assert not asked
        assert tab.made.plan is plan and tab.made.page is page
        await pilot.press("1")
        await until(pilot, lambda: pilot.app.screen is pilot.app.home)
        with flightlog.open(folder) as store:
            store.runs.annotate(Pinned(run=store.runs.resolve("no3")))
        await until(pilot, lambda: not pilot.app.home.loader.busy)
        await pilot.press("5")
        await until(pilot, lambda: tab.made.plan is not plan)
        await quiet(pilot, screen)
        await shows(pilot, "keep: pinned")
        assert tab.live.revision == 2


async def test_while_runs_go_no_plan_is_made_of_those_that_are_left(app, folder, asked):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await entered(pilot)
        await quiet(pilot, screen)
        over, tab = threading.Event(), screen.plan

        def going():
            yield Done(run=tab.made.plan.decisions[0].run.id, outcome="done")
            assert over.wait(60)

        plan, loads = tab.made.plan, tab.reader.loads
        assert app.operations.begin(Work("archiving", "archived", 2, going))
        try:
            with flightlog.open(folder) as store:
                store.runs.annotate(Pinned(run=plan.decisions[-1].run.id))
                store.run("triage", name="new").finish()
            await shows(pilot, f"{RUNS + 1} runs")  # the header has heard of it
            assert (tab.made.plan, tab.reader.loads) == (plan, loads)
        finally:
            over.set()
        await shows(pilot, "keep 3 runs")
        assert tab.made.plan is not plan


async def test_without_a_policy_no_run_is_read_until_one_is_written(app, folder, asked):
    (folder / "flightlog.yaml").unlink()
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: pilot.app.store is not None and not pilot.app.home.previewer.busy)
        screen = await entered(pilot)
        await shows(pilot, "No policy yet", f"all of {RUNS} runs stay for ever")
        asked.clear()
        await pilot.press("r")
        await until(pilot, lambda: screen.plan.reader.loads > 1 and not screen.plan.reader.busy)
        assert not asked and not screen.plan.live.ready
        await pilot.press("e", "ctrl+end", "enter")
        screen.plan.editor.insert(POLICY)
        await shows(pilot, "keep: last #2 of 2", "28 runs")
