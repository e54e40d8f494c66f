"""Keys that come faster than screens open reach what the keys before them opened."""

import threading
from collections.abc import Iterator

import flightlog
import pytest
from flightlog.core.choosing import chosen
from flightlog.core.errors import StorageError
from flightlog.core.operations import new_order
from flightlog.core.query.query import parse
from flightlog.core.store import Store
from flightlog.tui.app import FlightlogApp
from flightlog.tui.program import type_ahead
from flightlog.tui.screens.help import Help
from flightlog.tui.screens.live import LiveScreen
from flightlog.tui.screens.retention import RetentionScreen
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.widgets.archive_tab import ArchiveTab
from seeing import loaded, shows, until
from textual import events
from textual.widgets import Input


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    """Runs of three workflows, with a log each."""
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for n in range(6):
            with store.run(f"flow-{n % 3}") as run:
                run.log("a line")
        yield store


@pytest.fixture(autouse=True)
def patient(monkeypatch) -> None:
    """On a busy machine a list may take longer to read than a person would wait for."""
    monkeypatch.setattr(type_ahead, "PATIENCE", 30.0)


def type_at_once(app: FlightlogApp, *keys: str) -> None:
    """Types keys as a terminal delivers what is pasted, or what was typed while the program was busy."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_a_key_after_enter_is_for_the_run_that_enter_opens(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        type_at_once(app, "j", "j", "enter", "l")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.current == "logs", 60)
        assert app.screen.run_id == app.home.run_list.line(2).id


async def test_what_is_typed_after_the_key_of_a_question_is_its_answer(app, store):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        first, second = (screen.run_list.line(n).id for n in (0, 1))
        type_at_once(app, "t", *"nightly", "enter", "j", "n", *"see", "enter")
        await until(pilot, lambda: store.runs.notes(second).items and store.runs.get(first).tags, 60)
        assert [note.text for note in store.runs.notes(second).items] == ["see"]
        assert [store.runs.get(run).tags for run in (first, second)] == [("nightly",), ()]


async def test_keys_go_through_screens_and_back(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        type_at_once(app, "question_mark", "escape", "enter", "l", "slash", *"jk", "escape", "escape", "escape", "j")
        await until(pilot, lambda: app.screen is screen and screen.run_list.cursor_line == 1, 60)
        type_at_once(app, "question_mark", "j")
        await until(pilot, lambda: isinstance(app.screen, Help))
        assert screen.run_list.cursor_line == 1


@pytest.mark.parametrize(
    "event", [events.Key("j", "j"), events.Paste("j"), events.MouseDown(None, 1, 1, 0, 0, 1, *[False] * 3)]
)
async def test_what_comes_when_the_program_has_ended_is_for_nobody(app, event):
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        screens = app._screen_stack[:]
        app._screen_stack.clear()
        try:
            await app.on_event(event)
            assert not app.typed._is_early(event)
        finally:
            app._screen_stack.extend(screens)


async def test_a_filter_and_what_is_done_with_its_list_may_be_typed_in_one_go(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        type_at_once(app, "slash", *"flow-1", "enter", "enter", "l")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.current == "logs", 60)
        assert app.screen.run_id == screen.run_list.line(0).id
        assert screen.run_list.query.text == "flow-1"


async def test_keys_typed_before_the_store_is_open_wait_for_it(store):
    allowed = threading.Event()

    def opening():
        allowed.wait(60)
        return store

    app = FlightlogApp(opening)
    async with app.run_test(size=(120, 36)) as pilot:
        type_at_once(app, "enter", "l")
        await pilot.pause(0.1)
        allowed.set()
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.current == "logs", 60)


async def test_no_key_waits_longer_than_a_moment(store, monkeypatch):
    allowed = threading.Event()
    monkeypatch.setattr(type_ahead, "PATIENCE", 0.5)
    app = FlightlogApp(lambda: (allowed.wait(60), store)[1])
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: hasattr(app, "home") and app.home.is_mounted)
        type_at_once(app, "enter", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help), 60)
        allowed.set()


@pytest.fixture
def slow(store, monkeypatch):
    """Makes a read of the store wait until the test lets it go, which is longer than keys wait for a screen."""
    monkeypatch.setattr(type_ahead, "PATIENCE", 0.1)
    allowed = threading.Event()

    def slow(repository, name):
        real = getattr(repository, name)
        monkeypatch.setattr(repository, name, lambda *args, **options: (allowed.wait(60), real(*args, **options))[1])
        return allowed

    yield slow
    allowed.set()


async def is_held(pilot, app):
    """Waits until the screen takes longer than keys wait for it."""
    await until(pilot, lambda: app.typed._slow is not None and app.typed._slow is app.screen.opening)


async def test_no_key_is_lost_while_a_run_is_slow_to_open(app, store, slow):
    with store.run("flow-0") as run:
        for n in range(3):
            run.log(f"line {n}")
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        allowed = slow(store.runs, "get")
        type_at_once(app, "enter", "right_square_bracket", "right_square_bracket", "k", "v")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await is_held(pilot, app)
        assert app.screen.run is None
        allowed.set()
        await until(pilot, lambda: app.screen.current == "logs" and not app.typed.busy)
        await until(pilot, lambda: app.screen.tab is not None and app.screen.tab.lines.wrap)


async def test_what_is_typed_for_a_screen_that_does_not_open_goes_when_it_is_left(app, store, slow):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        slow(store.runs, "get")
        type_at_once(app, "enter", "right_square_bracket", "j")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await is_held(pilot, app)
        type_at_once(app, "escape")
        await until(pilot, lambda: app.screen is screen and not app.typed.busy)
        assert screen.run_list.cursor_line == 0
        type_at_once(app, "j")
        await until(pilot, lambda: screen.run_list.cursor_line == 1)


async def test_help_passes_what_waits_for_a_run_and_that_goes_on_when_it_is_closed(app, store, slow):
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        allowed = slow(store.runs, "get")
        type_at_once(app, "enter", "right_square_bracket")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await is_held(pilot, app)
        type_at_once(app, "question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        allowed.set()
        await until(pilot, lambda: app.screen_stack[-2].run is not None)
        assert app.screen_stack[-2].current == "overview"
        type_at_once(app, "escape")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.current == "steps")


async def test_no_key_is_lost_before_the_first_rows_and_on_the_way_to_a_place(store, slow):
    allowed = slow(store.runs, "query")
    app = FlightlogApp(lambda: store)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: hasattr(app, "home") and app.home.is_mounted)
        type_at_once(app, "j", "j", "2")
        await is_held(pilot, app)
        allowed.set()
        await until(pilot, lambda: app.screen is not app.home)
        assert app.home.run_list.cursor_line == 2
        await pilot.press("escape")
        workflows = app.whereabouts._places.pop("workflows")
        app.uninstall_screen(workflows)
        app.typed._slow = None
        allowed.clear()
        slow(store.workflows, "list_all")
        type_at_once(app, "2", "j", "tab")
        await is_held(pilot, app)
        allowed.set()
        await until(pilot, lambda: app.screen is not app.home and app.screen.list.cursor == 1)
        await until(pilot, lambda: app.screen.versions.has_focus)


async def test_no_key_is_lost_on_the_way_to_what_runs_now(store, slow):
    allowed = slow(store.runs, "spending")
    app = FlightlogApp(lambda: store)
    with store.run("flow-1"), store.run("flow-1"):
        async with app.run_test(size=(120, 36)) as pilot:
            await loaded(pilot)
            type_at_once(app, "L", "j", "s")
            await until(pilot, lambda: isinstance(app.screen, LiveScreen))
            await is_held(pilot, app)
            assert not app.screen.entries
            allowed.set()
            await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.current == "steps")
            assert app.screen.run_id == app.screen_stack[-2].entries[1].run.id


async def test_no_key_is_lost_on_the_way_to_what_may_go_and_its_other_tabs_wait_for_no_plan(app, store, slow, tmp_path):
    (tmp_path / "data" / "flightlog.yaml").write_text('retention:\n  - match: "status:completed"\n    then: trash\n')
    packed = store.runs.query(parse("workflow:flow-0")).items
    list(store.upkeep.archive(new_order(by="me"), [chosen(run) for run in packed]))
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        allowed = slow(store.policy_file, "read")
        type_at_once(app, "5", "j", "enter")
        await until(pilot, lambda: isinstance(app.screen, RetentionScreen))
        await until(pilot, lambda: app.screen.plan and app.screen.opening is app.screen.plan.opening)  # and is composed
        await is_held(pilot, app)
        assert app.screen.plan.list.count() == 0
        type_at_once(app, "a", "j", "enter")  # behind those that wait for the plan
        allowed.set()
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and not app.typed.busy)
        place = app.screen_stack[-2]
        assert app.screen.run_id == place.plan.made.page.lines[1].run.id
        await pilot.press("escape")
        app.whereabouts._places.clear()
        await pilot.press("1")
        app.uninstall_screen(place)
        allowed.clear()
        type_at_once(app, "5", "a", "j", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and not app.typed.busy)
        assert app.screen.run_id == app.screen_stack[-2].query_one(ArchiveTab).rows.items[1].id
        assert not allowed.is_set()


async def test_who_goes_to_another_place_waits_for_no_plan_of_very_many_runs(app, store, slow, tmp_path):
    (tmp_path / "data" / "flightlog.yaml").write_text('retention:\n  - match: "status:completed"\n    then: trash\n')
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        allowed = slow(store.policy_file, "read")
        type_at_once(app, "5", "G", "A")
        await until(pilot, lambda: isinstance(app.screen, RetentionScreen))
        await until(pilot, lambda: app.screen.plan and app.screen.opening is app.screen.plan.opening)
        await is_held(pilot, app)
        place = app.screen
        type_at_once(app, "1")
        await until(pilot, lambda: app.screen is app.home)
        assert not allowed.is_set()
        allowed.set()
        await until(pilot, lambda: place.plan.opening.is_set() and not app.typed.busy)
        await pilot.press("5")
        await until(pilot, lambda: app.screen is place and not app.typed.busy)
        assert place.plan.list.cursor == 0  # what waited there went with who left


async def test_keys_after_a_jump_in_a_log_act_on_where_it_leads(app, store, monkeypatch):
    allowed, real = threading.Event(), store.logs.query
    monkeypatch.setattr(store.logs, "query", lambda *args, **options: (allowed.wait(60), real(*args, **options))[1])
    with store.run("flow-0") as run:
        for n in range(1000):
            run.log(f"line {n}.", level="ERROR" if n == 3 else "INFO")
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        type_at_once(app, "enter", "l", "y")
        allowed.set()
        await until(pilot, lambda: "line 999." in app.clipboard)
        allowed.clear()
        log = app.screen.tab
        type_at_once(app, "E", "y", "b", "s")
        await shows(pilot, "reading, esc leads out")
        assert log.lines.entry.message == "line 999." and not log.bookmarks
        allowed.set()
        await until(pilot, lambda: "line 3." in app.clipboard and app.screen.current == "steps")
        assert log.lines.entry.message == "line 3." and log.bookmarks == (log.lines.entry.seq,)
        allowed.clear()
        type_at_once(app, "l")
        await until(pilot, lambda: app.screen.current == "logs" and not app.typed.busy)
        monkeypatch.setattr(type_ahead, "PATIENCE", 0.1)
        type_at_once(app, "G")
        await until(pilot, lambda: log.opening is not None and not log.opening.is_set())
        type_at_once(app, "s")  # another tab waits for no jump
        await until(pilot, lambda: app.screen.current == "steps" and not app.typed.busy)
        type_at_once(app, "l")
        await until(pilot, lambda: app.screen.current == "logs" and not app.typed.busy)
        type_at_once(app, "y")
        await is_held(pilot, app)
        type_at_once(app, "escape")
        await until(pilot, lambda: app.screen is screen and not app.typed.busy)
        assert "line 3." in app.clipboard
        allowed.set()


async def test_trouble_lets_go_what_was_typed(app, store, monkeypatch):
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)

        def broken(run):
            raise StorageError("the disk is gone")

        monkeypatch.setattr(store.runs, "get", broken)
        type_at_once(app, "enter", "j", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))


async def test_a_paste_after_the_key_of_a_question_is_its_answer(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        type_at_once(app, "n")
        app.post_message(events.Paste("a long story"))
        await until(pilot, lambda: isinstance(app.focused, Input) and app.focused.value == "a long story")


async def test_all_lines_of_a_paste_go_into_a_field_of_one(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.focused, Input))
        app.post_message(events.Paste("a long\r\n  story\nof three\n"))
        await until(pilot, lambda: app.focused.value == "a long story of three")


async def test_a_mistake_of_ours_while_keys_are_given_out_ends_the_program_and_not_the_keyboard(app, monkeypatch):
    async def mistaken(self: type_ahead.TypeAhead) -> None:
        raise RuntimeError("a mistake of ours")

    async def typed() -> None:
        async with app.run_test(size=(120, 36)) as pilot:
            await loaded(pilot)
            monkeypatch.setattr(type_ahead.TypeAhead, "_heard", mistaken)
            type_at_once(app, "j")
            await until(pilot, lambda: not app.is_running, 60)

    with pytest.raises(RuntimeError, match="a mistake of ours"):
        await typed()
