"""Place 1, Runs, as a person uses it: keys, mouse, sizes, live changes, and what agents write."""

import asyncio
import re
import threading
import time
from pathlib import Path

import pytest
from flightlog.core.annotations import Noted, Pinned, Tagged
from flightlog.core.errors import StorageError
from flightlog.core.pages import Sort
from flightlog.core.runs import Run
from flightlog.tui.app import FlightlogApp
from flightlog.tui.messages import StoreChanged
from flightlog.tui.runs.sections import Head
from flightlog.tui.screens.runs import RunsScreen
from flightlog.tui.widgets.empty import Empty
from flightlog.tui.widgets.filter_bar import FilterBar
from flightlog.tui.widgets.preview import Preview
from little_store import Runs, make_run, make_store, run_id
from seeing import shows, text_of, until
from textual import events

SIZES = [(120, 36), (80, 24)]

HOSTILE = (
    "[/INST] arr[0] [@click=app.quit]x[/] [/] [bold",
    "\x1b]52;c;UFdORUQ=\x07\x1b]2;PWNED\x07\x1b[2J\x9b31m",
    "safe\u202eexe.txt\u2066\u200b\u00ad\ufeff",
    "a\rb\nc\x00d\x7f",
    "\ud800 lone",
    "名前" * 40,
    "e\u0301" * 30 + "👩‍👩‍👧‍👦🏳️‍🌈",
)


async def loaded(pilot) -> RunsScreen:
    """The screen, once its runs are there."""
    await until(pilot, lambda: hasattr(pilot.app, "home"))
    screen = pilot.app.home
    await until(pilot, lambda: screen.run_list.ready and not screen.loader.busy)
    await pilot.pause()
    return screen


@pytest.fixture
def app(store) -> FlightlogApp:
    return FlightlogApp(lambda: store)


@pytest.mark.parametrize("size", SIZES)
async def test_the_newest_runs_are_shown_with_what_is_known_of_them(app, size):
    async with app.run_test(size=size) as pilot:
        screen = await loaded(pilot)
        await until(pilot, lambda: "1:02" in text_of(screen))  # columns get their widths with the first layout
        shown = text_of(screen)
        assert "1,000" in shown
        assert "flow-0@4" in shown
        assert "watching" in shown
        assert all(len(line) <= size[0] for line in shown.split("\n"))


async def test_a_frame_is_painted_before_the_store_is_opened(store):
    opened = threading.Event()

    def slow():
        assert opened.wait(30)
        return store

    async with FlightlogApp(slow, name="./data").run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "opening ./data" in text_of(pilot.app.screen))
        await pilot.press("j", "question_mark")
        await pilot.pause()
        assert len(pilot.app.screen_stack) == 3
        await pilot.press("escape")
        opened.set()
        screen = await loaded(pilot)
        assert screen.run_list.lines == 1000


@pytest.mark.parametrize("size", SIZES)
async def test_columns_fit_though_another_place_had_their_room_and_nothing_told_that_it_is_back(
    store, size, monkeypatch
):
    opened, show_empty = threading.Event(), RunsScreen._show_empty

    def unlucky(screen: RunsScreen) -> None:
        # Something else is drawn before the next layout, which then takes the table for one that was there before.
        show_empty(screen)
        screen._compositor.update_widgets({screen.table})
        assert screen.table.size is not None

    def slow():
        assert opened.wait(30)
        return store

    async with FlightlogApp(slow, name="./data").run_test(size=size) as pilot:
        await until(pilot, lambda: "opening ./data" in text_of(pilot.app.screen))
        table = pilot.app.home.table
        assert not table.size
        monkeypatch.setattr(RunsScreen, "_show_empty", unlucky)
        opened.set()
        screen = await loaded(pilot)
        await until(pilot, lambda: "Took" in text_of(screen) and "1:02" in text_of(screen))
        await until(pilot, lambda: screen.run_list.height == table.rows > 5)


async def test_a_store_that_cannot_be_opened_says_so_and_can_be_tried_again(store):
    tries = []

    def failing():
        tries.append(1)
        if len(tries) == 1:
            raise StorageError("this is no data directory", where="/nowhere", advice="name another one")
        return store

    async with FlightlogApp(failing).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "this is no data directory" in text_of(pilot.app.screen))
        assert "/nowhere" in text_of(pilot.app.screen)
        assert "name another one" in text_of(pilot.app.screen)
        await pilot.press("r")
        screen = await loaded(pilot)
        assert screen.run_list.lines == 1000


@pytest.mark.parametrize("size", SIZES)
async def test_keys_move_the_cursor_through_the_whole_list(app, size):
    async with app.run_test(size=size) as pilot:
        screen = await loaded(pilot)
        found, table = screen.run_list, screen.table
        await pilot.press("j", "j", "down", "k")
        assert found.cursor == run_id(997)
        await pilot.press("ctrl+d")
        assert found.cursor_line == 2 + table.rows - 1
        await pilot.press("G")
        await until(pilot, lambda: found.cursor == run_id(0))
        assert found.cursor_line == 999
        assert table.scroll_y == 1000 - table.rows
        await pilot.press("k", "ctrl+u", "g")
        await until(pilot, lambda: found.cursor == run_id(999))
        assert table.scroll_y == 0


async def test_marks_count_and_all_is_one_key(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("space", "space", "J")
        assert screen.run_list.marks.count(1000) == 3
        assert "3 marked" in text_of(screen)
        await pilot.press("asterisk")
        assert screen.run_list.marks.count(1000) == 0
        await pilot.press("asterisk", "space")
        await pilot.pause()
        assert "999 marked" in text_of(screen)
        await pilot.press("escape")
        assert screen.run_list.marks.count(1000) == 0


async def test_sort_goes_round_and_turns(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        for _ in range(4):
            await pilot.press("s")
        assert screen.run_list.sort == Sort(field="cost")
        await until(pilot, lambda: screen.run_list.line(0) is not None and "Cost" in text_of(screen))
        assert screen.run_list.line(0).money.nanousd == 96_000_000
        await pilot.press("S")
        await until(pilot, lambda: screen.run_list.line(0) and screen.run_list.line(0).money.nanousd == 0)
        assert "↑Cost" in text_of(screen)


async def test_a_title_that_is_clicked_sorts_and_a_row_that_is_clicked_is_chosen(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await until(pilot, lambda: "Size" in text_of(screen).split("\n")[2])
        titles = text_of(screen).split("\n")[2]
        await pilot.click(offset=(titles.index("Size"), 2))
        await until(pilot, lambda: screen.run_list.sort == Sort(field="size"))
        await until(pilot, lambda: screen.run_list.line(0) is not None)
        await pilot.click(offset=(10, 7))
        assert screen.run_list.cursor_line == 4
        await pilot.pause()


async def test_the_wheel_scrolls_and_leaves_the_cursor_on_its_run(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        for _ in range(20):
            screen.table.action_scroll_down()
        await until(pilot, lambda: screen.table.scroll_y == 20)
        assert screen.run_list.cursor == run_id(999)
        await until(pilot, lambda: run_id(979)[-4:] and screen.run_list.line(20).id == run_id(979))
        await pilot.press("j")
        assert screen.run_list.cursor == run_id(998)
        assert screen.table.scroll_y <= 1


async def test_a_filter_is_typed_counted_kept_and_cleared(app, runs):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("slash", *"workflow:flow-1".replace(":", "¤").replace("¤", ":"))
        await until(pilot, lambda: "[333/1,000]" in text_of(screen))
        await pilot.press("enter")
        assert screen.focused is screen.table
        await pilot.press("j")
        assert screen.run_list.current.workflow == "flow-1"
        await pilot.press("escape")
        await until(pilot, lambda: screen.run_list.ready and screen.run_list.lines == 1000)
        assert not screen.query_one(FilterBar).has_class("open")


async def test_a_run_that_is_opened_before_the_filtered_list_is_read_is_the_filtered_one(app, runs, monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr(FlightlogApp, "on_open_run", lambda self, message: opened.append(message.run))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        asked, go, query = threading.Event(), threading.Event(), runs.query

        def slowly(*args, **kwargs):
            asked.set()
            assert go.wait(30)
            return query(*args, **kwargs)

        runs.query = slowly
        await pilot.press("slash", *"workflow:flow-1")
        # Enter twice, as a terminal sends it in one piece.
        app.simulate_key("enter")
        app.simulate_key("enter")
        await until(pilot, asked.is_set)
        assert not opened
        go.set()
        await until(pilot, lambda: bool(opened))
        assert [runs.get(id).workflow for id in opened] == ["flow-1"]
        assert screen.run_list.cursor == opened[0]


async def test_a_filter_that_takes_long_to_read_gives_the_keys_to_its_list(app, runs):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        go, query = threading.Event(), runs.query

        def slowly(*args, **kwargs):
            assert go.wait(30)
            return query(*args, **kwargs)

        runs.query = slowly
        await pilot.press("slash", *"workflow:flow-1", "enter")
        await until(pilot, lambda: screen.query_one(Empty).display and not screen.table.size)
        go.set()
        await until(pilot, lambda: screen.run_list.lines == 333 and screen.focused is screen.table)
        screen.table.post_message(events.Hide())  # which was on its way when the list came
        await pilot.pause()
        assert screen.focused is screen.table
        await pilot.press("j")
        assert screen.run_list.cursor_line == 1


async def test_typing_goes_on_while_nothing_matches(app):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("slash", *"workflow:flow-")
        await until(pilot, lambda: "No run matches" in text_of(screen))
        await pilot.press("2")
        await until(pilot, lambda: screen.run_list.lines == 333)


async def test_a_query_that_cannot_be_parsed_says_what_is_searched(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("slash", *"statuz:failed")
        await until(pilot, lambda: screen.run_list.query.text == "statuz:failed")
        await shows(pilot, screen.run_list.query.problems[0].what)


async def test_tab_completes_keys_and_values_that_occur(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        bar = screen.query_one(FilterBar)
        await pilot.press("slash", *"workf", "tab")
        await until(pilot, lambda: bar.input.value == "workflow:")
        await pilot.press("f", "tab")
        await until(pilot, lambda: bar.input.value == "workflow:flow-")
        await until(pilot, lambda: "flow-0  flow-1  flow-2" in text_of(screen))
        await pilot.press("2", "tab")
        await until(pilot, lambda: bar.input.value == "workflow:flow-2 ")


async def test_a_new_run_comes_in_and_only_what_changed_is_drawn(app, runs, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("j")
        await pilot.pause(0.3)
        painted = screen.table.painted
        runs.put(make_run(995, status="failed", error="Timeout: too slow"))
        feed.note(run_id(995))
        await until(pilot, lambda: "Timeout: too slow" in text_of(screen))
        assert screen.table.painted - painted <= 3
        runs.put(make_run(1000, status="running", current_step="draft"))
        feed.note(run_id(1000))
        await until(pilot, lambda: "draft 5/5" in text_of(screen))
        assert screen.run_list.cursor == run_id(998)


async def test_a_hundred_changes_a_second_cost_thirty_reads_and_no_key(app, runs, feed):
    stop, written = threading.Event(), []

    def write() -> None:
        while not stop.wait(0.005):
            written.append(time.monotonic())
            runs.put(make_run(990, steps_done=len(written), status="running", finished=None))
            feed.note(run_id(990))

    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        writer = threading.Thread(target=write)
        loads, began = screen.loader.loads, time.monotonic()
        writer.start()
        try:
            for line in range(1, 21):
                pilot.app.simulate_key("j")
                await until(pilot, lambda line=line: screen.run_list.cursor_line == line)
            await until(pilot, lambda: len(written) >= 200)
        finally:
            made, lasted = screen.loader.loads - loads, time.monotonic() - began
            stop.set()
            writer.join()
        assert made <= lasted * 31 + 3


async def test_the_header_tells_of_the_newest_change_and_not_of_the_newest_look(app, runs, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        before, asked = screen._quiet(), feed.asked
        feed.note()
        await until(pilot, lambda: feed.asked > asked and not screen.loader.busy)
        assert abs(screen._quiet()) > abs(before) / 2
        feed.note(run_id(1))
        await until(pilot, lambda: abs(screen._quiet()) < 60)


async def test_many_notices_are_one_message(app, feed):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await loaded(pilot)
        loads = screen.loader.loads
        for _ in range(500):
            pilot.app.post_message(StoreChanged())
        await pilot.pause(0.2)
        assert screen.loader.loads - loads <= 8


async def test_groups_unfold_and_step_out(app, runs):
    for n in range(900, 1000):
        runs.put(make_run(n, session=f"s{n % 2}"))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("b")
        await until(pilot, lambda: isinstance(screen.run_list.line(0), Head))
        assert "no session" in text_of(screen)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(screen.run_list.line(1), Run))
        assert screen.run_list.line(1).session == "s0"
        await pilot.press("escape")
        await until(pilot, lambda: screen.run_list.lines == 1000)


async def test_follow_goes_with_the_newest_until_one_moves(app, runs, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("f")
        runs.put(make_run(1000, status="running", finished=None))
        feed.note(run_id(1000))
        await until(pilot, lambda: screen.run_list.cursor == run_id(1000))
        await pilot.press("j")
        assert not screen.run_list.following


async def test_pin_tag_and_note_are_annotations_of_the_marked_runs(app, runs):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("space", "space", "p")
        await until(pilot, lambda: len(runs.annotations) == 2)
        assert {(a.run, a.pinned) for a in runs.annotations} == {(run_id(999), True), (run_id(998), True)}
        assert isinstance(runs.annotations[0], Pinned)
        await pilot.press("escape", "t", *"-nightly", "enter")
        await until(pilot, lambda: len(runs.annotations) == 3)
        assert runs.annotations[2] == Tagged(run=screen.run_list.cursor, tag="nightly", tagged=False)
        await pilot.press("n", *"flaky", "enter")
        await until(pilot, lambda: len(runs.annotations) == 4)
        assert runs.annotations[3] == Noted(run=screen.run_list.cursor, text="flaky")


async def test_many_runs_are_annotated_only_after_a_question(app, runs):
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        await pilot.press("asterisk", "p")
        await until(pilot, lambda: "1,000 runs: pinned?" in text_of(pilot.app.screen))
        await pilot.press("n")
        await pilot.pause(0.1)
        assert runs.annotations == []
        await pilot.press("p")
        await pilot.pause(0.1)
        await pilot.press("y")
        await until(pilot, lambda: len(runs.annotations) == 1000)


async def test_a_read_only_store_is_not_changed_and_says_so(runs):
    async with FlightlogApp(lambda: make_store(runs, read_only=True)).run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        assert "read-only" in text_of(screen)
        assert "p pin" not in text_of(screen)
        await pilot.press("p", "t")
        await pilot.pause(0.1)
        assert runs.annotations == []
        assert pilot.app.screen is pilot.app.home


async def test_an_empty_store_teaches(feed):
    async with FlightlogApp(lambda: make_store(Runs(), feed)).run_test(size=(80, 24)) as pilot:
        screen = await loaded(pilot)
        await until(pilot, lambda: "import flightlog" in text_of(screen))
        assert "flightlog demo" in text_of(screen)


async def test_the_first_run_of_an_empty_store_appears(feed):
    runs = Runs()
    async with FlightlogApp(lambda: make_store(runs, feed)).run_test(size=(80, 24)) as pilot:
        screen = await loaded(pilot)
        runs.put(make_run(1, name="the first"))
        feed.note(run_id(1))
        await until(pilot, lambda: "the first" in text_of(screen))
        assert screen.focused is screen.table


async def test_a_first_read_that_fails_stands_where_the_runs_would_be(app, runs):
    right = runs.totals

    def wrong():
        raise StorageError("the index is damaged", where="/data", advice="remove it")

    runs.totals = wrong
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "the index is damaged" in text_of(pilot.app.screen))
        runs.totals = right
        await pilot.press("r")
        screen = await loaded(pilot)
        assert "flow-0" in text_of(screen)


async def test_trouble_while_reading_is_one_sentence_not_one_a_frame(app, runs, feed):
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)

        def gone():
            raise StorageError("the data directory is gone", where="/data", advice="mount it again")

        runs.totals = gone
        for n in range(20):
            feed.note(run_id(n))
            await pilot.pause(0.05)
        assert len(pilot.app._notifications) == 1
        (told,) = pilot.app._notifications
        assert told.message == "the data directory is gone (/data); mount it again"
        assert not told.markup


def hostile_run(n: int, text: str) -> Run:
    """A run all of whose texts are hostile."""
    status = ("failed", "lost", "waiting", "running", "completed")[n % 5]
    words = ("workflow", "error", "evidence", "objective", "current_step", "session", "project", "source")
    facts = dict.fromkeys(words, text) | {"name": text if n % 2 else "", "tags": (text,), "id": f"{n}{text}"}
    return make_run(n, status=status, **facts)


@pytest.mark.parametrize("size", SIZES)
async def test_what_agents_write_is_drawn_and_never_acts(size, feed):
    runs = Runs([hostile_run(n, text) for n, text in enumerate(HOSTILE * 2)])
    store = make_store(runs, feed, name=HOSTILE[0])
    async with FlightlogApp(lambda: store).run_test(size=size) as pilot:
        screen = await loaded(pilot)
        for key in (*"jjjjjjjj", "b", "enter", "j", "b", "b"):
            await pilot.press(key)
            await pilot.pause(0.03)
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066\u200b]", text_of(screen))
        for x in range(0, size[0], 8):
            await pilot.click(offset=(x, 5))
        assert pilot.app.return_code is None


async def test_damage_is_shown(feed):
    runs = Runs([make_run(1, damaged=2)])
    async with FlightlogApp(lambda: make_store(runs, feed)).run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await until(pilot, lambda: "‼ 2 unreadable parts" in text_of(screen))
        await until(pilot, lambda: "could not be read; the rest is shown" in text_of(screen))


@pytest.mark.parametrize("size", SIZES)
async def test_plain_signs_are_plain(runs, feed, size):
    runs.put(make_run(1000, status="lost", evidence="pid 1 is gone", pinned=True, damaged=1))
    async with FlightlogApp(lambda: make_store(runs, feed), ascii=True).run_test(size=size) as pilot:
        screen = await loaded(pilot)
        await until(pilot, lambda: screen.query_one(Preview).found is not None)
        await pilot.press("space", *["ctrl+d"] * 7, "s", "slash", "tab")
        await loaded(pilot)
        assert text_of(screen).isascii()


async def test_without_colours_there_are_none_and_the_cursor_is_seen(app, store, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with FlightlogApp(lambda: store).run_test(size=(80, 24)) as pilot:
        screen = await loaded(pilot)
        styles = [segment.style for strip in screen._compositor.render_strips(screen.size) for segment in strip]
        filtered = [
            segment.style
            for strip in screen._compositor.render_strips(screen.size)
            for segment in strip.apply_filter(pilot.app._filters[-1], screen.background_colors[0])
        ]
        assert styles
        colours = {c.name for s in filtered if s for c in (s.color, s.bgcolor) if c is not None}
        assert colours <= {"default"}
        assert "▌" in text_of(screen)


async def test_a_terminal_that_is_too_small_says_so_until_it_grows(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.resize_terminal(30, 8)
        await until(pilot, lambda: "needs 40x10" in text_of(pilot.app.screen))
        await pilot.resize_terminal(60, 12)
        await until(pilot, lambda: pilot.app.screen is screen)
        assert "Workflow" in text_of(screen)


async def test_a_terminal_that_is_too_small_at_the_start_says_so_too(app):
    async with app.run_test(size=(20, 5)) as pilot:
        await until(pilot, lambda: hasattr(app, "home") and app.home.run_list.ready)
        await until(pilot, lambda: "needs 40x10" in text_of(app.screen))
        await pilot.press("2", "enter")
        await pilot.resize_terminal(60, 12)
        await until(pilot, lambda: app.screen is app.home and "Workflow" in text_of(app.screen))


async def test_help_lists_every_key_that_works_here(app):
    async with app.run_test(size=(120, 80)) as pilot:
        await loaded(pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        shown = text_of(pilot.app.screen)
        assert "Mark or unmark the run" in shown
        assert "Find any command by its name" in shown
        await pilot.press("escape")
        assert pilot.app.screen is pilot.app.home


async def test_the_palette_does_what_keys_do(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("ctrl+p", *"mark all")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: screen.run_list.marks.all)


async def test_a_key_of_the_bottom_line_can_be_clicked(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        line = text_of(screen).split("\n")[-1]
        await pilot.click(offset=(line.index("space") + 1, 35))
        await pilot.pause()
        assert screen.run_list.marks.count(1000) == 1


async def test_quitting_waits_for_no_answer(store, runs):
    asked = threading.Event()
    release = threading.Event()

    async with FlightlogApp(lambda: store).run_test(size=(80, 24)) as pilot:
        await loaded(pilot)

        def slow():
            asked.set()
            release.wait(100)

        runs.totals = slow
        await pilot.press("r")
        await asyncio.to_thread(asked.wait, 30)
        began = time.monotonic()
        await pilot.press("q")
    assert time.monotonic() - began < 50
    release.set()


async def test_a_mistake_of_ours_ends_it_without_local_variables(store, runs, capsys):
    app = FlightlogApp(lambda: store)

    def wrong():
        password = "hunter2\x1b[2J"
        raise RuntimeError(f"no such thing {len(password)} \x1b]2;PWNED\x07")

    runs.totals = wrong
    with pytest.raises(RuntimeError):
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.return_code is not None)
    app._print_error_renderables()
    said = capsys.readouterr().err
    assert app.return_code == 1
    assert "RuntimeError" not in said and "\x1b]2" not in said
    report = Path(said.strip().rpartition(" lies in ")[2]).read_text()  # noqa: ASYNC240 - the program has ended
    assert "RuntimeError" in report
    assert "hunter2" not in report.replace('password = "hunter2', "")
    assert "\x1b]2" not in report


async def test_the_cursor_stays_in_sight_when_the_terminal_shrinks(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("pagedown", "end")
        await until(pilot, lambda: screen.run_list.current is not None)
        run = screen.run_list.cursor
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: screen.run_list.height < 20)
        assert screen.run_list.cursor == run
        assert run[-4:] in text_of(screen).split("preview")[0]
        assert screen.run_list.top <= screen.run_list.cursor_line < screen.run_list.top + screen.run_list.height
