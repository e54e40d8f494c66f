"""Goal 12: a list of a million runs on screen, beside DataTable."""

import time
from statistics import median

import flightlog
import pytest
from flightlog.tui.app import FlightlogApp
from frames import Frames
from measure import say, told
from textual.app import App
from textual.widgets import DataTable

pytestmark = [pytest.mark.bench, pytest.mark.timeout(200)]

SIZE = (120, 40)
ROWS = 5_000


class Table(App[None]):
    """DataTable with as many columns as the run list."""

    def compose(self):
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns(*"abcdefgh")
        table.add_rows(
            [f"label tickets {n}", "triage@1", "2 steps", "18 Nov", "0:09", "3.1k", "$0.01", n] for n in range(ROWS)
        )
        table.focus()


async def data_table() -> tuple[float, float]:
    """Seconds from the start to the first frame with rows, and of a page down."""
    app = Table()
    began = time.perf_counter()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        mounted, pages = time.perf_counter() - began, []
        for _ in range(7):
            began = time.perf_counter()
            await pilot.press("pagedown")
            pages.append(time.perf_counter() - began)
    return mounted, median(pages)


async def browse(app: FlightlogApp, patch, mounts, pages, keys, ends) -> int:
    """One session with a million runs; how many it holds in memory at the end."""
    frames, began = Frames(app, patch), time.perf_counter()
    async with app.run_test(size=SIZE) as pilot:
        await frames.until(frames.complete)
        mounts.append(time.perf_counter() - began)
        assert frames.screen.run_list.lines == 1_000_000
        await pilot.pause(0.5)
        await pilot.press("pagedown")  # to the last line in sight: from there on, a page scrolls
        for _ in range(8):
            pages.append(await frames.page_down())
            keys.append(await frames.move())
        ends.append(await frames.to_end())
        ends.append(await frames.press("g", frames.complete))
        held = frames.screen.run_list.held
    app.close()
    return held


async def test_million_on_screen(million, monkeypatch):
    peer, peer_page = await data_table()
    mounts, pages, keys, ends = [], [], [], []
    for _ in range(5):
        with monkeypatch.context() as patch:
            held = await browse(FlightlogApp(lambda: flightlog.open(million)), patch, mounts, pages, keys, ends)
    say(12, "1M runs: page down -> painted", median(pages) * 1e3, 20, f"median of {len(pages)}", "ms")
    say(
        12,
        "1M runs: page down, to DataTable",
        median(pages) / peer_page,
        1 / 5,
        f"{told(median(pages))} / {told(peer_page)}",
    )
    say(12, "1M runs: cursor down -> painted", median(keys) * 1e3, 20, "", "ms")
    say(12, "1M runs: to the end or the beginning -> painted", median(ends) * 1e3, 50, f"worst {told(max(ends))}", "ms")
    whole = peer * 100_000 / ROWS
    detail = f"{told(median(mounts))} / {told(whole)} (scaled from {ROWS} rows)"
    say(12, "mount -> painted, to DataTable with 100k rows", median(mounts) / whole, 1 / 100, detail)
    say(12, "1M runs: rows in memory", held, 500, "", "")
