"""Saved views: tabs above the run list, in the palette, and `@name` at the command line."""

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core.pages import Sort
from flightlog.core.query.query import parse
from flightlog.core.text import cells
from flightlog.tui.app import FlightlogApp
from flightlog.tui.cli.main import main
from flightlog.tui.personal.person import load_person
from flightlog.tui.personal.settings import View, read_settings, settings_file
from flightlog.tui.runs.saved_views import shown_view, tabs_of
from flightlog.tui.widgets.filter_bar import FilterBar
from flightlog.tui.widgets.view_bar import ViewBar
from seeing import shows, text_of, until
from textual.command import CommandPalette

VIEWS = {"failures": View("status:failed"), "dear": View("workflow:flow-1", "cost"), "slow": View("", "took")}


def configured(text: str) -> None:
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text(text)


def test_which_view_is_shown():
    assert shown_view(VIEWS, "", Sort()) == ""
    assert shown_view(VIEWS, " status:failed", Sort()) == "failures"
    assert shown_view(VIEWS, "status:failed", Sort(field="cost")) is None
    assert shown_view(VIEWS, "workflow:flow-1", Sort(field="cost")) == "dear"
    assert shown_view(VIEWS, "", Sort(field="took")) == "slow"
    assert shown_view(VIEWS, "x", Sort()) is None


@pytest.mark.parametrize("width", [16, 40, 120])
@pytest.mark.parametrize("shown", ["", "view 7", "view 19", None])
def test_the_view_that_is_shown_is_always_among_the_tabs(width, shown):
    views = {f"view {n}": View("x") for n in range(20)}
    line, tabs = tabs_of(views, shown, width)
    text = "".join(piece for piece, _ in line)
    assert cells(text.rstrip()) <= width
    assert shown is None or shown in [tab.name for tab in tabs]
    assert all(text[tab.start : tab.end] == (tab.name or "all") for tab in tabs)


@pytest.fixture
def app(store) -> FlightlogApp:
    return FlightlogApp(lambda: store, who=lambda: load_person(None))


async def ready(pilot):
    await until(pilot, lambda: pilot.app.store is not None and pilot.app.home.run_list.ready)
    return pilot.app.home


async def test_what_is_shown_is_saved_under_a_name_and_comes_back_by_it(app):
    configured("# mine\ntheme: flightlog-light\n")
    async with app.run_test(size=(120, 36)) as pilot:
        home = await ready(pilot)
        assert not home.query_one(ViewBar).display
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: any("no view yet: V saves" in note.message for note in app._notifications))
        await pilot.press("slash", *"workflow:flow-1", "enter", "S", "V")
        await shows(pilot, "Save workflow:flow-1 as a view")
        await pilot.press(*"ones", "enter")
        await until(pilot, lambda: "ones" in app.person.settings.views)
        await shows(pilot, "all  ones")
        assert settings_file().read_text().startswith("# mine\n")
        assert read_settings(settings_file()).views == {"ones": View("workflow:flow-1")}
        await pilot.press("S", "right_square_bracket")
        await until(pilot, lambda: home.run_list.lines > 900)
        assert not home.query_one(FilterBar).has_class("open")
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: home.run_list.lines == 333)
        assert home.query_one(FilterBar).input.value == "workflow:flow-1"
        assert home.view_shown() == "ones"
        await pilot.press("S", "s", "V")
        await shows(pilot, "Save workflow:flow-1 as a view")
        await pilot.press(*"sorted", "enter")
        await shows(pilot, "all  sorted  ones")  # as they stand in the file
        await pilot.press("left_square_bracket", "right_square_bracket", "right_square_bracket")
        await until(pilot, lambda: home.view_shown() == "ones")
        await pilot.press("V")
        await shows(pilot, "Forget the view ones?")
        await pilot.press("y")
        await until(pilot, lambda: list(home.views()) == ["sorted"])
        assert list(read_settings(settings_file()).views) == ["sorted"]
        await until(pilot, lambda: home.run_list.lines == 333)


@pytest.fixture
def real(tmp_path):
    with flightlog.open(tmp_path / "data", storage="sqlite") as store:
        for n in range(9):
            store.run(f"flow-{n % 3}").finish()
    return FlightlogApp(lambda: flightlog.open(tmp_path / "data"), who=lambda: load_person(None))


async def test_views_are_in_the_palette_and_are_clicked_on(real):
    app = real
    configured("views:\n  ones: {query: 'workflow:flow-1', sort: cost}\n  '[b]two': {query: 'workflow:flow-2'}\n")
    async with app.run_test(size=(80, 24)) as pilot:
        home = await ready(pilot)
        await shows(pilot, "all  ones  [b]two")
        bar = home.query_one(ViewBar)
        await pilot.click(ViewBar, offset=(9, 0))
        await until(pilot, lambda: home.view_shown() == "ones" and home.run_list.lines == 3)
        assert home.run_list.sort.field == "cost"
        await pilot.click(ViewBar, offset=(4, 0))
        await until(pilot, lambda: home.view_shown() == "" and home.run_list.lines == 9)
        await pilot.press("4")
        await until(pilot, lambda: app.screen is not home)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"view two")
        await shows(pilot, "[b]two")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is home and home.view_shown() == "[b]two" and home.run_list.ready)
        assert bar.display
        assert "[b]two" in text_of(app.screen)


async def test_in_the_filter_a_view_stands_for_its_query(real):
    configured("views:\n  ones: {query: 'workflow:flow-1', sort: cost}\n")
    async with real.run_test(size=(120, 36)) as pilot:
        home = await ready(pilot)
        field = home.query_one(FilterBar).input
        await pilot.press("slash", *"@o", "tab")
        await until(pilot, lambda: field.value == "@ones " and home.run_list.lines == 3)
        await pilot.press(*"status:completed @ons ")
        await shows(pilot, "^^^^ @ons names no saved view, did you mean @ones?")
        await pilot.press(*["backspace"] * 6)
        await until(pilot, lambda: home.run_list.lines == 3)
        await pilot.press("enter", "V")
        await shows(pilot, "Save @ones status:completed as a view")
        await pilot.press(*"ones", "enter")
        await until(pilot, lambda: any("would stand for itself" in note.message for note in real._notifications))
        assert home.views()["ones"].query == "workflow:flow-1"
        await pilot.press("slash", *"x", "escape", "slash", *"@ones", "enter", "s", "s")
        await until(pilot, lambda: home.run_list.lines == 3)


def test_the_command_line_knows_them(tmp_path):
    configured(
        "views:\n  bad: {query: 'status:failed', sort: name}\n  two words: {query: '@bad name:a'}\n"
        "  round: {query: '@round'}\n"
    )
    with flightlog.open(tmp_path / "data", storage="sqlite") as store:
        for name, status in (("b", "failed"), ("c", "failed"), ("a", "failed"), ("d", "completed")):
            store.run("w", name=name, session=name).finish(status)

    def names(*words: str) -> tuple[list[str], str]:
        done = CliRunner().invoke(main, ["ls", "--data", str(tmp_path / "data"), "--ids", *words])
        assert done.exit_code == 0, done.output
        with flightlog.open(tmp_path / "data") as store:
            return [store.runs.get(run).name for run in done.stdout.split()], done.stderr

    assert names("@bad") == (["c", "b", "a"], "")
    assert names("@bad", "session:a|b") == (["b", "a"], "")
    assert names("@bad session:a|b") == (["b", "a"], "")
    assert names("--", "-@bad") == (["d"], "")
    assert names("@two words") == names('@"two words"') == (["a"], "")
    assert names("@round")[1] == "flightlog: at 1: in @round: the view @round stands for itself; searched as text\n"
    assert names("@bad", "--sort", "started") == (["a", "c", "b"], "")
    assert names("@bda") == ([], "flightlog: at 1: @bda names no saved view, did you mean @bad?; searched as text\n")


def test_what_is_changed_by_a_view_is_kept_as_what_it_asks_for(tmp_path):
    configured("views:\n  bad: {query: 'status:failed'}\n")
    with flightlog.open(tmp_path / "data", storage="sqlite") as store:
        for status in ("failed", "failed", "completed"):
            store.run("w").finish(status)

    def remove(where: str):
        return CliRunner().invoke(main, ["rm", "--data", str(tmp_path / "data"), "--yes", "--where", where])

    assert "at 1: @bda names no saved view, did you mean @bad?" in remove("@bda").stderr
    assert remove("@bad workflow:w").exit_code == 0
    with flightlog.open(tmp_path / "data") as store:
        assert store.runs.count(parse("")) == 1
        assert store.upkeep.operations().items[0].why == "flightlog rm --where 'status:failed workflow:w'"
