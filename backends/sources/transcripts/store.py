"""A folder of transcripts as a store."""

from pathlib import Path

from ....core.store import Store
from ...sql.checkpoint_repository import SqlCheckpoints
from ...sql.database import Database
from ..foreign_store import Reader, foreign_store
from ..repositories import Foreign
from .bodies import TranscriptBodies
from .claude_code import ClaudeCode
from .codex import Codex
from .files import TranscriptFiles
from .index import TranscriptIndex
from .recognising import whose

FORMATS = (ClaudeCode(), Codex())
"""A program's transcripts are read by a reader of its own: a new one is a class and a place here."""


def open_transcripts(path: Path, *, in_memory: bool) -> Store | None:
    """The store of a folder of transcripts, or of a single one, read-only; None if there are none."""
    path = path.resolve()
    program = whose(path)
    if program is None:
        return None
    # Of a single file its lines decide, whatever its name is.
    formats = FORMATS if path.is_dir() else [one for one in FORMATS if one.name == program]

    def reader(database: Database) -> Reader:
        index = TranscriptIndex(path, formats, database)
        bodies = TranscriptBodies(index)
        checkpoints = SqlCheckpoints(database, bodies, index.refresh)
        return Reader(index, bodies, checkpoints, lambda: bodies, TranscriptFiles(index), index.close)

    what = "a folder of transcripts" if path.is_dir() else "a transcript"
    return foreign_store(str(path), Foreign(what, path, file_a_run=True), reader, in_memory=in_memory)
