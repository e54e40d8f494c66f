"""Blocks of sound lines are read at once: what comes of it is what reading line by line gives, damage and all."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
from flightlog.backends.ingest import batch
from flightlog.backends.ingest.batch import Batch, Position
from flightlog.core import events as e

RUN = "01m7q5cqg0fbcb54955hdwhy7c"


def journal_of(rng: Random, *, odd: bool) -> bytes:
    """Some lines of all lengths, a mark's boundary just between two of them; with `odd`, some that are not sound."""
    lines = [e.encode(e.RunStarted(seq=1, t="t", run=RUN, workflow="w"))]
    for seq in range(2, 120):
        said = "x" * rng.choice([0, 1, 7, 60, 300] if rng.random() < 0.98 else [1500])
        line = e.encode(e.Logged(seq=seq, t=f"t{seq}", level="INFO", message=said))
        if seq % 17 == 0:  # the next one begins where a mark is due
            short = -(sum(map(len, lines)) + len(lines) + len(line) + 1) % batch.MARK_BYTES
            line = e.encode(e.Logged(seq=seq, t=f"t{seq}", level="INFO", message=said + "y" * short))
        if odd and rng.random() < 0.04:
            line = rng.choice([line[:-9], line + line, b"", b"\0" * 30, line.replace(b"INFO", b"LOUD"), lines[-1]])
        if not (odd and rng.random() < 0.02):
            lines.append(line)
    return b"\n".join(lines) + b"\n" + lines[-1][:20]


def readings(path: Path, budget: int) -> list[Any]:
    """All that comes of a journal, in as many readings as the budget makes of it."""
    found: list[Any] = []
    at, more = Position(), True
    while more:
        reading = Batch(RUN, "name", at, keep=True)
        reading.read_events(path, path.stat().st_size, budget)
        at, more = Position(reading.offset, 0, reading.last_seq), reading.more
        damage = [reading.damage, reading.gap]
        found.append((reading.recorded, reading.events, reading.marks, damage, at, reading.size))
    return found


@pytest.mark.parametrize("odd", [False, True])
def test_as_line_by_line(tmp_path, monkeypatch, odd):
    monkeypatch.setattr(batch, "MARK_BYTES", 512)
    monkeypatch.setattr(batch, "_AT_ONCE", 700)
    plainly: list[bool] = []
    plain = Batch._read_plain
    for seed in range(12):
        path = tmp_path / f"{seed}.jsonl"
        path.write_bytes(journal_of(Random(seed), odd=odd))
        for budget in (1, 900, 1 << 20):
            with monkeypatch.context() as patched:
                patched.setattr(Batch, "_read_plain", lambda *_: False)
                by_line = readings(path, budget)
            with monkeypatch.context() as patched:
                patched.setattr(Batch, "_read_plain", lambda *given: plainly.append(plain(*given)) or plainly[-1])
                in_blocks = readings(path, budget)
            if budget > 900:  # portions end at other lines, which nobody sees: what they come to is the same
                assert in_blocks == by_line
            for of in (0, 1, 2):
                assert [one for part in in_blocks for one in part[of]] == [one for part in by_line for one in part[of]]
            assert in_blocks[-1][4] == by_line[-1][4]
            assert any(part[2] for part in by_line)
    assert any(plainly)
    assert not all(plainly)
