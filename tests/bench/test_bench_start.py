"""Goal 9, and the memory of goal 12: the whole program in a terminal, beside the smallest one there can be."""

import compileall
import sys
from pathlib import Path
from statistics import median

import pytest
from measure import say, told
from terminal import FLIGHTLOG, TRIVIAL, Terminal

pytestmark = [pytest.mark.bench, pytest.mark.timeout(400)]

ROUNDS = 7


@pytest.fixture(scope="module", autouse=True)
def as_installed():
    """Modules are compiled, as pip leaves them: to compile them at each start takes a third more time, and 2 MB."""
    root = Path(__file__).parents[2]
    for room in ("core", "backends", "tui"):
        assert compileall.compile_dir(root / room, quiet=1)


def test_cold_start(million):
    frames, rows, floors = [], [], []
    for _ in range(ROUNDS):
        with Terminal([sys.executable, "-c", TRIVIAL]) as terminal:
            floors.append(terminal.until(b"painted"))
        with Terminal([*FLIGHTLOG, str(million)]) as terminal:
            frames.append(terminal.until(b"flightlog"))
            rows.append(terminal.until(b"triage"))
    frame, row, floor = median(frames), median(rows), median(floors)
    say(9, "launch -> painted frame, to a trivial Textual app", frame / floor, 1.2, f"{told(frame)} / {told(floor)}")
    say(9, "launch -> first rows of 1M runs, to a trivial app", row / floor, 2, f"{told(row)} / {told(floor)}")


def test_memory(million):
    sizes, empty = [], []
    with Terminal([sys.executable, "-c", TRIVIAL]) as terminal:
        terminal.until(b"painted")
        terminal.rest()
        floor = terminal.resident()
    for target in (million, million.parent / "nothing"):
        target.mkdir(exist_ok=True)
        with Terminal([*FLIGHTLOG, str(target)]) as terminal:
            terminal.until(b"triage" if target == million else b"No runs")
            terminal.rest()
            empty.append(terminal.resident())
            for keys in (b"G", b"\x04", b"g", b"\x06", b"\x06"):
                terminal.press(keys)
                terminal.rest()
            sizes.append(terminal.resident())
    detail = f"{sizes[0] / 1e6:.0f} MB; trivial {floor / 1e6:.0f} MB; without a run {empty[1] / 1e6:.0f} MB"
    say(12, "1M runs: memory above a trivial app, engine included", (sizes[0] - floor) / 1e6, 10, detail, " MB")
    say(12, "1M runs: memory above the same program without runs", (sizes[0] - sizes[1]) / 1e6, 10, detail, " MB")
