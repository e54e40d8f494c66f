"""Archive, restore, delete, undo and compact in place 4: of what is marked, or of what is under the cursor."""

from collections.abc import Iterator

from ...core.choosing import Doing
from ...core.operations import Compacted, Done, new_order
from ...core.signing import who
from .. import format
from ..glyphs import Glyphs
from ..hinting import may_change
from ..loading import ask_in_thread
from ..operations.operations import Work
from ..space.targets import targets_of
from ..widgets.space_list import names
from .place import PlaceScreen
from .prompt import Confirm
from .run_operations import begin_work, operate, undo
from .space_marking import SpaceMarking


class SpaceOperations(SpaceMarking, PlaceScreen):
    """The operations of the screen of place 4."""

    shows_preview = True

    def action_archive(self) -> None:
        self._operate("archive")

    def action_restore(self) -> None:
        self._operate("restore")

    def action_delete(self) -> None:
        self._operate("trash")

    def action_undo(self) -> None:
        undo(self, self.store)

    def _operate(self, doing: Doing) -> None:
        page, current = self.list.page, self.list.current
        nodes = self.list.marked or ([current] if current is not None else [])
        targets = targets_of(nodes, names(page)) if page is not None else None
        if targets is None:
            self.app.notify("choose a workflow or a run", severity="warning", markup=False)
        elif may_change(self, self.store):
            operate(self, self.store, doing, targets, then=self.unmark)

    def action_compact(self) -> None:
        """Asks whether free pages are to be given back to the disk, and does it."""
        if may_change(self, self.store):
            ask_in_thread(self, self.store.upkeep.compact, self._asked)

    def _asked(self, found: Compacted) -> None:
        if found.after_bytes >= found.before_bytes:
            self.app.notify("compacting would give nothing back", markup=False)
        else:
            self.run_worker(self._confirm_compact(found))

    async def _confirm_compact(self, found: Compacted) -> None:
        less, room = format.size(found.before_bytes - found.after_bytes), format.size(found.room_bytes)
        more = f"It needs {room} of room on the disk meanwhile; nobody can write until it is done."
        if await self.app.push_screen_wait(Confirm(f"Compact the database: {less} come back?", more)):
            store, order = self.store, new_order(by=who(), why="flightlog compact --yes")

            def compact() -> Iterator[Done]:
                done = store.upkeep.compact(order)
                yield Done(run="", outcome="done", before_bytes=done.before_bytes, after_bytes=done.after_bytes)

            begin_work(self, Work("compacting", "compacted", 1, compact, words=("compact", "--yes"), stops=True))


def marked(count: int, size_bytes: int, glyphs: Glyphs) -> str:
    """How much is marked."""
    return f"{glyphs.mark} {count:,} marked, {format.size(size_bytes)}"
