"""Transcripts as Claude Code 2.1 and Codex 0.169 wrote them, talking to scripted models; what they hand to a model
besides (lists of tools, instructions) was cut out.
"""

import os
import shutil
import time
from pathlib import Path

from flightlog.backends.sources.transcripts.bodies import TranscriptBodies
from flightlog.backends.sql.bodies import Excerpt
from flightlog.core.events import decode

RECORDED = Path(__file__).parent / "fixtures" / "transcripts"
LONG_AGO = 4 * 86_400


def copied(kind, home):
    """What a program's folder holds, written long ago."""
    shutil.copytree(RECORDED / kind, home)
    for path in home.rglob("*.jsonl"):
        aged(path, LONG_AGO)
    return home


def aged(path, seconds):
    """A file that was written to so long ago."""
    then = time.time() - seconds
    os.utime(path, (then, then))


def told_by(index):
    """Every run's events, by what its program calls it, as whoever looks now reads them."""
    bodies = TranscriptBodies(index)
    with index.database.read() as connection:
        runs = connection.exec_driver_sql("SELECT id, source_id FROM runs ORDER BY id").all()
    return {row.source_id: [decode(line) for _, line in bodies.lines(row.id, Excerpt(limit=100_000))] for row in runs}


def rows_of(index, *names):
    """The rows of runs by what their program calls them: these columns."""
    with index.database.read() as connection:
        rows = connection.exec_driver_sql(f"SELECT source_id, {', '.join(names)} FROM runs").all()
    return {row[0]: tuple(row[1:]) for row in rows}
