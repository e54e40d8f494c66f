"""Place 1, Runs, as a person uses it: keys, mouse, sizes, live changes, and what agents write."""

import re
import threading

import pytest
from flightlog.core.annotations import Noted, Pinned, Tagged
from flightlog.core.pages import Sort
from flightlog.core.runs import Run
from flightlog.tui.app import FlightlogApp
from flightlog.tui.runs.sections import Head
from flightlog.tui.screens.runs import RunsScreen
from flightlog.tui.widgets.preview import Preview
from little_store import Runs, make_run, make_store, run_id
from seeing import loaded, text_of, until
from textual.command import CommandList, CommandPalette

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


async def test_groups_unfold_and_step_out(app, runs):
    for n in range(900, 1000):
        runs.put(make_run(n, session=f"s{n % 2}"))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("b")
        await until(pilot, lambda: isinstance(screen.run_list.line(0), Head))
        assert "no session" in text_of(screen)
        await until(pilot, lambda: "enter shows its runs" in text_of(screen))
        await pilot.press("enter")
        await until(pilot, lambda: "folds it" in text_of(screen))
        await until(pilot, lambda: isinstance(screen.run_list.line(1), Run))
        assert screen.run_list.line(1).session == "s0"
        await pilot.press("escape")
        await until(pilot, lambda: screen.run_list.lines == 1000)


async def test_groups_of_a_filtered_list_are_those_it_shows(app, runs):
    for n in range(900, 1000):
        runs.put(make_run(n, session=f"s{n % 2}"))
    runs.put(make_run(1000, session="s0", workflow="alone"))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("b")
        await until(pilot, lambda: isinstance(screen.run_list.line(0), Head))
        await pilot.press("slash", *"workflow:alone", "enter")
        await until(pilot, lambda: screen.run_list.lines == 1 and "s0  1 run" in text_of(screen))
        assert "no session" not in text_of(screen) and "s1" not in text_of(screen)
        await pilot.press("enter")
        await until(pilot, lambda: screen.run_list.lines == 2)
        assert screen.run_list.line(1).workflow == "alone"
        await pilot.press("slash", "ctrl+u", "enter")
        await until(pilot, lambda: screen.run_list.lines == 3 + 51)  # "s0" with its runs, "s1", none


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
        await until(pilot, lambda: "1,000 runs: pinned?" not in text_of(pilot.app.screen))
        await pilot.press("p")
        await until(pilot, lambda: "1,000 runs: pinned?" in text_of(pilot.app.screen))
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
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"mark all")
        found = app.screen.query_one(CommandList)
        await until(pilot, lambda: found.option_count and all(search.is_finished for search in app.workers))
        await pilot.press("enter")
        await until(pilot, lambda: screen.run_list.marks.all)


async def test_a_key_of_the_bottom_line_can_be_clicked(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        line = text_of(screen).split("\n")[-1]
        await pilot.click(offset=(line.index("space") + 1, 35))
        await pilot.pause()
        assert screen.run_list.marks.count(1000) == 1


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


async def test_beside_a_preview_the_list_has_room_for_what_would_be_cut(feed):
    why = "Timeout: the model did not answer within 60 seconds"
    store = make_store(Runs([make_run(n, status="failed", error=why) for n in range(3)]), feed)
    async with FlightlogApp(lambda: store).run_test(size=(200, 40)) as pilot:
        await loaded(pilot)
        preview = pilot.app.screen.query_one(Preview)
        await until(pilot, lambda: why in text_of(pilot.app.screen).split("\n")[4][:140])
        assert 66 <= preview.region.width < 80
        await pilot.resize_terminal(120, 36)
        await until(pilot, lambda: preview.region.width == 120)
        await pilot.resize_terminal(200, 40)
        await until(pilot, lambda: 66 <= preview.region.width < 80)


async def test_a_preview_keeps_its_room_beside_a_list_in_which_nothing_is_cut(feed):
    store = make_store(Runs([make_run(n) for n in range(3)]), feed)
    async with FlightlogApp(lambda: store).run_test(size=(200, 40)) as pilot:
        await loaded(pilot)
        assert pilot.app.screen.query_one(Preview).region.width == 80
