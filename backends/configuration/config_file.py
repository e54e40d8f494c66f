"""`flightlog.yaml`: read strictly, so that a mistake is one line that names the file, the key and what is allowed."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.config import DEFAULT_PATHS, SOURCE_TYPES, STORAGE_TYPES, Config, Source, Storage
from ...core.errors import ConfigError, StorageError
from ..journal import disk
from ..postgres.server_url import schema_of
from .places import CONFIG
from .policies import POLICIES, RETENTION, policies
from .postgres_url import postgres_url
from .values import Values
from .written import written_path

_OF_THE_DISK = {errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.ESTALE, errno.ENOMEM, errno.EMFILE, errno.ENFILE}
_KEYS = ("storage", "archive", "sources", *POLICIES)


def load_config(
    data_dir: Path, explicit: str | os.PathLike[str] | None = None, environ: Mapping[str, str] = os.environ
) -> Config:
    """The configuration of a data directory; ConfigError for any mistake in it, StorageError if the disk fails.

    It is read from `explicit`, else from the file that FLIGHTLOG_CONFIG names, else from
    `flightlog.yaml` in the data directory if there is one. Relative paths in it are relative to the
    data directory. `${NAME}` in a text is an environment variable; `$${NAME}` is itself.
    """
    named = os.fspath(explicit) if explicit else environ.get("FLIGHTLOG_CONFIG", "")
    path = written_path(named) if named else data_dir / CONFIG
    text = _text(path, wanted=bool(named))
    if text is None:
        return Config()
    found = _loaded(path, text)
    how = "named when it was opened" if explicit else "FLIGHTLOG_CONFIG" if named else "found in the data directory"
    return _config(Values(path, data_dir, environ), found, how)


def load_retention(file: str | os.PathLike[str], environ: Mapping[str, str] = os.environ) -> Config:
    """A file that says nothing but `retention` and what belongs to it, under the same keys; ConfigError."""
    path = written_path(file)
    return retention_in(_text(path, wanted=True) or "", path, path.parent, environ)


def retention_in(text: str, path: Path, data_dir: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """What a text says about retention, and nothing else; `path` is the file that mistakes are told of; ConfigError."""
    values, found = Values(path, data_dir, environ), _loaded(path, text)
    top = values.mapping(found if found is not None else {}, "", RETENTION)
    return Config(file=str(path), policies=policies(values, top))


def _loaded(path: Path, text: str) -> Any:
    from ..workflows.definition import load

    try:
        return load(text)
    except StorageError as error:
        raise ConfigError(error.what, where=path, advice=error.advice) from error


def _text(path: Path, *, wanted: bool) -> str | None:
    try:
        # Bounded: what is longer than any configuration is refused by the YAML check, not read whole.
        with path.open("rb") as file:
            return file.read(2_000_000).decode("utf-8-sig")
    except FileNotFoundError as error:
        if not wanted:
            return None
        advice = "name a file that exists"
        raise ConfigError("there is no such file", where=path, advice=advice) from error
    except OSError as error:
        raise unreadable(error, path) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8 text (byte {error.start})", where=path) from error


def unreadable(error: OSError, path: Path) -> StorageError | ConfigError:
    """What is said of a file that cannot be read: it was named wrongly, or the disk fails, which is no mistake."""
    if error.errno in _OF_THE_DISK:
        return disk.storage_error(error, path, "reading the configuration")
    return ConfigError(f"cannot be read: {error.strerror}", where=path)


def _config(values: Values, found: Any, how: str) -> Config:
    top = values.mapping(found if found is not None else {}, "", _KEYS)
    storage = values.mapping(top.get("storage", {}), "storage", DEFAULT_PATHS)
    kept: dict[str, Any] = {name: _storage(values, name, value) for name, value in storage.items()}
    archive = values.mapping(top.get("archive", {}), "archive", ["path"])
    given = values.typed(top.get("sources", []), "sources", list)
    config = Config(
        file=str(values.file),
        archive=values.path(archive["path"], "archive.path") if archive else None,
        sources=tuple(_source(values, number, value) for number, value in enumerate(given)),
        policies=policies(values, top),
        **kept,
    )
    keys = [f"storage.{name}" for name in kept] + [f"sources[{number}]" for number in range(len(given))]
    keys += [*config.policies, *(["archive"] if archive else [])]
    config.origins.update({key: values.origin(key) for key in keys} | {"config": how})
    return config


def _storage(values: Values, concern: str, value: Any) -> Storage:
    key = f"storage.{concern}"
    given = values.mapping(value, key, ["type", "path", "url"])
    kind = values.choice(given.get("type"), f"{key}.type", ("file",) if concern == "mirror" else STORAGE_TYPES)
    where = "url" if kind == "postgres" else "path"
    values.mapping(given, key, ["type", where], of=f"{key} with type {kind}")
    if kind == "postgres":
        url = postgres_url(values, given.get("url"), f"{key}.url")
        return Storage(type=kind, url=url, schema=schema_of(url))
    path = given.get("path", DEFAULT_PATHS[concern][kind])
    return Storage(type=kind, path=values.path(path, f"{key}.path"))


def _source(values: Values, number: int, value: Any) -> Source:
    key = f"sources[{number}]"
    given = values.mapping(value, key, ["type", "path"])
    kind = values.choice(given.get("type"), f"{key}.type", SOURCE_TYPES)
    return Source(type=kind, path=values.path(given.get("path"), f"{key}.path"))
