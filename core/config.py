"""What a store is configured to do, and where each setting came from."""

from typing import Any, Literal

import msgspec

StorageType = Literal["file", "sqlite"]

STORAGE_TYPES: tuple[StorageType, ...] = ("file", "sqlite")
SOURCE_TYPES = ("langgraph",)

DEFAULT_PATHS: dict[str, dict[str, str]] = {
    "workflows": {"file": "workflows", "sqlite": "flightlog.db"},
    "logs": {"file": "runs", "sqlite": "flightlog.db"},
    "metrics": {"file": "metrics", "sqlite": "flightlog.db"},
    "mirror": {"file": "mirror", "sqlite": "mirror.db"},
}
"""Concern → storage type → path in the data directory, where none is given."""


class Storage(msgspec.Struct, kw_only=True, frozen=True):
    """Where one concern is kept."""

    type: StorageType
    path: str
    """Absolute."""


class Source(msgspec.Struct, kw_only=True, frozen=True):
    """Somebody else's data that is read in place."""

    type: str
    path: str
    """Absolute."""


class Config(msgspec.Struct, kw_only=True, frozen=True):
    """A configuration. None, or empty, is what nobody set."""

    file: str = ""
    """The file that was read; empty if there is none."""
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
    """Key of a setting (`storage.logs`) → where it came from (the file's path)."""

    def rows(self) -> list[tuple[str, Any, str]]:
        """Each setting that is in force: its key, its value, where it came from."""
        found: list[tuple[str, Any, str]] = []
        for concern in DEFAULT_PATHS:
            storage: Storage | None = getattr(self, concern)
            if storage:
                key = f"storage.{concern}"
                found += [
                    (f"{key}.type", storage.type, self._origin(key)),
                    (f"{key}.path", storage.path, self._origin(key)),
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
