"""The keys of the log, in the real screen at both sizes: searches, bars, times, filters, the entry's page."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import flightlog
import pytest
from counting import counted
from flightlog.core import clock
from flightlog.core.progress import Standing
from flightlog.core.store import Store
from flightlog.tui.lines import width_of
from flightlog.tui.widgets.log_bars import LogBars
from flightlog.tui.widgets.log_entry_view import EntryPage
from flightlog.tui.widgets.log_lines import LogLines
from mouse import drag, moved
from reading import SIZES, opened, screen_of, settled, text_of, wait
from recorded import NASTY
from textual import events

HOUR = 3600 * 10**9
BEGAN = 1_795_168_800 * 10**9


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


@pytest.fixture
def hour(store: Store) -> str:
    """A run of an hour, with an entry every four seconds."""
    moments = itertools.count(BEGAN, 2 * 10**9)
    with clock.pretending(lambda: next(moments) if writing else BEGAN + HOUR):
        writing = True
        with store.run("chatty") as run:
            for name in ("plan", "fetch"):
                with run.step(name) as step:
                    for n in range(450):
                        level = "ERROR" if n == 217 else "WARNING" if n % 100 == 50 else "INFO"
                        step.log(f"{name} took {n} ms", level=level, request_id=f"req-{n // 10}", tokens=n)
        writing = False
    return run.id


async def swept(pilot) -> None:
    tab = screen_of(pilot).tab
    await wait(pilot, lambda: all(one.whole or one.ended for one in (tab.hits, tab.bars) if one))
    await settled(pilot)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_while_a_log_is_still_being_read_no_error_is_not_the_last_word(store, hour, size, monkeypatch):
    async with opened(store, hour, size, "logs") as pilot:
        tab, said = screen_of(pilot).tab, []
        monkeypatch.setattr(tab, "notify", lambda text, **_: said.append(text))
        await pilot.press("g", "e", "e", "e")
        await settled(pilot)
        assert said == ["No ERROR after this entry"] and "so far" not in text_of(pilot)
        with monkeypatch.context() as patched:
            patched.setattr(Store, "catching_up", lambda _: Standing(1, 9, 5.0))
            patched.setattr(store.logs, "counts", lambda _: {"INFO": 700, "ERROR": 0})
            await pilot.press("e")
            await settled(pilot)
            assert said[1:] == ["No ERROR after this entry, and more is being read"]
            assert "700 entries so far" in text_of(pilot) and tab.when_errors()
        await pilot.press("E")
        await settled(pilot)
        assert "so far" not in text_of(pilot) and len(said) == 2


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_an_expression_is_searched_counted_and_gone_through(store, hour, size):
    async with opened(store, hour, size, "logs") as pilot:
        tab, lines = screen_of(pilot).tab, screen_of(pilot).query_one(LogLines)
        await pilot.press("slash", *"/took 4(")
        assert "at character" in text_of(pilot)
        await pilot.press("enter")
        assert tab.has_class("searching")
        await pilot.press("backspace", *"[0-4]. ms/", "enter")
        await swept(pilot)
        assert lines.entry.message == "fetch took 449 ms"
        assert "100 of 100" in text_of(pilot)
        await pilot.press("N")
        await settled(pilot)
        assert "99 of 100" in text_of(pilot)
        counts = counted(store)["logs"]
        await pilot.press("n")
        await settled(pilot)
        assert counts.named("query") <= 2  # what was counted is known: only the page about the hit is read
        await pilot.press("2", "3")
        await swept(pilot)
        assert "1 of 1" not in text_of(pilot)
        await pilot.press("escape")
        assert tab.hits is None
        await pilot.press("1", "g")
        await settled(pilot)
        await pilot.press("slash", *"fetch took 449", "enter")  # it lies below: the nearest one counts
        await settled(pilot)
        assert lines.entry.message == "fetch took 449 ms"
        await pilot.press("slash", *"9nowhere", "enter")
        await settled(pilot)
        assert "is not in the log" in pilot.app.told[-1]


async def test_a_catastrophic_expression_freezes_no_key(store, monkeypatch):
    for module in ("sweep", "window"):
        monkeypatch.setattr(f"flightlog.tui.logs.{module}.TOO_SLOW", 4)
    with store.run("slow") as run:
        for _ in range(60):
            run.log("a" * 60 + "b")
    async with opened(store, run.id, tab="logs") as pilot:
        tab = screen_of(pilot).tab
        await pilot.press("slash", *"/(a|aa)+$", "enter")
        await pilot.press("k", "k")
        assert tab.lines.entry is not None
        await wait(pilot, lambda: tab.hits.ended, 90.0)  # each of these entries is given its time, twice
        await settled(pilot)
        assert "too slow for" in text_of(pilot)
        await pilot.press("escape")
        assert not tab.word


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_bars_move_with_the_cursor_and_lead_to_a_time(store, hour, size):
    async with opened(store, hour, size, "logs") as pilot:
        screen, lines = screen_of(pilot), screen_of(pilot).query_one(LogLines)
        await pilot.press("h")
        await swept(pilot)
        bars = screen.query_one(LogBars)
        assert bars.has_focus
        assert sum(map(sum, bars.bars.cells(100))) == 900
        last = bars._cell(bars.size.width)
        await pilot.press("left", "left")
        await settled(pilot)
        assert bars._cell(bars.size.width) < last
        here = lines.entry.seq
        await pilot.press("left")
        await settled(pilot)
        assert lines.entry.seq < here
        await pilot.press("right", "enter")
        await settled(pilot)
        assert lines.has_focus
        await pilot.click(LogBars, offset=(9, 0))
        await settled(pilot)
        assert lines.entry.message == "plan took 0 ms"
        await pilot.press("h")
        assert not bars.display


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_wheel_goes_from_bar_to_bar_and_the_pressed_mouse_to_the_bar_it_is_on(store, hour, size):
    async with opened(store, hour, size, "logs") as pilot:
        screen, lines = screen_of(pilot), screen_of(pilot).query_one(LogLines)
        await pilot.press("h")
        await swept(pilot)
        bars = screen.query_one(LogBars)
        row = bars.region.y

        async def cell() -> int:
            await settled(pilot)
            return bars._cell(bars.size.width)

        await pilot.press("left", "left", "left")
        by_key = [await cell()]
        await pilot.press("right", "right", "right")
        last = await cell()
        # Notches that come faster than the log is read are not lost.
        for _ in range(3):
            moved(pilot.app, events.MouseScrollUp, 30, row, 0)
        assert [await cell()] == by_key
        for _ in range(3):
            moved(pilot.app, events.MouseScrollDown, 30, row, 0)
        assert await cell() == last
        left = bars.region.x + 9
        await drag(pilot, (left + 1, row), (left + 5, row))
        assert await cell() == 5 and pilot.app.mouse_captured is None
        seq = lines.entry.seq
        await drag(pilot, (left + 5, row), (left - 3, row + 4))
        assert await cell() == 0 and lines.entry.seq < seq


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_times_are_gone_to_and_what_is_none_is_told(store, hour, size):
    async with opened(store, hour, size, "logs") as pilot:
        lines = screen_of(pilot).query_one(LogLines)

        def seconds() -> float:
            return clock.to_seconds(lines.entry.t) - BEGAN / 1e9

        await pilot.press("g")
        await settled(pilot)
        first = seconds()
        await pilot.press("T", *"+5m", "enter")
        await settled(pilot)
        assert 300 <= seconds() - first <= 304
        await pilot.press("T", *"soon", "enter")
        assert "10:03" in pilot.app.told[-1]
        await pilot.press("escape", "T", "end", *["backspace"] * 4, *"-2m", "enter")
        await settled(pilot)
        assert 180 <= seconds() - first <= 184
        await pilot.press("T", *"2001-01-01", "enter")
        await settled(pilot)
        assert seconds() == first


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_log_is_narrowed_to_a_step_or_a_request_and_widened_again(store, hour, size):
    async with opened(store, hour, size, "logs") as pilot:
        tab, lines = screen_of(pilot).tab, screen_of(pilot).query_one(LogLines)
        await pilot.press("k", "R")
        await settled(pilot)
        assert len(lines.window.entries) == 20
        assert "request req-44" in text_of(pilot)
        await pilot.press("S")
        await settled(pilot)
        assert "step fetch" in text_of(pilot)
        assert len(lines.window.entries) == 10
        await pilot.press("R", "S")
        await settled(pilot)
        assert len(lines.window.entries) > 20
        await pilot.press("J")
        await wait(pilot, lambda: screen_of(pilot).current == "steps")
        await settled(pilot)
        await pilot.press("J")
        await wait(pilot, lambda: screen_of(pilot).current == "logs")
        assert lines.entry.message == "fetch took 448 ms"
        assert not tab.back()


async def test_json_is_a_tree_or_as_it_was_written_and_an_entry_is_copied(store):
    with store.run("json") as run:
        run.log('answer: {"choices": [{"text": "hello"}], "usage": 12}')
    async with opened(store, run.id, tab="logs") as pilot:
        page = screen_of(pilot).query_one(EntryPage)
        await pilot.press("P")
        assert any("JSON" in str(row.node.line) for row in page.rows)
        await pilot.press("P")
        assert not any("JSON" in str(row.node.line) for row in page.rows)
        await pilot.press("y")
        assert pilot.app.clipboard.endswith('"usage": 12}')
        assert "Copied the entry" in pilot.app.told


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_long_message_is_read_on_a_piece_at_a_time(store, size):
    with store.run("wordy") as run:
        run.log("".join(f"{n:07} " for n in range(40_000)))
        run.log("a short one")
    async with opened(store, run.id, size, "logs") as pilot:
        screen, page = screen_of(pilot), screen_of(pilot).query_one(EntryPage)
        lines = screen.query_one(LogLines)
        await pilot.press("g")
        await settled(pilot)
        assert len(lines.entry.message) < 20_000
        assert "320 kB  0000000" in text_of(pilot)
        await pilot.press("enter")
        await wait(pilot, lambda: page.whole is not None)
        assert "1 to 100,000 of 320,000 characters" in text_of(pilot)
        page.focus()
        for wanted in ("100,001 to 200,000", "200,001 to 300,000", "300,001 to 320,000"):
            await pilot.press("end", "enter")
            await wait(pilot, lambda wanted=wanted: wanted in text_of(pilot))
        page.move_to(1)
        await pilot.press("enter")
        await wait(pilot, lambda: "200,001 to 300,000" in text_of(pilot))
        lines.focus()
        await pilot.press("G", "end")
        await settled(pilot)
        assert "a short one" in text_of(pilot)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_hostile_text_is_only_text_in_every_part_of_the_log(store, size):
    with store.run("nasty") as run:
        for n in range(30):
            run.log(
                NASTY if n % 2 else '{"' + "key" + '": "\\u001b[31m"} ' + NASTY, level="ERROR", request_id=NASTY[:100]
            )
    async with opened(store, run.id, size, "logs") as pilot:
        for keys in (["h"], ["enter"], ["enter", "P"], ["R"], ["slash", *"/INST", "enter"], ["y"], ["v"]):
            await pilot.press(*keys)
            await swept(pilot)
            shown = text_of(pilot)
            assert not [sign for sign in shown if sign != "\n" and not sign.isprintable()], keys
        assert pilot.app.clipboard.replace("\n", "").isprintable()


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_nothing_is_drawn_under_the_scroll_bar(store, size):
    width = size[0]
    with store.run("long") as run:
        for n in range(60):
            run.log(f"{n:02} " + "x" * 2 * width)
    async with opened(store, run.id, size, "logs") as pilot:
        rows = [row for row in text_of(pilot).splitlines() if " INFO " in row]
        assert len(rows) > 10
        assert all(row.rstrip(" │▁▂▃▄▅▆▇█").endswith("x…") for row in rows), rows  # what is cut says so
        await pilot.press("v")
        await settled(pilot)
        lines = screen_of(pilot).query_one(LogLines)
        assert lines.wrap and lines.show_vertical_scrollbar
        widths = {width_of(lines.draw(index, lines.size.width)) for index in range(lines.count())}
        assert max(widths) == lines.size.width - 1  # all room is used, but for the bar's


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_level_at_which_nothing_was_logged_says_so_and_how_all_comes_back(store, size):
    with store.run("quiet") as run:
        run.log("all is well")
    async with opened(store, run.id, size, "logs") as pilot:
        await pilot.press("4")
        await wait(pilot, lambda: "ERROR and up: no entry (esc for all)" in text_of(pilot))
        await pilot.press("h")
        await swept(pilot)
        assert "no entry " in text_of(pilot).split("\n")[3]
        await pilot.press("escape", "escape")
        await wait(pilot, lambda: "all is well" in text_of(pilot))
        assert "no entry" not in text_of(pilot)
