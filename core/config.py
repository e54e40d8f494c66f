"""What a store is configured to do, and where each setting came from."""

from typing import Any, Literal, get_args

import msgspec

from .text import masked

LocalType = Literal["file", "sqlite"]
"""How a data directory keeps its runs."""
StorageType = Literal["file", "sqlite", "postgres"]

STORAGE_TYPES: tuple[StorageType, ...] = get_args(StorageType)
SOURCE_TYPES = ("langgraph", "transcripts")

DEFAULT_PATHS: dict[str, dict[str, str]] = {
    "workflows": {"file": "workflows", "sqlite": "flightlog.db"},
    "logs": {"file": "runs", "sqlite": "flightlog.db"},
    "metrics": {"file": "metrics", "sqlite": "flightlog.db"},
    "mirror": {"file": "mirror"},
}
"""Concern → storage type → path in the data directory, where none is given."""


class Storage(msgspec.Struct, kw_only=True, frozen=True):
    """Where one concern is kept: at a path, or at the URL of a server."""

    type: StorageType
    path: str = ""
    """Absolute; empty for a server."""
    url: str = ""
    """With its credentials: it is shown as `shown` says."""
    schema: str = ""
    """The one that the URL asks for; empty if none is."""

    @property
    def shown(self) -> str:
        """The path, or the URL without its credentials, and the schema that it asks for."""
        return (masked(self.url) or self.path) + (f", schema {self.schema}" if self.schema else "")

    def __repr__(self) -> str:
        return f"Storage({self.type}: {self.shown})"


class Source(msgspec.Struct, kw_only=True, frozen=True):
    """Somebody else's data that is read in place."""

    type: str
    path: str
    """Absolute."""


class Config(msgspec.Struct, kw_only=True, frozen=True):
    """A configuration. None, or empty, is what nobody set."""

    file: str = ""
    """The file that was read; empty if there is none."""
    data: str = ""
    """The data directory, absolute, where it is decided."""
    workflows: Storage | None = None
    logs: Storage | None = None
    metrics: Storage | None = None
    mirror: Storage | None = None
    archive: str | None = None
    """Folder of the archive, absolute."""
    sources: tuple[Source, ...] = ()
    policies: dict[str, Any] = {}
    """`budgets`, `retention` and what belongs to them, as given."""
    origins: dict[str, str] = {}
    """Key of a setting (`storage.logs`) → where it came from (the file's path, say)."""

    def rows(self) -> list[tuple[str, Any, str]]:
        """Each setting that is in force: its key, its value as it may be shown, where it came from."""
        found: list[tuple[str, Any, str]] = []
        for key, value in (("data", self.data), ("config", self.file)):
            if value:
                found.append((key, value, self._origin(key)))
        for concern in DEFAULT_PATHS:
            storage: Storage | None = getattr(self, concern)
            if storage:
                key = f"storage.{concern}"
                where = "url" if storage.url else "path"
                found += [
                    (f"{key}.type", storage.type, self._origin(key)),
                    (f"{key}.{where}", storage.shown, self._origin(key)),
                ]
        if self.archive:
            found.append(("archive.path", self.archive, self._origin("archive")))
        for number, source in enumerate(self.sources):
            key = f"sources[{number}]"
            found += [(f"{key}.type", source.type, self._origin(key)), (f"{key}.path", source.path, self._origin(key))]
        found += [(key, value, self._origin(key)) for key, value in self.policies.items()]
        return found

    def _origin(self, key: str) -> str:
        return self.origins.get(key, "default")
