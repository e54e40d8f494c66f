"""Damages a data directory of files as a full disk, a killed program or a careless hand would, for doctor's picture."""

from pathlib import Path

NOBODY = "01m7w7gq40000000000000000d"
"""A run that there is only half of."""


def spoil(folder: Path) -> None:
    """Tears a line, leaves states of nobody and a file of somebody else's, cuts an archive. May be called twice."""
    runs = folder / "runs" / "2026-11-20"
    journals = (path for path in sorted(runs.glob("*.jsonl")) if not path.name.endswith(".states.jsonl"))
    ended = next(path for path in journals if b"run.finished" in path.read_bytes())
    ended.write_bytes(ended.read_bytes().partition(b'{"half')[0] + b'{"half of a line')
    (runs / f"{NOBODY}.states.jsonl").write_bytes(b"{}\n")
    (runs / "notes.txt").write_text("mine")
    archive = folder / "archive" / "2026-11"
    archive.mkdir(parents=True, exist_ok=True)
    (archive / f"{NOBODY}.flz").write_bytes(b"cut off")
