"""Copies of runs that belong to another program: what is archived of a source, which itself is only read."""

import hashlib
from pathlib import Path
from typing import Protocol

from .operations import Chosen
from .runs import Run

COPY_OF = "copy_of"
"""The key in a copy's meta that says of what it is one: `source`, `source_id` and `run`."""

PROGRAMS = {
    "langgraph": "a LangGraph database",
    "claude-code": "Claude Code's transcripts",
    "codex": "Codex's transcripts",
}
"""The programs whose runs are read, by the name under which their facts stand in a run's meta; and what these are."""
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Original(Protocol):
    """A run of a source, of which a copy is to be archived. Used by one thread at a time."""

    chosen: Chosen
    """The run there, and as what it was seen."""

    def look(self) -> Run | None:
        """The run as it is now; None if it is there no more. StorageError if that cannot be known."""
        ...

    def write(self, folder: Path) -> Run:
        """Writes the files of its copy into a folder, by the names of a run's files, and returns what the copy is.

        Conflict if it went on meanwhile; Corrupt if not all of it can be read, StorageError, OSError.
        """
        ...


def copy_id(id: str) -> str:
    """The id of the copy of a run (or of one of its checkpoints): of the same time, and always the same one."""
    number = int.from_bytes(hashlib.sha256(f"copy\0{id}".encode()).digest()[:10], "big")
    return id[:10] + "".join(_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))


def copied_from(run: Run) -> str:
    """Of what a run is a copy, as words; empty if it is none. Not safe to show: it is the run's own meta."""
    told = run.meta.get(COPY_OF)
    if not isinstance(told, dict) or not isinstance(told.get("run"), str):
        return ""
    kind = PROGRAMS.get(str(told.get("source")), "another program")
    name = f" ({told['source_id']})" if isinstance(told.get("source_id"), str) else ""
    return f"a copy of run {told['run']}{name} of {kind}"
