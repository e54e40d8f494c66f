"""Goal 15: a log of a gigabyte (a tenth of it without FLIGHTLOG_BENCH_FULL=1), in the program and from the shell."""

import os
import shutil
import sys
from pathlib import Path
from random import Random
from statistics import median

import flightlog
import pytest
from flightlog.core import clock, events, ids
from flightlog.core.hurry import hurried
from flightlog.core.logs import LogFilter
from flightlog.tui.logs.window import LogReading
from generate import run_id
from measure import in_turn, say, seconds, told
from terminal import FLIGHTLOG, TRIVIAL, Terminal

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

BYTES = 1_000_000_000 if os.environ.get("FLIGHTLOG_BENCH_FULL") else 100_000_000
RUN = run_id(0, Random(1))
TOOLONG, LNAV, TRIVIAL_S, LINES_S = 1.05, 2.79, 0.348, 0.56
"""Seconds to the first screen, those of a trivial app, and of counting a gigabyte's lines: where they were measured."""
TOOLONG_INDEX, TOOLONG_MB, LNAV_MB = 4.31, 179, 185


def write(data: Path, size: int = BYTES) -> None:
    """One finished run with nothing but log entries."""
    began = int(ids.time_of(RUN) * 1000) * 1_000_000
    path = data / "runs" / clock.from_ns(began)[:10] / f"{RUN}.jsonl"
    path.parent.mkdir(parents=True)
    with path.open("wb", buffering=1 << 20) as file:
        seq = 0

        def add(event: events.Event) -> None:
            nonlocal seq
            seq += 1
            event.seq, event.t = seq, clock.from_ns(began + seq * 10_000_000)
            file.write(events.encode(event) + b"\n")

        add(events.RunStarted(run=RUN, workflow="chatty", version=1, objective="a long log"))
        while file.tell() < size:
            level = "ERROR" if seq % 977 == 0 else "WARNING" if seq % 97 == 0 else "INFO"
            said = f"request {seq} took {seq % 1000} ms, and what came of it was set aside; " + "detail " * (seq % 30)
            add(events.Logged(level=level, message=said, details={"tokens": seq % 4096, "model": "gpt-4o"}))
        add(events.Logged(level="INFO", message="the very last entry"))
        add(events.RunFinished(status="completed"))


@pytest.fixture(scope="module")
def chatty(bench_data) -> Path:
    """A data directory with that run, indexed."""

    def fill(data: Path) -> None:
        write(data)
        with flightlog.open(data, storage="file") as store:
            assert store.runs.get(RUN).status == "completed"

    return bench_data(f"log-{BYTES}", fill)


@pytest.fixture
def unread(chatty, tmp_path) -> Path:
    """The same, which nobody has read."""
    target = tmp_path / "data" / journal(chatty).parent.relative_to(chatty)
    target.mkdir(parents=True)
    shutil.copy(journal(chatty), target)
    return tmp_path / "data"


def journal(data: Path) -> Path:
    """The file itself."""
    return next(data.glob(f"runs/*/{RUN}.jsonl"))


def count_lines(path: Path) -> int:
    """The floor of an index: where the lines end."""
    found = 0
    with path.open("rb", buffering=0) as file:
        while block := file.read(1 << 20):
            found += block.count(b"\n")
    return found


def decode_lines(path: Path) -> None:
    """What nobody can leave out who looks at every event: that its bytes are what was written, and what they say."""
    with path.open("rb", buffering=0) as file:
        rest = b""
        while block := file.read(1 << 20):
            *lines, rest = (rest + block).split(b"\n")
            events.decode_all(lines)


def test_last_page_in_the_program(chatty):
    with flightlog.open(chatty) as store:
        reading = LogReading(store.logs, RUN, LogFilter())
        last, middle = in_turn(reading.end, lambda: reading.around(store.runs.get(RUN).last_seq // 2))
        say(15, "open to the last page, in the program", last * 1e3, 10, f"in the middle {told(middle)}", " ms")


def test_first_screen_from_the_shell(chatty):
    shown, floors, sizes = [], [], []
    for _ in range(5):
        with Terminal([sys.executable, "-c", TRIVIAL]) as terminal:
            floors.append(terminal.until(b"painted"))
            terminal.rest()
            floor_bytes = terminal.resident()
        with Terminal([*FLIGHTLOG, str(chatty), "--run", RUN, "--tab", "logs"]) as terminal:
            shown.append(terminal.until(b"the very last entry"))
            terminal.rest()
            sizes.append(terminal.resident())
    first, floor = median(shown), median(floors)
    detail = f"{told(first)} / {told(floor)}"
    say(15, "shell -> last page, to half of toolong's", first / floor, TOOLONG / TRIVIAL_S / 2, detail)
    say(15, "the same, to a fifth of lnav's", first / floor, LNAV / TRIVIAL_S / 5, detail)
    above = (median(sizes) - floor_bytes) / 1e6
    say(15, "memory above a trivial app, to a twentieth of toolong's", above, TOOLONG_MB / 20, f"{above:.0f} MB", " MB")


def test_any_line_of_a_log_that_nobody_has_read(chatty, unread):
    newest = 0

    def anywhere() -> None:
        with flightlog.open(unread) as store, hurried():
            assert store.runs.get(RUN).status == "completed"
            reading, rng = LogReading(store.logs, RUN, LogFilter()), Random(1)
            for seq in [2, newest, *(rng.randrange(3, newest) for _ in range(8))]:
                assert reading.around(seq).show == seq
            assert store.catching_up() is not None or BYTES < 1e9

    with flightlog.open(chatty) as store:
        newest = store.runs.get(RUN).last_seq - 1
        store.logs.counts(RUN)
    took, floors = [], []
    for _ in range(5):
        shutil.rmtree(unread / ".flightlog", ignore_errors=True)
        floors.append(seconds(lambda: count_lines(journal(unread))))
        took.append(seconds(anywhere))
    found, floor = median(took), median(floors)
    detail = f"{told(found)} / {told(floor)}; ten pages of it, the first, the last and eight anywhere"
    say(15, "any line from nothing, to counting lines", found / floor, TOOLONG_INDEX / LINES_S / 4, detail)


def test_memory_of_the_log_itself(unread, tmp_path):
    """What a log takes that was read from nothing, above one of which all is on the screen."""
    write(tmp_path / "little", 100_000)
    sizes = []
    for data in (tmp_path / "little", unread):
        with Terminal([*FLIGHTLOG, str(data), "--run", RUN, "--tab", "logs"]) as terminal:
            terminal.until(b"the very last entry")
            terminal.until(b" entries", timeout=60)
            terminal.swallow(BYTES / 5e7)
            terminal.rest(3)
            sizes.append(terminal.resident() / 1e6)
    above, detail = sizes[1] - sizes[0], f"{sizes[1]:.0f} MB"
    say(15, "memory of the log itself, to a twentieth of toolong's", above, TOOLONG_MB / 20, detail, " MB")


def test_index_of_all_lines(chatty, unread):
    lines = seconds(lambda: count_lines(journal(chatty)))

    def index() -> None:
        with flightlog.open(unread, storage="file") as store:
            assert store.runs.get(RUN).status == "completed"

    took, lines = seconds(index), min(lines, seconds(lambda: count_lines(journal(chatty))))
    decoded = seconds(lambda: decode_lines(journal(chatty)))
    detail = f"{told(took)} / {told(lines)}; every event read and projected; to check and decode them alone would be "
    detail += f"{decoded / lines:.3g}x"
    say(15, "every event counted from nothing, to counting lines", took / lines, TOOLONG_INDEX / LINES_S / 4, detail)


def test_a_sweep_of_all_entries(chatty):
    from flightlog.tui.logs.pattern import LogPattern
    from flightlog.tui.logs.sweep import Hits

    with flightlog.open(chatty) as store:
        for typed in ("took 77 ms", r"/took 7{2}\d ms"):
            hits = Hits(LogFilter(), LogPattern(typed))

            def sweep(hits: Hits = hits) -> None:
                while not (hits.whole or hits.ended):
                    hits.go_on(store.logs, RUN)

            took = seconds(sweep)
            say(15, f"counting {typed!r} in all entries, for each MB", took * 1e9 / BYTES, 60, told(took), " ms")
