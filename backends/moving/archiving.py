"""What is done with the old data after a move: on request they are put aside, by renaming alone."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ...core.clock import now
from ...core.config import Config
from ...core.errors import StorageError
from ..journal.disk import make_folder, storage_error, sync_folder
from ..operations.reserve import of_database
from .ends import home_of

_CONCERNS = ("logs", "workflows", "metrics")
_ROOM = "all is moved, and in force where it is now; put the old data aside by hand, or leave them"


def folder_name() -> str:
    """The name of a folder in which old data are put aside: `moved-` and the time."""
    return f"moved-{now()[:19].replace('-', '').replace(':', '')}Z"


def old_data(old: Config, new: Config) -> list[Path]:
    """Files and folders, there or not, that hold what was moved; what the new configuration keeps in its old place is
    not among them.
    """
    kept = {os.path.realpath(path) for path in _files(new)}
    return [path for path in dict.fromkeys(_files(old)) if os.path.realpath(path) not in kept]


def put_aside(paths: Iterable[Path], name: str) -> str:
    """Renames what is there into a folder of that name beside it, and returns that, or several; empty if all of it lies
    on a server.

    Cut off, it is done again with the same name. StorageError.
    """
    # Beside itself each: versions may lie on another disk than runs, to which nothing can be renamed.
    folders = {path.parent: path.parent / name for path in paths}
    for home, folder in folders.items():
        try:
            for path in paths:
                if path.parent == home and path.exists():
                    make_folder(folder)
                    _rename(path, folder / path.name)
            if folder.exists():
                sync_folder(folder)
                sync_folder(home)
        except OSError as error:
            raise storage_error(error, folder, "putting the old data aside", room=_ROOM) from error
    for path in paths:
        with suppress(OSError):  # it holds nothing, and what it was kept for is gone
            of_database(path).path.unlink()
    return " and ".join(str(folder) for folder in folders.values() if folder.exists())


def take_away_empty(paths: Iterable[Path], name: str) -> None:
    """Takes away the folders of that name into which nothing was put: who was to do that was killed before."""
    for folder in {path.parent / name for path in paths}:
        with suppress(OSError):  # it is not there, or holds something
            folder.rmdir()


def _rename(path: Path, to: Path) -> None:
    if os.path.lexists(to):
        # Made anew since the first of that name was put aside: it would take the place of that.
        raise StorageError("old data of that name were put aside before", where=to, advice="look at both by hand")
    path.rename(to)


def _files(config: Config) -> Iterator[Path]:
    """Files and folders that hold what is kept by a configuration."""
    for concern in _CONCERNS:
        kept = getattr(config, concern)
        path = Path(kept.path)
        if kept.type == "sqlite":
            yield from (path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm"))
        elif kept.type == "file":
            yield path
    assert config.logs
    home = home_of(config.logs)
    if config.logs.type != "postgres":
        yield home / ("annotations.jsonl" if config.logs.type == "file" else "spool")
