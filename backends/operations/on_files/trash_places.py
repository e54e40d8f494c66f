"""Where runs lie in the trash of a data directory: `trash/<operation>/`, with a run's files as they were.

The journal of a run, or its archive, is its head: where that lies, there is the run.
"""

from contextlib import AbstractContextManager
from pathlib import Path

from ....core.errors import StorageError
from ....core.ids import check_run_id, is_ulid
from ...journal.layout import ARCHIVE_SUFFIX, JOURNAL_SUFFIX, Layout
from .. import folders


class TrashPlaces:
    """The places of one data directory's trash."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def folder(self, operation: str) -> Path:
        """Where an operation has put runs. StorageError if it can be no operation's."""
        if not is_ulid(operation):
            raise StorageError(f"{operation[:60]!r} is no id of an operation", where=self.layout.trash)
        return self.layout.trash / operation

    def opened(self, folder: str | Path) -> AbstractContextManager[int]:
        """A descriptor of an operation's folder, or of any by its path. OSError, StorageError."""
        return folders.opened(self.layout.root, self.folder(folder) if isinstance(folder, str) else folder)

    def home(self, run: str, archived: bool) -> tuple[Path, str]:
        """Where a run lies that is not in the trash, and the file by which it is there."""
        path = self.layout.archived(run) if archived else self.layout.journal(run)
        return path.parent, path.name

    def head(self, trash: int, run: str) -> tuple[str, bool]:
        """The file by which a run is in the trash, and whether it is an archive; empty if it is not there."""
        check_run_id(run)
        for name, archived in zip(_heads(run), (False, True), strict=True):
            if folders.is_there(trash, name):
                return name, archived
        return "", False

    def beside(self, run: str) -> tuple[str, ...]:
        """The files beside a journal."""
        return self.layout.states(run).name, self.layout.torn(run).name

    def names(self, run: str) -> tuple[str, ...]:
        """All files that may lie there of a run, its head first."""
        return *_heads(run), *self.beside(run)

    def has(self, operation: str, run: str) -> bool:
        """Whether a run lies in the trash of an operation. OSError."""
        try:
            with self.opened(operation) as trash:
                return bool(self.head(trash, run)[0])
        except FileNotFoundError:
            return False

    def has_anywhere(self, run: str) -> bool:
        """Whether a run is there, whatever operation put it there. Costs a look for each operation in the trash."""
        return any(next(self.layout.trash.glob(f"*/{name}"), None) for name in _heads(run))


def _heads(run: str) -> tuple[str, str]:
    return f"{run}{JOURNAL_SUFFIX}", f"{run}{ARCHIVE_SUFFIX}"
