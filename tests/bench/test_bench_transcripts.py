"""Transcripts: taking a folder of them in, and looking again when nothing is new."""

import os
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median

import msgspec
import pytest
from flightlog.backends.sources.transcripts.index import TranscriptIndex
from flightlog.backends.sources.transcripts.store import FORMATS
from flightlog.backends.sqlite.engine import open_database
from measure import in_turn, say, told
from recorded_transcripts import LONG_AGO, RECORDED, aged

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

SESSIONS = 1_000


def write_sessions(home: Path) -> None:
    """Recorded sessions of Claude Code again and again, each with ids of its own."""
    models = sorted(path for path in (RECORDED / "claude-code-2.1").rglob("*.jsonl") if len(path.stem) == 36)
    for number in range(SESSIONS):
        model = models[number % len(models)]
        name, mark = str(uuid.UUID(int=number + 1)), f"{number:04}".encode()
        data = model.read_bytes().replace(model.stem.encode(), name.encode())
        for before in (b'"msg_', b'"toolu_', b'"req_'):
            data = data.replace(before, before + mark)
        path = home / "projects" / f"-home-ana-{number % 20}" / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        aged(path, LONG_AGO)


def taken_in(home: Path, place: Path) -> TranscriptIndex:
    index = TranscriptIndex(home, FORMATS, open_database(place, truth=False))
    index.refresh()
    return index


def processor_s(work: Callable[[], object]) -> float:
    """What one call takes of a processor: long works wait longer than short ones where the machine is busy."""
    began = time.process_time()
    work()
    return time.process_time() - began


def test_transcripts_are_taken_in_and_looked_at(bench_data, tmp_path):
    home = bench_data("transcripts", write_sessions)
    paths = sorted(home.rglob("*.jsonl"))
    size = sum(path.stat().st_size for path in paths)
    places = iter(range(1_000_000))

    def take_in() -> None:
        with closing(taken_in(home, tmp_path / f"{next(places)}.db").database):
            pass

    def read_all() -> int:
        return sum(len([*map(msgspec.json.decode, path.read_bytes().split(b"\n")[:-1])]) for path in paths)

    taken = [(processor_s(take_in), processor_s(read_all)) for _ in range(3)]
    ours, base = (median(times) for times in zip(*taken, strict=True))
    detail = (
        f"{told(ours)} / {told(base)} of processor, {told(ours / SESSIONS)} a session, {size / ours / 1e6:.3g} MB/s"
    )
    say(0, f"{SESSIONS:,} transcripts taken in, to open + read + decode", ours / base, 50, detail)

    kept = taken_in(home, tmp_path / "kept.db")
    index = TranscriptIndex(home, FORMATS, kept.database)
    again, stats = in_turn(index.refresh, lambda: [os.stat(path) for path in paths], calls=50)
    say(0, "a look with nothing new, to a stat of each", again / stats, 1, f"{told(again)} / {told(stats)}")
    kept.database.close()
