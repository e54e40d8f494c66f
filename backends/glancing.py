"""A glance at a store before it is opened: another door beside `open.py`, which loads next to nothing."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..core.errors import FlightlogError
from .configuration.places import Place, is_configured, place_of, storage_in
from .journal.layout import DATABASE

if TYPE_CHECKING:
    from ..core.glance import Glance, LogEnd
    from .journal.layout import Layout


class _Kept(NamedTuple):
    database: Path
    files: "Layout | None" = None
    """The files of which it is an index; None where it is the store."""


def glance(
    place: str | os.PathLike[str] | None = None, *, config: str | os.PathLike[str] | None = None, limit: int
) -> "Glance | None":
    """The newest `limit` runs of a place as they were last taken in; arguments as of `open.open_store`.

    None where that is not to be had at once: of a server, of what belongs to others, of what was never read, of what
    somebody is just writing. Never raises a FlightlogError, for the opening does; changes nothing.
    """
    try:
        kept = _kept(place_of(place), config)
        if kept is None or not kept.database.exists():
            return None
    except (FlightlogError, OSError):
        return None
    from .sqlite.glance import glance as glance_at

    return glance_at(kept.database, limit, truth=kept.files is None)


def newest_log(
    place: str | os.PathLike[str] | None, run: str, *, config: str | os.PathLike[str] | None = None, limit: int
) -> "LogEnd":
    """The newest entries of the log of a run (its whole id), as its file ends; the rest as of `glance`.

    Nothing where there is no such file, or it has no plain end. Never raises a FlightlogError, for the opening does;
    changes nothing.
    """
    from ..core.glance import LogEnd

    try:
        kept = _kept(place_of(place), config)
        if kept is None or kept.files is None:
            return LogEnd()
        from .journal.log_entries import newest_entries

        return newest_entries(kept.files.journal(run), run, limit)
    except (FlightlogError, OSError):
        return LogEnd()


def _kept(where: Place, config: str | os.PathLike[str] | None) -> _Kept | None:
    """The database from which lists of a place are read."""
    if where.root is None or where.kind in ("postgres", "source"):
        return None
    if is_configured(where.root, config):
        return _configured(where, config)
    kind = storage_in(where.root) if where.kind == "directory" else where.kind
    if kind == "file":
        return _index(where.root)
    return _Kept(where.path or where.root / DATABASE)


def _configured(where: Place, config: str | os.PathLike[str] | None) -> _Kept | None:
    from .configuration.config_file import load_config
    from .configuration.effective_config import decided

    assert where.root is not None
    settings = decided(where, load_config(where.root, config), None)
    if settings.logs is None or settings.logs.type == "postgres" or settings.sources:
        return None
    path = Path(settings.logs.path)
    return _index(path.parent) if settings.logs.type == "file" else _Kept(path)


def _index(root: Path) -> _Kept:
    from .journal.layout import Layout

    layout = Layout(root)
    return _Kept(layout.index_db, layout)
