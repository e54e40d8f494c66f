"""What cannot be mixed: places of a configuration that lie in one another, or are not what they should be."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ...core.config import Config
from ...core.errors import ConfigError
from ..journal.layout import Layout, home_of


class _Place(NamedTuple):
    key: str
    path: Path
    is_folder: bool


def refuse_clashes(config: Config, root: Path) -> None:
    """ConfigError for the first two places that cannot be, with both keys, or for one that Flightlog uses itself."""
    homes = _homes(config, root)
    _refuse_mirror_of_itself(config, homes)
    places = list(_places(config))
    for number, place in enumerate(places):
        _refuse_kind(config, place)
        _refuse_ours(config, place, homes)
        for other in places[:number]:
            if place.path == other.path and (place.is_folder or other.is_folder):
                raise _error(config, f"is the place of {other.key} too", place, "give each a place of its own")
            for inner, outer in ((place, other), (other, place)):
                if outer.is_folder and outer.path in inner.path.parents:
                    raise _error(
                        config, f"lies in the place of {outer.key}, {outer.path}", inner, "let it lie beside it"
                    )


def _homes(config: Config, root: Path) -> set[Path]:
    """The folders in which Flightlog has files that nobody configures: the data directory, and that of the runs."""
    homes = {Path(os.path.abspath(root))}
    if config.logs and config.logs.path:
        runs = Path(config.logs.path)
        homes |= {home_of(runs)} if config.logs.type == "sqlite" else {runs.parent}
    return homes


def _refuse_ours(config: Config, place: _Place, homes: set[Path]) -> None:
    for home in homes:
        layout = Layout(home)
        if place.path == layout.index_db:
            raise _error(config, "the disposable index cannot hold what must be kept", place, "name another file")
        ours = {layout.spool, layout.trash, layout.quarantine, layout.index_db.parent}
        ours |= {layout.audit, layout.annotations, layout.bookmark, layout.config}
        if not config.archive:
            ours.add(layout.archive)
        for own in ours & {place.path, *place.path.parents}:
            raise _error(config, f"Flightlog itself uses {own.name} there", place, "take another name")


def _refuse_mirror_of_itself(config: Config, homes: set[Path]) -> None:
    if config.mirror and config.logs:
        mirror = Path(config.mirror.path)
        for home in homes:
            if mirror == home or mirror in home.parents:
                place = _Place("storage.mirror", mirror, True)
                raise _error(config, f"the data directory {home} lies there itself", place, "name a folder of its own")


def _places(config: Config) -> Iterator[_Place]:
    for concern in ("workflows", "logs", "metrics", "mirror"):
        storage = getattr(config, concern)
        if storage and storage.path:
            yield _Place(f"storage.{concern}", Path(storage.path), storage.type == "file")
    if config.archive:
        yield _Place("archive", Path(config.archive), True)


def _refuse_kind(config: Config, place: _Place) -> None:
    if place.key == "storage.mirror":
        return  # whatever becomes of a mirror, the store is opened
    is_file = is_dir = False
    with suppress(OSError):  # whoever needs what nobody may look at is told so
        is_file, is_dir = place.path.is_file(), place.path.is_dir()
    if place.is_folder and is_file:
        raise _error(config, "a file lies where a folder is wanted", place, "name a folder, or take type sqlite")
    if not place.is_folder and is_dir:
        raise _error(config, "a folder lies where a database is wanted", place, "name a file, or take type file")


def _error(config: Config, what: str, place: _Place, advice: str) -> ConfigError:
    where = f"{config.file}: {place.key}.path" if config.file else place.key
    return ConfigError(f"{what} ({place.path})" if config.file else what, where=where, advice=advice)
