"""The space of each kind of store."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ...core.space import Kind
from ..journal.layout import Layout
from ..operations.reserve import of_database as reserve_of_database
from ..operations.reserve import of_index as reserve_of_index
from ..sql.database import Database
from .engines import Engine, files_of, of_sqlite
from .file_parts import FileParts
from .inside_runs import InsideRuns
from .run_bytes import in_journals, in_tables
from .store_space import StoreSpace


def of_files(layout: Layout, database: Database, refresh: Callable[[], None], index: Path | None) -> StoreSpace:
    """Runs in journals; `index` is the file of the database beside them, None if it is in memory."""
    parts: dict[Kind, list[Path]] = {
        "versions": [layout.workflows],
        "annotations": [layout.annotations],
        "metrics": [layout.root / "metrics"],
        "trash": [layout.trash],
        "reserve": [reserve_of_index(layout.index_db).path],
    }
    if index != layout.index_db:
        parts["writers-index"] = list(files_of(layout.index_db))
    known = [layout.runs, layout.archive, *(files_of(index) if index else ())]
    return StoreSpace(
        database,
        refresh,
        files=FileParts(layout.root, parts, known),
        engine=of_sqlite(index),
        inside=InsideRuns(in_journals(layout)),
        index=True,
    )


def of_database(
    layout: Layout, database: Database, refresh: Callable[[], None], engine: Engine, files: Sequence[Path]
) -> StoreSpace:
    """Runs in the tables of a database, which takes these files; a spool beside it."""
    parts: dict[Kind, list[Path]] = {"versions": [layout.workflows], "spool": [layout.spool]}
    if files:
        parts["reserve"] = [reserve_of_database(files[0]).path]
    return StoreSpace(
        database,
        refresh,
        files=FileParts(layout.root, parts, [layout.archive, *files]),
        engine=engine,
        inside=InsideRuns(in_tables),
        index=False,
    )
