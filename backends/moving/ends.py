"""The two ends of a move: stores opened for it alone, without mirror and sources, and what is configured there."""

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ...core.config import Config, Storage
from ...core.errors import ConfigError, NotSupported, ReadOnly
from ...core.store import Store
from ..configuration.config_file import load_config
from ..configuration.effective_config import decided
from ..configuration.places import Place, is_among_foreign, place_of, read_place
from ..journal import layout
from ..open import open_alone, truth_of
from ..postgres.server_url import ServerUrl, spool_folder
from ..replay.truth import Truth
from ..sources.open_source import source_at


class End(NamedTuple):
    """One end of a move."""

    store: Store
    truth: Truth
    where: Place
    config: Config | None
    """What is in force there, every concern decided; None for a source."""

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.store.name

    @property
    def place(self) -> str:
        """Where its runs lie, as a place is named, without a server's credentials: `sqlite:/data/flightlog.db`."""
        logs = self.config.logs if self.config else None
        if logs is None or logs.type == "postgres":
            return logs.shown if logs else self.name
        return f"{logs.type}:{Path(logs.path).parent if logs.type == 'file' else logs.path}"

    def close(self) -> None:
        """Closes the store."""
        self.store.close()


def source_end(place: str | os.PathLike[str] | None, config: str | os.PathLike[str] | None = None) -> End:
    """What is moved, opened so that nothing is written where it lies. StorageError, ConfigError.

    Journals that wait in its spool are shipped before, and an operation that was cut off is settled, as at every
    opening.
    """
    where = read_place(known_place(place), config)
    if where.kind == "source":
        return _foreign(where)
    settings = settings_of(where, config)
    if settings.logs and settings.logs.type != "file" and any((home_of(settings.logs) / "spool").glob("*.jsonl")):
        with open_alone(where, settings, read_only=False, create=False) as store:
            truth_of(store).refresh()
    end = _end(where, settings, read_only=True, create=False)
    if end.truth.record is None or not end.truth.record.may_be_cut():
        return end
    end.close()
    with suppress(ReadOnly), open_alone(where, settings, read_only=False, create=False) as store:
        truth_of(store).refresh()
    return _end(where, settings, read_only=True, create=False)


def target_end(place: str | os.PathLike[str], settings: Config | None = None) -> End:
    """Where it is carried to; made if it is not there. ConfigError, also for a place that cannot be written.

    `settings` are in force there; None means what is configured.
    """
    where = known_place(place)
    if is_among_foreign(where):
        raise NotSupported(
            "a source is only read", where=where.path or where.root, advice="name a data directory or a database"
        )
    return _end(where, settings or settings_of(where), read_only=False, create=True)


def known_place(place: str | os.PathLike[str] | None) -> Place:
    """The place that a text names; ConfigError for memory, and for an empty text, which would mean the default."""
    if place is not None and not os.fspath(place):
        raise ConfigError("no place is named", advice="name a data directory, a database or a URL")
    where = place_of(place)
    if where.root is None:
        raise ConfigError("what is in memory goes with its program", where=str(place), advice="name a file or a folder")
    return where


def settings_of(where: Place, config: str | os.PathLike[str] | None = None) -> Config:
    """What is in force at a place of ours, every concern decided. ConfigError."""
    assert where.root is not None
    return decided(where, load_config(where.root, config), None)


def home_of(logs: Storage) -> Path:
    """The folder in which the journals of a store lie, or its spool."""
    if logs.type == "postgres":
        return spool_folder(ServerUrl(logs.url))
    return layout.home_of(Path(logs.path)) if logs.type == "sqlite" else Path(logs.path).parent


def is_one_place(one: Config | None, other: Config | None, concern: str) -> bool:
    """Whether both keep a concern in the same place."""
    ours, theirs = (getattr(config, concern) if config else None for config in (one, other))
    return ours is not None and theirs is not None and _identity(ours) == _identity(theirs)


def _identity(kept: Storage) -> tuple[str, str]:
    return kept.type, kept.url or os.path.realpath(kept.path)


def _end(where: Place, settings: Config, *, read_only: bool, create: bool) -> End:
    store = open_alone(where, settings, read_only=read_only, create=create)
    try:
        return End(store, truth_of(store), where, settings)
    except BaseException:
        store.close()
        raise


def _foreign(where: Place) -> End:
    assert where.path
    store = source_at(where.path)
    try:
        from ..sources.truth import truth_of_source

        return End(store, truth_of_source(store), where, None)
    except BaseException:
        store.close()
        raise
