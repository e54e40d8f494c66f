"""What is done with the old data after a move: on request they are put aside, by renaming alone."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ...core.clock import now
from ...core.config import Config
from ..journal.disk import make_folder, storage_error, sync_folder
from ..operations.reserve import of_database
from .ends import home_of

_CONCERNS = ("logs", "workflows", "metrics")
_ROOM = "all is moved, and in force where it is now; put the old data aside by hand, or leave them"


def put_aside(old: Config, new: Config) -> str:
    """Renames the old data into a folder `moved-…` beside them, and returns it, or several; empty if all of it lies on
    a server.

    What the new configuration keeps in its old place stays. StorageError.
    """
    assert old.logs
    kept = {os.path.realpath(path) for path in _files(new)}
    paths = [path for path in dict.fromkeys(_files(old)) if path.exists() and os.path.realpath(path) not in kept]
    name = f"moved-{now()[:19].replace('-', '').replace(':', '')}Z"
    # Beside itself each: versions may lie on another disk than runs, to which nothing can be renamed.
    folders = {path.parent: path.parent / name for path in paths}
    for home, folder in folders.items():
        try:
            make_folder(folder)
            for path in paths:
                if path.parent == home:
                    path.rename(folder / path.name)
            sync_folder(folder)
            sync_folder(home)
        except OSError as error:
            raise storage_error(error, folder, "putting the old data aside", room=_ROOM) from error
    if old.logs.type == "sqlite" and Path(old.logs.path) in paths:
        with suppress(OSError):  # it holds nothing, and what it was kept for is gone
            of_database(Path(old.logs.path)).path.unlink()
    return " and ".join(map(str, folders.values()))


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
