"""Which configuration is in force at a place: what was written, and what decides where nothing was."""

import os
from pathlib import Path
from typing import get_args

import msgspec

from ...core.config import DEFAULT_PATHS, Config, LocalType, Storage
from ...core.errors import ConfigError
from ..journal.layout import DATABASE
from ..postgres.server_url import schema_of
from .clashes import refuse_clashes
from .config_file import load_config
from .places import Place, default_root_from, place_of, read_place, storage_in
from .policies import with_defaults

_HERE = "what lies in the data directory"
_ASKED = "the place that was named"
_LOGS = "as storage.logs"
_DEFAULT = "default"


def configuration(
    place: str | os.PathLike[str] | None = None,
    *,
    config: str | os.PathLike[str] | None = None,
    storage: LocalType | None = None,
) -> Config:
    """The configuration in force, with every concern decided and each origin told; ConfigError."""
    where = read_place(place_of(place), config)
    if where.root is None:
        return Config()
    if where.kind == "source":
        return Config(data=os.path.abspath(where.path or where.root), origins={"data": _ASKED})
    found = decided(where, load_config(where.root, config), storage)
    origins = found.origins | {"data": _ASKED if place else default_root_from()}
    policies = with_defaults(found.policies)
    return msgspec.structs.replace(found, data=os.path.abspath(where.root), origins=origins, policies=policies)


def decided(where: Place, config: Config, storage: LocalType | None) -> Config:
    """A configuration in which no concern is left open. `where` is a data directory or a store of ours."""
    assert where.root is not None
    root, origins = where.root, dict(config.origins)
    logs, mirror = config.logs, config.mirror
    if where.kind != "directory":
        named = _named(where)
        if logs != named and not (logs is None and not where.url and _default(root, "logs", named.type) == named):
            mirror = None  # it is of the runs that are configured, and these are others
        logs, origins["storage.logs"] = named, _ASKED
    elif logs is None:
        logs, origins["storage.logs"] = _found(root, storage)
    elif storage not in (None, logs.type):
        advice = f"open it without storage={storage!r}"
        raise ConfigError(f"storage.logs says {logs.type}", where=config.file, advice=advice)
    workflows, metrics = config.workflows, config.metrics
    if workflows is None:
        # Who names a server keeps everything there, for others have no part in this machine's folders.
        kept = logs if where.url else _default(root, "workflows", "file")
        workflows, origins["storage.workflows"] = kept, _LOGS if where.url else _DEFAULT
    if metrics is None:
        metrics, origins["storage.metrics"] = _beside(logs), _LOGS
    if logs.type == "file" and Path(logs.path).name != "runs":
        where_from = f"{config.file}: storage.logs.path"
        raise ConfigError("journals lie in a folder called runs", where=where_from, advice="let the path end in /runs")
    found = msgspec.structs.replace(
        config, logs=logs, workflows=workflows, metrics=metrics, mirror=mirror, origins=origins
    )
    refuse_clashes(found, root)
    return found


def _named(where: Place) -> Storage:
    assert where.root is not None
    if where.url:
        return Storage(type="postgres", url=where.url.secret, schema=schema_of(where.url.secret))
    if where.kind == "file":
        return Storage(type="file", path=os.path.abspath(where.root / "runs"))
    return Storage(type="sqlite", path=os.path.abspath(where.path or where.root / DATABASE))


def _found(root: Path, storage: LocalType | None) -> tuple[Storage, str]:
    found = storage_in(root)
    if storage not in (None, *get_args(LocalType)):
        advice = f"allowed are {' and '.join(get_args(LocalType))}; a server is opened by its URL"
        raise ConfigError(f"storage={storage!r} is no way to keep runs in a folder", where=root, advice=advice)
    if found and storage not in (None, found):
        advice = f"open it without storage={storage!r}"
        raise ConfigError(f"what lies here is kept as {found}", where=root, advice=advice)
    kind = found or storage or "sqlite"
    return _default(root, "logs", kind), _HERE if found else _ASKED if storage else _DEFAULT


def _beside(logs: Storage) -> Storage:
    """Where metrics are kept if nobody said: with the runs."""
    if logs.type == "file":
        return Storage(type="file", path=str(Path(logs.path).with_name("metrics")))
    return logs


def _default(root: Path, concern: str, kind: str) -> Storage:
    path = os.path.abspath(root / DEFAULT_PATHS[concern][kind])
    return Storage(type="file" if kind == "file" else "sqlite", path=path)
