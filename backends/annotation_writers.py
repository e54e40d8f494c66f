"""Where annotations are kept: the one writer for each kind of store (see `sql.adding.Annotating`)."""

from sqlalchemy import insert

from ..core.annotations import Annotation, encode
from .journal import annotations
from .journal.layout import Layout
from .sql import tables
from .sql.database import BY_HAND_S, Database
from .sql.projector import Projector


class FileAnnotations:
    """Appends to the annotations file of a data directory. Thread-safe; StorageError, Locked, ReadOnly."""

    def __init__(self, layout: Layout) -> None:
        self._path = layout.annotations

    def annotate(self, annotation: Annotation) -> None:
        """Appends it; the index takes it in at the next read."""
        annotations.append(self._path, annotation)


class TableAnnotations:
    """Adds to an SQL store, to its truth and its query tables in one transaction. Thread-safe; StorageError, Locked,
    ReadOnly.
    """

    def __init__(self, database: Database, projector: Projector) -> None:
        self._database, self._projector = database, projector

    def annotate(self, annotation: Annotation) -> None:
        """Adds it, and what follows from it."""
        with self._database.write(BY_HAND_S) as connection:
            connection.execute(insert(tables.annotations), {"run": annotation.run, "line": encode(annotation)})
            self._projector.annotate(connection, annotation)
