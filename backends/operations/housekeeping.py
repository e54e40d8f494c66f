"""What each kind of database brings for operations on its runs: their lock, and how its pages are looked after."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from ...core.operations import Compacted
from ..sql.database import BY_HAND_S, Database

T = TypeVar("T")


class Housekeeping(Protocol):
    """Of one database. Thread-safe."""

    def lock(self) -> AbstractContextManager[None]:
        """The lock of all operations on its runs; Locked at once if somebody has it, and who."""
        ...

    def write(self, work: Callable[[Connection], T]) -> T:
        """Does something in one write transaction, also on a disk that is full."""
        ...

    def wipe(self) -> None:
        """Makes sure that what was deleted is in none of the database's files. StorageError."""
        ...

    def compact(self, *, preview: bool) -> Compacted:
        """Gives free pages back to the disk, where that pays; a preview only looks. StorageError."""
        ...

    def over(self) -> None:
        """At the end of an operation."""
        ...


def written(database: Database, work: Callable[[Connection], T]) -> T:
    """Does something in one write transaction, which waits as long as a person would."""
    with database.write(BY_HAND_S) as connection:
        return work(connection)
