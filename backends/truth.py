"""What a store holds that cannot be derived, whatever keeps it: what replay carries."""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import select

from ..core.annotations import Annotation, AnyAnnotation, decode
from .annotation_writers import FileAnnotations, TableAnnotations
from .journal import annotations
from .journal.layout import Layout
from .journal.reader import Broken
from .sql import tables
from .sql.bodies import Bodies
from .sql.database import Database


class Truth(NamedTuple):
    """Events, values and annotations of one store; new ones are written as journals of `layout`."""

    layout: Layout
    database: Database
    bodies: Bodies
    refresh: Callable[[], None]
    annotations: Callable[[], list[AnyAnnotation]]
    annotate: Callable[[Annotation], None]

    def runs(self) -> list[str]:
        """Ids of all runs, oldest first."""
        with self.database.read() as connection:
            return list(connection.scalars(select(tables.runs.c.id).order_by(tables.runs.c.id)))

    def last_seq(self, run: str) -> int:
        """Number of the newest event of a run that is known; 0 if it has none."""
        newest = self.bodies.lines(run, newest=True, limit=1)
        return newest[0][0] if newest else 0


def of_files(layout: Layout, database: Database, bodies: Bodies, refresh: Callable[[], None]) -> Truth:
    """The truth of a data directory."""

    def read() -> list[AnyAnnotation]:
        found = (line.annotation for line in annotations.read(layout.annotations))
        return [annotation for annotation in found if annotation is not None and not isinstance(annotation, Broken)]

    return Truth(layout, database, bodies, refresh, read, FileAnnotations(layout).annotate)


def of_database(
    layout: Layout, database: Database, bodies: Bodies, refresh: Callable[[], None], notes: TableAnnotations
) -> Truth:
    """The truth of an SQL store."""

    def read() -> list[AnyAnnotation]:
        with database.read() as connection:
            lines = connection.scalars(select(tables.annotations.c.line).order_by(tables.annotations.c.id))
            return [decode(bytes(line)) for line in lines]

    return Truth(layout, database, bodies, refresh, read, notes.annotate)
