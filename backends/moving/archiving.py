"""What is done with the old data after a move: on request they are put aside, by renaming alone."""

import os
from collections.abc import Iterator
from pathlib import Path

from ...core.clock import now
from ...core.config import Config
from ..journal.disk import make_folder, storage_error, sync_folder
from .ends import home_of

_CONCERNS = ("logs", "workflows", "metrics")


def put_aside(old: Config, new: Config) -> str:
    """Renames the old data into a folder `moved-…` beside them, and returns it; empty if they lie on a server.

    What the new configuration keeps in its old place stays. StorageError.
    """
    assert old.logs
    assert new.logs
    home = home_of(old.logs)
    kept = {os.path.realpath(path) for path in _files(new)}
    paths = [path for path in dict.fromkeys(_files(old)) if path.exists() and os.path.realpath(path) not in kept]
    if not paths:
        return ""
    folder = home / f"moved-{now()[:19].replace('-', '').replace(':', '')}Z"
    try:
        make_folder(folder)
        for path in paths:
            path.rename(folder / path.name)
        sync_folder(folder)
        sync_folder(home)
    except OSError as error:
        raise storage_error(error, folder, "putting the old data aside") from error
    return str(folder)


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
