"""What a move came to, noted before the configuration is switched to the new place.

Who was killed after that, and gives the same command again, is told by it what he would have been told, and what
the kill has left is finished.
"""

import os
from pathlib import Path

import msgspec

from ...core.clock import now
from ...core.config import Config, Storage
from ...core.moving import Move
from ..configuration.beside import write_beside
from ..journal.disk import make_folder, storage_error
from .archiving import folder_name, old_data, put_aside, take_away_empty

_ROOM = "free some space and do it again: the configuration is as it was, and what was carried is not carried twice"


class Moved(msgspec.Struct, kw_only=True, frozen=True):
    """The last move of a store."""

    t: str
    to: str
    """Where its runs lie since; without a server's credentials."""
    old: tuple[str, ...]
    """Files and folders that hold the old data."""
    folder: str
    """The name of the folder in which they are put aside, on request."""
    move: Move

    def told(self, file: str, *, archive: bool) -> Move:
        """What came of it; `file` is the configuration that was switched, and `archive` puts the old data aside.
        StorageError.
        """
        aside = put_aside([Path(path) for path in self.old], self.folder) if archive else ""
        return msgspec.structs.replace(self.move, switched=file, archived=aside)


def moved_by(move: Move, old: Config, new: Config) -> Moved:
    """What is to be noted of a move from one configuration to another."""
    assert new.logs
    left = tuple(map(str, old_data(old, new)))
    return Moved(t=now(), to=_called(new.logs), old=left, folder=folder_name(), move=move)


def last_move(root: Path, logs: Storage | None) -> Moved | None:
    """The last move of what lay in a folder, if it was to this place; None if nothing is known of one."""
    found = _noted(root)
    return found if found and logs and found.to == _called(logs) else None


def note(root: Path, moved: Moved) -> None:
    """Notes a move that is about to be made, in the place of the one before, of which no empty folder is left.
    StorageError.
    """
    file, before = _file(root), _noted(root)
    if before is not None:
        take_away_empty(map(Path, before.old), before.folder)
    try:
        make_folder(file.parent)
        text = msgspec.json.encode(moved).decode() + "\n"
        os.replace(write_beside(file, text, "noting the move", _ROOM), file)
    except OSError as error:
        raise storage_error(error, file, "noting the move", room=_ROOM) from error


def _noted(root: Path) -> Moved | None:
    try:
        return msgspec.json.decode(_file(root).read_bytes(), type=Moved)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _file(root: Path) -> Path:
    return root / ".flightlog" / "moved.json"


def _called(logs: Storage) -> str:
    return f"{logs.type}:{logs.shown}"
