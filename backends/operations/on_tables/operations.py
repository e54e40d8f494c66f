"""Operations on the runs of a database, put together."""

from collections.abc import Iterator, Sequence

from ....core.copies import Original
from ....core.errors import NotSupported
from ....core.operations import Chosen, Done, Order
from ...journal.disk import make_folder
from ...journal.layout import Layout
from ..engine import Operations, Passing
from .housekeeping import Writes
from .record import TableRecord
from .shelf import TableShelf
from .workplace import Workplace


def operations_on(place: Workplace, passing: Passing, *, shared: bool) -> Operations:
    """What was cut off is settled at once, where the store may be changed. `shared`: other machines use it too."""
    writes = Writes(place.keeping)
    record = TableRecord(place.database, writes, place.keeping.lock)
    found = _TableOperations(record, TableShelf(place, writes), passing)
    found.layout, found.shared = place.layout, shared
    if not place.database.read_only:
        found.recover()
    return found


class _TableOperations(Operations):
    """Archives lie in a folder, which a database on a server does not have by itself."""

    layout: Layout
    shared: bool

    def archive(self, order: Order, chosen: Sequence[Chosen], originals: Sequence[Original] = ()) -> Iterator[Done]:
        """NotSupported where there is no such folder, or it cannot be made."""
        if self.shared and self.layout.archive_at is None:
            raise NotSupported(
                "a database on a server has no place of its own for archives",
                advice="open it by a data directory, and write `archive: {path: FOLDER}` into its flightlog.yaml:"
                " a folder that everybody who uses the database reaches",
            )
        with self._passing():  # nothing is made in a store that is only read
            try:
                make_folder(self.layout.archive)
            except OSError as error:
                what = f"the folder of the archive cannot be made: {error.strerror}"
                advice = "write `archive: {path: FOLDER}` into flightlog.yaml, with one that can be reached"
                raise NotSupported(what, where=self.layout.archive, advice=advice) from error
        return super().archive(order, chosen, originals)
