"""Runs beside each other, as a person uses it: every tab and key in both sizes, live, and what agents write."""

import threading
from types import SimpleNamespace

import flightlog
import pytest
from flightlog.core.comparing.values import places
from flightlog.core.runs import Run, Step
from flightlog.tui.app import FlightlogApp
from flightlog.tui.compare import NAMES, step_rows
from flightlog.tui.compare.fact_rows import fact_rows
from flightlog.tui.compare.rows import Context, differing
from flightlog.tui.compare.value_rows import input_rows
from flightlog.tui.lines import fitted
from flightlog.tui.screens import compare
from flightlog.tui.screens.compare import CompareScreen
from flightlog.tui.screens.compare_detail import DetailScreen
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.screens.spreads import SpreadScreen
from flightlog.tui.screens.version_diff import DiffScreen
from flightlog.tui.widgets.compare_table import COLUMN_LEAST
from mouse import click_at
from recorded import NASTY, record_everything
from seeing import shows, text_of, until
from textual import events

SIZES = [(120, 36), (80, 24)]


def record(store, name: str, *, hits: int, status: str = "completed", extra: str = "", finish: bool = True):
    """A run like its siblings, but for some things."""
    run = store.run("triage", version=3, name=name, session="ana")
    run.snapshot("input", {"mails": ["a", name], "limit": 4})
    with run.step("plan", kind="llm") as step:
        step.cost("gpt-4o", input_tokens=10 * hits, output_tokens=2, dollars="0.01")
    with run.step("search", kind="tool", input={"query": "eggs"}) as step:
        step.output = {"hits": hits}
        with step.step("fetch"):
            pass
    if extra:
        with run.step(extra):
            pass
    run.checkpoint({"same": "value", "hits": hits, "big": "x" * 40_000, "plan": {"deep": [1, hits]}}, label="last")
    run.metric("score", hits / 10)
    if finish:
        run.finish(status)
    return run


@pytest.fixture
def folder(tmp_path):
    with flightlog.open(tmp_path / "data", storage="sqlite") as store:
        for n, name in enumerate(("one", "two", "three")):
            record(store, name, hits=3 + n, extra="rank" if name == "two" else "")
    return tmp_path / "data"


@pytest.fixture
def app(folder):
    return FlightlogApp(lambda: flightlog.open(folder))


def told(app: FlightlogApp, text: str) -> bool:
    """Whether the person was told something."""
    return any(text in note.message for note in app._notifications)


async def at_runs(pilot):
    await until(pilot, lambda: pilot.app.store is not None and pilot.app.home.run_list.ready)


async def compared(pilot, *keys: str) -> CompareScreen:
    """Presses keys in the run list, and waits for the comparison."""
    await at_runs(pilot)
    await pilot.press(*keys, "c")
    await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen) and pilot.app.screen.runs)
    return pilot.app.screen


async def at_tab(pilot, screen, name: str) -> str:
    await pilot.press({"states": "t"}.get(name, name[0]))
    await until(pilot, lambda: screen.current == name and screen.tabs[name].fresh and not screen.loader.busy)
    await pilot.pause()
    return text_of(screen)


@pytest.mark.parametrize("size", SIZES)
async def test_three_marked_runs_stand_beside_each_other(app, size):
    async with app.run_test(size=size) as pilot:
        screen = await compared(pilot, "space", "space", "space")
        assert [run.name for run in screen.runs] == ["one", "two", "three"]  # the oldest is the baseline
        shown = await shows(pilot, "one base", "two", "workflow", "3 runs")
        assert all(len(line) <= size[0] for line in shown.split("\n"))
        shown = await at_tab(pilot, screen, "inputs")
        assert "input.mails[1]" in shown and "limit" not in shown and "only differing" in shown
        await pilot.press("a")
        await shows(pilot, "input.limit")
        shown = await at_tab(pilot, screen, "steps")
        lines = [line for line in shown.split("\n") if "plan" in line or "rank" in line or "fetch" in line]
        assert lines[0].startswith("│   plan") and any(line.startswith("│ + rank") for line in lines)
        assert any(line.startswith("│     fetch") for line in lines)
        await pilot.press("o")
        await until(pilot, lambda: "fetch" not in text_of(screen) and "rank" in text_of(screen))
        shown = await at_tab(pilot, screen, "metrics")
        row = next(line for line in shown.split("\n") if "score" in line)
        assert "worst" in row and "best" in row and "+0.2" in row
        shown = await at_tab(pilot, screen, "costs")
        assert "gpt-4o" in shown and "the program" in shown and "by model" in shown
        shown = await at_tab(pilot, screen, "states")
        assert "hits" in shown and ".deep" not in shown.split("plan")[0] and "same" not in shown and "big" not in shown
        await pilot.press("escape")
        assert pilot.app.screen is app.home


@pytest.mark.parametrize("many", [1000, 0])
async def test_lines_are_looked_into_and_everything_leads_back_to_the_same_place(app, monkeypatch, many):
    monkeypatch.setattr(compare, "TICKED", many)  # from so many rows on they are made in the thread alone
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await compared(pilot, "space", "space", "space")
        await at_tab(pilot, screen, "steps")
        await pilot.press("j", "right", "right", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DetailScreen))
        await shows(pilot, "search", "one → three", "hits: 3 → 5", "the same in both")
        await pilot.press("right_square_bracket")
        await shows(pilot, "fetch", "3 of")
        await pilot.press("escape")
        assert pilot.app.screen is screen and "fetch" in str(screen.table.current.name) and screen.table.column == 2
        await pilot.press("u")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen) and pilot.app.screen.run is not None)
        await shows(pilot, "three")
        step = pilot.app.screen
        await until(pilot, lambda: step.tab is not None and step.tab.lines.current is not None)
        await until(pilot, lambda: step.tab._wanted == screen.table.current.target.steps[2].id)
        await pilot.press("escape")
        assert pilot.app.screen is screen and screen.table.column == 2
        await pilot.press("b")
        await shows(pilot, "three base")
        await until(pilot, lambda: screen.table.context.base == 2)
        assert screen.base == screen.runs[2].id and "- rank" not in text_of(screen)
        await pilot.press("left")  # two, against three: alone two has the step
        assert "other output" in text_of(screen)
        await pilot.press("g", "n")
        assert "search" in str(screen.table.current.name)
        await pilot.press("n")
        assert "rank" in str(screen.table.current.name)
        await at_tab(pilot, screen, "states")
        await pilot.press("n", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DetailScreen))
        await shows(pilot, "hits", "three → two")
        await pilot.press("escape", "escape")
        assert pilot.app.screen is app.home and len(app.home.run_list.marks.ids) == 3


async def test_one_run_is_compared_with_the_one_before_it_and_six_with_none(app, folder):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compared(pilot)  # the newest is under the cursor
        assert [run.name for run in screen.runs] == ["two", "three"]
        await pilot.press("escape", "G", "c")
        await until(pilot, lambda: told(app, "is the first run of its workflow"))
        with flightlog.open(folder) as store:
            for n in range(3):
                record(store, f"more{n}", hits=1)
        await until(pilot, lambda: app.home.run_list.lines == 6)
        await pilot.press("asterisk", "c")
        await until(pilot, lambda: told(app, "6 runs are marked"))
        assert pilot.app.screen is app.home


async def test_a_run_that_goes_on_is_followed_and_the_cursor_stays(folder):
    with flightlog.open(folder) as store:
        run = record(store, "live", hits=9, finish=False)
        app = FlightlogApp(lambda: flightlog.open(folder))
        async with app.run_test(size=(120, 36)) as pilot:
            screen = await compared(pilot)
            await at_tab(pilot, screen, "steps")
            await pilot.press("j", "j", "right")
            before, reads = screen.table.current.key, screen._reader.reads
            with run.step("first to come"):
                pass
            await shows(pilot, "first to come")
            assert screen.table.current.key == before and screen.table.column == 1
            assert screen._reader.reads - reads <= 4  # of the run that changed alone
            store.run("other").finish()
            reads = screen._reader.reads
            await until(pilot, lambda: app.home.run_list.totals.runs >= 4)
            assert screen._reader.reads == reads
            run.finish()
            await until(pilot, lambda: screen.runs[1].status == "completed")
        app.close()


@pytest.mark.parametrize("ascii", [False, True])
async def test_what_agents_write_is_drawn_and_never_obeyed(tmp_path, ascii):
    with flightlog.open(tmp_path / "data") as store:
        ids = [record_everything(store, NASTY), record_everything(store, NASTY + "two")]
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"), ascii=ascii)
    async with app.run_test(size=(120, 36)) as pilot:
        await at_runs(pilot)
        screen = CompareScreen(app.store, ids)
        await app.push_screen(screen)
        await until(pilot, lambda: len(screen.runs) == 2)
        for name in NAMES[1:]:
            await at_tab(pilot, screen, name)
            await pilot.press("a")
            shown = await shows(pilot, "compare")
            assert "\x1b" not in shown and "\u202e" not in shown and "\u200b" not in shown
            for key in ("j", "j", "enter"):
                await pilot.press(key)
            await pilot.pause(0.1)
            assert "\x1b" not in text_of(pilot.app.screen) and "\u202e" not in text_of(pilot.app.screen)
            if pilot.app.screen is not screen:
                await pilot.press("escape")


async def test_a_run_that_is_deleted_meanwhile_is_said_to_be_gone(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot)
        ids = [run.id for run in app.store.runs.recent("triage", limit=3)]
        screen = CompareScreen(app.store, [*ids[:2], "01j00000000000000000000000"])
        await app.push_screen(screen)
        await shows(pilot, "1 run gone")
        assert len(screen.runs) == 2
        await pilot.press("escape")
        lonely = CompareScreen(app.store, [ids[0], "01j00000000000000000000000"])
        await app.push_screen(lonely)
        await shows(pilot, "there is nothing to compare any more")
        await pilot.press("i", "s", "o", "b", "n", "enter", "u", "escape")


@pytest.mark.parametrize("size", SIZES)
async def test_two_versions_are_compared_over_all_their_runs(tmp_path, size):
    with flightlog.open(tmp_path / "data") as store:
        for version, runs in ((1, 6), (2, 6), (3, 1)):
            store.workflows.store("triage", f"limit: {version}\n")
            for n in range(runs):
                with store.run("triage", version=version) as run:
                    run.cost("m", input_tokens=100 * version + n, dollars="0.01")
                    run.metric("score", version / 10 + n / 1000)
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=size) as pilot:
        await at_runs(pilot)
        await app.push_screen(DiffScreen(app.store, "triage", 1, 2))
        await pilot.press("h")
        shown = await shows(pilot, "over all their runs", "duration", "completed", "100%", "@1")
        assert isinstance(app.screen, SpreadScreen) and all(len(line) <= size[0] for line in shown.split("\n"))
        await pilot.press("G")
        shown = await shows(pilot, "score", "better")
        await pilot.press("s")
        await until(pilot, lambda: app.screen.found is not None and app.screen.found.before.version == 2)
        await pilot.press("escape", "escape")
        await app.push_screen(DiffScreen(app.store, "triage", 2, 3))
        await pilot.press("h")
        await shows(pilot, "too few runs")
        await pilot.press("escape", "escape")
        await app.push_screen(DiffScreen(app.store, "triage", None, 3))
        await pilot.press("h")
        assert told(app, "no second version")


async def test_a_run_and_a_comparison_are_written_into_pages_and_nothing_is_overwritten(app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot)
        run = app.home.run_list.cursor
        await pilot.press("ctrl+e")
        await until(pilot, lambda: told(app, f"run-{run}.html"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.run is not None)
        await pilot.press("s", "ctrl+e")
        await until(pilot, lambda: told(app, f"run-{run}-2.html"))
        await pilot.press("escape", "space", "space", "ctrl+e")
        await until(pilot, lambda: told(app, "compare-"))
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.runs)
        await pilot.press("right", "b", "ctrl+e")
        await until(pilot, lambda: len(list(tmp_path.glob("compare-*.html"))) == 2)
        await until(pilot, lambda: told(app, "-2.html"))
    pages = sorted(tmp_path.glob("*.html"))
    assert len(pages) == 4 and all(page.read_text().rstrip().endswith("</html>") for page in pages)


def test_ten_thousand_steps_are_aligned_and_only_the_first_are_looked_into(tmp_path):
    class Runs:
        asked: list[tuple[str, tuple[int, ...]]] = []

        def some_events(self, run, seqs):
            self.asked.append((run, tuple(seqs)))
            return {}

    steps = [
        Step(run=run, id=f"{n}", name=f"s{n % 7}", status="completed", has_output=True, finished_seq=3 * n + 2)
        for run in "ab"
        for n in range(10_000)
    ]
    one, other = steps[:10_000], steps[10_000:]
    kept: dict[object, object] = {}
    store, parts = SimpleNamespace(runs=Runs()), 2 * step_rows.LOOKED_INTO // step_rows.AT_ONCE
    found = step_rows.align_steps(store, [one, other], kept)
    assert len(found.rows) == 10_000 and found.cut and len(Runs.asked) == parts
    looked = [(run, seq) for run, seqs in Runs.asked for seq in seqs]
    assert looked == [(run, 3 * n + 2) for run in "ab" for n in range(step_rows.LOOKED_INTO)]
    step_rows.align_steps(store, [one, other], kept)
    assert len(Runs.asked) == parts  # what was read is kept
    context = Context((Run(id="a", workflow="w"), Run(id="b", workflow="w")), 0, 0.0)
    rows = step_rows.step_rows(context, found)
    assert differing(rows) == [rows[-1]] and "only the first 10,000 steps" in rows[-1].name[0][0]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["Sort the mails.\nBe brief.", "Sort the mails.\nBe thorough."], ['…brief."', '…thorough."']),
        (["short a", "short b"], ['"short a"', '"short b"']),
        (["x" * 40, "x" * 40 + "\x1b y"], ['…"', "…␛"]),
        (["same " * 9 + "end", {"k": "same " * 9}], ['"same', "{1 key}"]),
        (["", "same " * 30], ['""', '"same']),
    ],
)
def test_texts_are_told_from_where_they_part(texts, told):
    context = Context((Run(id="a", workflow="w"), Run(id="b", workflow="w")), 0, 0.0)
    (row,) = input_rows(context, list(places([{"prompt": text} for text in texts])))
    for n, begin in enumerate(told):
        assert "".join(text for text, _ in row.cell(n)).startswith(begin)


def test_two_texts_part_in_sight_also_beside_a_third_that_is_another_and_in_the_narrowest_column():
    alike = "Your parcel could not be delivered, averyveryverylongword"
    texts = [f"{alike} today", "Re: the login page", f"{alike} later"]
    context = Context(tuple(Run(id=text[-1], workflow="w", objective=text) for text in texts), 0, 0.0)
    (value,) = input_rows(context, list(places([{"prompt": text} for text in texts])))
    objective = next(row for row in fact_rows(context) if row.key == "objective")
    for row in (value, objective):
        told = ["".join(text for text, _ in fitted(row.cell(n), COLUMN_LEAST - 2)) for n in range(3)]
        assert "today" in told[0] and "later" in told[2] and "Re: the" in told[1]
    tail = [f"{'x' * 40} {'y' * 13}{end}" for end in ("one", "two")]
    (row,) = input_rows(context._replace(runs=context.runs[:2]), list(places([{"prompt": text} for text in tail])))
    assert ["one" in "".join(t for t, _ in fitted(row.cell(n), COLUMN_LEAST - 2)) for n in (0, 1)] == [True, False]


async def test_five_runs_scroll_sideways_and_the_baseline_stays_in_sight(app, folder):
    with flightlog.open(folder) as store:
        for n in range(2):
            record(store, f"more{n}", hits=1)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compared(pilot, "space", "space", "space", "space", "space")
        await shows(pilot, "3 of 5 columns", "one base", "two", "three")
        await pilot.press("right", "right", "right", "right", "right")
        shown = await shows(pilot, "one base", "more0", "more1")
        assert "three" not in shown and screen.table.column == 4
        await pilot.press("b", "left", "left", "left", "left")
        shown = await shows(pilot, "more1 base", "one")
        assert screen.table.column == 0 and all(len(line) <= 80 for line in shown.split("\n"))
        await pilot.click("#compare-table", offset=(30, 2))
        assert (screen.table.column, screen.table.cursor) == (0, 2)
        await pilot.click("#compare-table", offset=(70, 1))
        assert (screen.table.column, screen.table.cursor) == (4, 1)
        await pilot.resize_terminal(120, 36)
        await until(pilot, lambda: "columns" not in text_of(screen) and "three" in text_of(screen))


async def test_a_key_that_is_typed_while_a_tab_is_read_is_for_what_that_shows(app, monkeypatch):
    """`s` and `enter` in one breath led into a run: the line that was meant was not there yet."""
    look, may = compare.look, threading.Event()

    def slow(reader, asked):
        assert asked.name == "facts" or may.wait(30)
        return look(reader, asked)

    monkeypatch.setattr(compare, "look", slow)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await compared(pilot)
        app.post_message(events.Key("s", "s"))
        app.post_message(events.Key("enter", None))
        await until(pilot, lambda: screen.current == "steps" and screen.loader.busy)
        assert app.screen is screen and not screen.opening.is_set()
        may.set()
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen and screen.opening.is_set())


async def test_two_clicks_on_a_line_open_it_once(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await compared(pilot)
        table = screen.table.region
        await click_at(pilot, table.x + 50, table.y + 2, times=2)
        await until(pilot, lambda: app.screen is not screen)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
