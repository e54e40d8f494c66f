"""What each kind of database brings for operations on its runs: their lock, and how its pages are looked after."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from ....core.operations import Compacted
from ...sql.database import BY_HAND_S, Database

T = TypeVar("T")

_MANY = 100


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


class Writes:
    """The write transactions of operations. What can wait is written with the next one, so that most runs cost one
    transaction, and one sync. For one thread, under the lock of operations.
    """

    def __init__(self, keeping: Housekeeping) -> None:
        self._keeping = keeping
        self._waiting: list[Callable[[Connection], None]] = []

    def __call__(self, work: Callable[[Connection], T]) -> T:
        """Does what waits and then this, in one transaction. If that fails, what waits waits on."""
        waiting = tuple(self._waiting)

        def all_of_it(connection: Connection) -> T:
            for one in waiting:
                one(connection)
            return work(connection)

        found = self._keeping.write(all_of_it)
        del self._waiting[: len(waiting)]
        return found

    def later(self, work: Callable[[Connection], None]) -> None:
        """Does this with the next transaction, which comes soon."""
        self._waiting.append(work)
        if len(self._waiting) >= _MANY:
            self(lambda connection: None)

    def alone(self, work: Callable[[Connection], T]) -> T:
        """Does this in a transaction of its own; for any thread, without the lock."""
        return self._keeping.write(work)

    def forget(self) -> None:
        """Whatever waits was of somebody who failed: it is settled anew."""
        self._waiting.clear()


def written(database: Database, work: Callable[[Connection], T]) -> T:
    """Does something in one write transaction, which waits as long as a person would."""
    with database.write(BY_HAND_S) as connection:
        return work(connection)
