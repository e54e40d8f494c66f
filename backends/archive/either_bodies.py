"""Recorded bytes of runs wherever they are: asked of the store itself, and of the archive for what it has not."""

from collections.abc import Callable, Collection, Sequence

from ...core.errors import NotFound, ReadOnly
from ..sql.bodies import Bodies, Excerpt, Place
from .archived_bodies import NoArchive


class EitherBodies:
    """See `sql.bodies.Bodies`. Thread-safe. Of a run that is in both places the store's own bytes count.

    So what is asked about live runs costs nothing more; about archived ones, a question that finds nothing first.
    """

    def __init__(self, live: Bodies, archived: Bodies, is_archived: Callable[[str], bool]) -> None:
        """`is_archived` is asked where the archive may not be looked into."""
        self._live, self._archived, self._is_archived = live, archived, is_archived

    def line(self, run: str, seq: int) -> bytes:
        """One event's line, without its newline. NotFound, Corrupt."""
        try:
            return self._live.line(run, seq)
        except NotFound as error:
            try:
                return self._archived.line(run, seq)
            except NoArchive:
                raise error from None

    def lines(self, run: str, excerpt: Excerpt = Excerpt()) -> list[tuple[int, bytes]]:
        """`(seq, line)` by seq; see `Bodies.lines`."""
        missing: NotFound | None = None
        try:
            found = self._live.lines(run, excerpt)
            if found:
                return found
        except NotFound as error:
            missing = error
        try:
            return self._archived.lines(run, excerpt)
        except NoArchive:
            if missing:
                raise missing from None
            return []
        except ReadOnly:
            if missing or self._is_archived(run):
                raise
            return []  # of a live run that is all

    def picked(self, places: Sequence[Place]) -> dict[Place, bytes]:
        """The lines of single events by their places; see `Bodies.picked`."""
        found = self._live.picked(places)
        if len(found) < len(places):
            found |= self._archived.picked([place for place in places if place not in found])
        return found

    def values(self, run: str, digests: Collection[str]) -> dict[str, bytes]:
        """Whole state values by digest. NotFound, Corrupt."""
        try:
            return self._live.values(run, digests)
        except NotFound as error:
            try:
                return self._archived.values(run, digests)
            except NoArchive:
                raise error from None
