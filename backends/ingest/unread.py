"""What the disk would not give for the time being: it is named as damage, and taken back once it could be read."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from ..sql import tables
from ..sql.projector import Projector

_AT_THE_MOMENT = " cannot be read: "


def of_journal(why: OSError) -> str:
    """What is named of a journal that the disk does not give."""
    return f"the journal{_AT_THE_MOMENT}{why.strerror}"


def of_folder(why: OSError) -> str:
    """What is named of a folder that the disk does not give."""
    return f"the folder{_AT_THE_MOMENT}{why.strerror}"


class Unread:
    """Which journals and folders those are. Use it inside `Database.write()`; not thread-safe."""

    def __init__(self, projector: Projector) -> None:
        self._projector = projector
        self._known: set[str] | None = None
        """Runs, and places of what is no run's; None where that is to be asked: once a process, if nothing happens."""

    def named(self) -> None:
        """To be called when there is one more."""
        self._known = None

    def taken_back(self, connection: Connection, read: Iterable[str]) -> None:
        """These runs, and folders by their places, could be read."""
        if self._known is None:
            self._known = set(connection.scalars(_UNREAD))
        if again := self._known.intersection(read):
            for one in sorted(again):
                self._projector.readable(connection, one, _LIKE)
            self._known = None  # or a transaction that is taken back would leave a name too few


_d = tables.damage.c
_LIKE = f"the %{_AT_THE_MOMENT}%"
_UNREAD = select(func.coalesce(_d.run, _d.place)).where(_d["offset"].is_(None), _d.what.like(_LIKE))
