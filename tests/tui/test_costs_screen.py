"""Place 3, Costs, as a person uses it: every key in both sizes, live changes, budgets, and what agents write."""

import flightlog
import pytest
from counting import Counting
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.app import FlightlogApp
from flightlog.tui.messages import StoreChanged
from flightlog.tui.screens.costs import CostsScreen
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.screens.runs import RunsScreen
from recorded import NASTY
from seeing import shows, text_of, until

SIZES = [(120, 36), (80, 24)]


async def at_costs(pilot) -> CostsScreen:
    """Goes to the place, and waits until it is read."""
    await until(pilot, lambda: pilot.app.store is not None and pilot.app.home.run_list.ready)
    await pilot.press("3")
    await until(pilot, lambda: isinstance(pilot.app.screen, CostsScreen) and pilot.app.screen.found is not None)
    await read(pilot)
    return pilot.app.screen


async def read(pilot) -> None:
    """Waits until what was asked for is shown."""
    screen = pilot.app.screen
    await until(pilot, lambda: not pilot.app.typed.busy and not screen.loader.busy and screen.opening is None)
    await pilot.pause()


def keys_of(screen: CostsScreen) -> list[str]:
    return [group.key for group in screen.list.page.groups]


def fill(folder) -> None:
    """Six runs of two workflows; one call has no price."""
    with flightlog.open(folder, storage="file") as store:
        for n in range(6):
            with store.run(
                "triage" if n % 2 else "report", version=1 + n % 2, session="ana" if n < 2 else None, name=f"r{n}"
            ) as run:
                run.cost("gpt-4o", input_tokens=1000 * n, output_tokens=7, agent="planner", dollars=f"{n}.25")
                if n == 3:
                    run.cost("", input_tokens=5, cache_read_tokens=3, reasoning_tokens=2)
        store.run("idle", name="idle").finish()


BUDGETS = "budgets: [{per: day, max: 20}, {per: month, max: 100, query: 'workflow:triage'}, {per: week, max: 4.00}]\n"


@pytest.fixture
def folder(tmp_path):
    fill(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def app(folder):
    return FlightlogApp(lambda: flightlog.open(folder))


@pytest.mark.parametrize("size", SIZES)
async def test_every_axis_is_a_key_away_and_every_key_works(app, size):
    async with app.run_test(size=size) as pilot:
        screen = await at_costs(pilot)
        (day,) = keys_of(screen)
        shown = await shows(pilot, "3 Costs", day, "≥$16.50", "No price", "total", "all time")
        assert all(len(line) <= size[0] for line in shown.split("\n"))
        found = {
            "w": ["triage", "report"],
            "v": ["triage@2", "report@1"],
            "m": ["gpt-4o", ""],
            "a": ["planner", ""],
            "e": ["", "ana"],
            "d": [day],
        }
        for key, names in found.items():
            await pilot.press(key)
            await read(pilot)
            assert keys_of(screen) == names
        await pilot.press("right_square_bracket", "right")
        await until(pilot, lambda: screen.chosen.by == "version")
        await pilot.press("left_square_bracket", "left", "left")
        await until(pilot, lambda: screen.chosen.by == "session")
        await pilot.press("m")
        await shows(pilot, "no model", "$16.50", "?")
        for name, first in (("name", ""), ("no price", ""), ("calls", "gpt-4o"), ("tokens", "gpt-4o")):
            await pilot.press("s")
            await read(pilot)
            assert (screen.chosen.orders["model"].name, keys_of(screen)[0]) == (name, first)
        await pilot.press("S")
        await shows(pilot, "tokens ↑")
        assert keys_of(screen) == ["", "gpt-4o"]
        for name in ("last 30 days", "last 7 days", "last 24 hours", "today", "all time"):
            await pilot.press("t")
            await shows(pilot, name)
            await read(pilot)
            assert screen.list.page.total.calls == 7
        await pilot.press("r", "G", "g", "j", "k", "ctrl+d", "ctrl+u", "tab", "shift+tab", "question_mark")
        await shows(pilot, "Only the runs that match a query", "By session")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is app.home)
        await pilot.press("3")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("2", "1")
        await until(pilot, lambda: app.screen is app.home)


@pytest.mark.parametrize("size", SIZES)
async def test_a_line_leads_to_its_runs_and_esc_leads_back_to_it(app, size):
    async with app.run_test(size=size) as pilot:
        screen = await at_costs(pilot)
        await pilot.press("v", "j", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen is not app.home)
        await until(pilot, lambda: app.screen.run_list.matching == 3)
        shown = await shows(pilot, "3 Costs › version report@1", "workflow:report version:1", "3 of 7", "r4", "r0")
        assert "triage" not in shown
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is screen)
        assert screen.list.current.key == "report@1"
        await pilot.press("m")
        await read(pilot)
        await pilot.press("G", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.run_list.matching == 1)
        await shows(pilot, "› no model", 'call.model:""', "r3")
        await pilot.press("1")
        await until(pilot, lambda: app.screen is app.home)
        assert str(app.home.run_list.query) == ""
        # Of each axis the cursor is where it was left.
        await pilot.press("3")
        await until(pilot, lambda: app.screen is screen)
        assert screen.list.current.key == ""
        await pilot.press("v")
        await read(pilot)
        assert screen.list.current.key == "report@1"


@pytest.mark.parametrize("size", SIZES)
async def test_a_filter_narrows_the_sums_and_what_a_line_leads_to(app, size):
    async with app.run_test(size=size) as pilot:
        screen = await at_costs(pilot)
        await pilot.press("w", "slash", *"session:a", "tab", "enter")
        await until(pilot, lambda: keys_of(screen) == ["triage", "report"] and screen.list.page.total.calls == 2)
        await shows(pilot, "session:ana", "$1.50")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.run_list.matching == 1)
        await shows(pilot, "session:ana workflow:triage", "r1")
        await pilot.press("escape", "slash", *" nothing", "enter")
        await shows(pilot, "No call of a model", "nothing")
        await pilot.press("enter", "j", "slash", *" log:x", "enter")
        await shows(pilot, "No call of a model", "log:x")
        await pilot.press("escape")
        await until(pilot, lambda: screen.chosen.filter == EVERYTHING and screen.list.display)
        await read(pilot)
        assert screen.list.page.total.calls == 7 and screen.list.has_focus
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.home)


async def test_new_costs_come_into_sight_and_the_cursor_stays_on_its_line(app, folder):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_costs(pilot)
        await pilot.press("w")
        await read(pilot)
        assert screen.list.current.key == "triage"
        with flightlog.open(folder) as store, store.run("dear") as run:
            run.cost("m", input_tokens=1, dollars="5000.01")
            await shows(pilot, "$5,000.01")
            assert keys_of(screen) == ["dear", "triage", "report"]
            assert screen.list.current.key == "triage"
        await pilot.press("2")
        with flightlog.open(folder) as store, store.run("dear") as run:
            run.cost("m", input_tokens=1, dollars="1")
        await pilot.press("3")
        await shows(pilot, "$5,001.01")


async def test_the_mouse_chooses_axes_lines_and_places_and_a_resize_loses_nothing(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.store is not None and app.home.run_list.ready)
        await pilot.click("#list-top", offset=(28, 0))
        await shows(pilot, "stacked by workflow", "calls without a price come on top", "total")
        screen = app.screen
        at = text_of(screen).split("\n")[screen.query_one("#axes").region.y].index("model")
        await pilot.click("#axes", offset=(at, 0))
        await until(pilot, lambda: screen.chosen.by == "model" and keys_of(screen) == ["gpt-4o", ""])
        await pilot.click("#costs", offset=(3, 1))
        assert screen.list.current.key == ""
        await pilot.resize_terminal(80, 24)
        await shows(pilot, "no model", "total")
        assert all(len(line) <= 80 for line in text_of(screen).split("\n"))
        await pilot.resize_terminal(120, 36)
        await pilot.click("#costs", offset=(3, 1), times=2)
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.run_list.matching == 1)
        # The place that it is of leads back.
        await pilot.click("#list-top", offset=(11, 0))
        await until(pilot, lambda: app.screen is screen)


@pytest.mark.parametrize("size", SIZES)
async def test_an_empty_store_teaches_how_a_cost_is_recorded(tmp_path, size):
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=size) as pilot:
        await at_costs(pilot)
        await shows(pilot, "No costs yet", 'run.cost(model="gpt-4o", input_tokens=812', 'dollars="0.0031")', "budgets:")
        await pilot.press("enter", "s", "S", "t", "m", "j", "escape")
        await until(pilot, lambda: app.screen is app.home)
    app.close()


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_names_are_shown_and_never_obeyed(tmp_path, size):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "flightlog.yaml").write_text('budgets: [{per: day, max: 1, query: "[/x] \\u202e 名名"}]')
    with flightlog.open(tmp_path / "data", storage="file") as store, store.run("w", session="ana") as run:
        for text in (NASTY, "[@click=app.quit]x[/]", "名" * 200, "a\nb"):
            run.cost(text, text, agent=text, input_tokens=2**50, dollars="9000000")
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=size) as pilot:
        await at_costs(pilot)
        for key in ("m", "a", "enter"):
            await pilot.press(key)
            await until(pilot, lambda: getattr(app.screen, "opening", None) is None and not app.screen.loader.busy)
            await pilot.pause(0.1)
            shown = text_of(app.screen)
            assert not any(c in shown for c in "\x1b\x07\u202e\u200b\x9b")
            assert all(len(line) <= size[0] for line in shown.split("\n"))
        assert app.is_running
    app.close()


# --- budgets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "ascii"), [(SIZES[0], False), (SIZES[1], True)])
async def test_budgets_are_shown_warn_in_every_header_and_lead_to_their_runs(folder, size, ascii, monkeypatch):
    if ascii:
        monkeypatch.setenv("NO_COLOR", "1")
    (folder / "flightlog.yaml").write_text(BUDGETS)
    app = FlightlogApp(lambda: flightlog.open(folder), ascii=ascii)
    sign = "X" if ascii else "◉"
    async with app.run_test(size=size) as pilot:
        await shows(pilot, f"{sign} budget spent +1")
        await pilot.press("2")
        await shows(pilot, f"{sign} budget spent +1", "2 Workflows", "idle")
        screen = await at_costs(pilot)
        await shows(
            pilot, f"{sign} budget spent +1", "at least $16.50 of $20.00", "82%", "at least $9.75 of $100.00", "412%"
        )
        if size[0] > 100:
            await shows(pilot, "1 call without a price")
        assert screen.list.has_focus
        await pilot.press("shift+tab", "j")
        assert screen.budgets.has_focus
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.run_list.matching == 3)
        await shows(pilot, "workflow:triage call.day>=", "r5", "r3", "r1")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        with flightlog.open(folder) as store, store.run("triage") as run:
            run.cost("m", input_tokens=1, dollars="100")
        await shows(pilot, f"{sign} budget spent +2", "109%")
        assert screen.budgets.cursor == 1
    app.close()


@pytest.mark.parametrize("size", SIZES)
async def test_where_there_is_no_budget_it_is_taught_how_one_is_set(folder, size):
    taught = "no budget  budgets: [{per: day, max: 20.00}]  in flightlog.yaml sets one"
    async with FlightlogApp(lambda: flightlog.open(folder)).run_test(size=size) as pilot:
        await at_costs(pilot)
        await shows(pilot, taught)
    with flightlog.open(folder, read_only=True) as store:
        async with FlightlogApp(lambda: store).run_test(size=size) as pilot:
            assert "no budget" not in text_of(await at_costs(pilot))
    (folder / "flightlog.yaml").write_text("budgets: [{per: day, max: 20.00}]")
    async with FlightlogApp(lambda: flightlog.open(folder)).run_test(size=size) as pilot:
        await at_costs(pilot)
        await shows(pilot, "of $20.00")
        assert "no budget" not in text_of(pilot.app.screen)


async def test_a_budget_that_is_kept_is_no_warning(folder):
    (folder / "flightlog.yaml").write_text("budgets: [{per: day, max: 1000}]")
    app = FlightlogApp(lambda: flightlog.open(folder))
    async with app.run_test(size=(120, 36)) as pilot:
        await at_costs(pilot)
        shown = await shows(pilot, "at least $16.50 of $1,000.00")
        assert "budget" not in shown.split("\n")[0]
    app.close()


# --- what it costs ----------------------------------------------------------------------------------


async def test_what_is_shown_is_asked_once_and_nothing_changed_asks_nothing(folder):
    (folder / "flightlog.yaml").write_text(BUDGETS)
    store = flightlog.open(folder)
    reading = store.reading
    runs = Counting(reading.runs)
    store._reading = reading._replace(runs=runs)
    app = FlightlogApp(lambda: store)

    def costs(of_budgets: bool = False) -> list:
        # Those of budgets are since a day. They are asked again after any notice, whenever that comes.
        return [ask for ask in runs.asked("costs") if bool(ask[2]) is of_budgets]

    def plotted() -> list:
        # (what runs spent in the last minutes is asked for by the minute, for the header)
        return [ask[0] for ask in runs.asked("spending") if ask[0] != "minute"]

    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.standings.found)
        # Three budgets, of two queries.
        assert {ask[1].text for ask in costs(of_budgets=True)} == {"", "workflow:triage"}
        assert costs() == []
        runs.calls.clear()
        screen = await at_costs(pilot)
        assert costs() == [("day", EVERYTHING, "")]
        assert plotted() == ["day"]
        assert set(runs.names) <= {"costs", "totals", "query", "count", "steps", "spending"}
        await pilot.press("m", "s", "S", "s")
        await read(pilot)
        assert [ask[0] for ask in costs()] == ["day", "model"]
        assert plotted() == ["day"]  # which is the same for every axis
        runs.calls.clear()
        loads = screen.loader.loads
        screen.post_message(StoreChanged())
        await until(pilot, lambda: screen.loader.loads > loads and not screen.loader.busy)
        assert costs() == [] == plotted()
        assert not runs.named("totals")
    app.close()


async def test_many_lines_cost_what_is_in_sight(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store, store.run("w") as run:
        for n in range(3000):
            run.cost(f"model {n:04}", input_tokens=1, dollars="0.01")
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_costs(pilot)
        await pilot.press("m")
        await until(pilot, lambda: screen.list.count() == 3000)
        await pilot.pause()
        screen.list.drawn = 0
        await pilot.press("G")
        await shows(pilot, "model 2999")
        assert screen.list.drawn <= 2 * screen.list.size.height
    app.close()
