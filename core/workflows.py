"""Workflows: named definitions of work, as immutable numbered versions with their lineage."""

import hashlib

import msgspec

from .costs import Money, Tokens
from .events import Json


class Deletion(msgspec.Struct, kw_only=True, frozen=True):
    """When a version was deleted, by whom, and why."""

    t: str
    by: str = ""
    note: str = ""


class Version(msgspec.Struct, kw_only=True, frozen=True):
    """One immutable definition. `definition` is the YAML text byte for byte as it was given."""

    workflow: str
    number: int
    digest: str
    parents: tuple[int, ...] = ()
    author: str = ""
    note: str = ""
    created: str = ""
    definition: str = ""
    meta: dict[str, Json] = {}
    damaged: str = ""
    """Why the version cannot be trusted (edited by hand, unreadable); empty if it can."""
    deleted: Deletion | None = None
    """Set on a tombstone: what is left of a version that was deleted, without its text, author and note."""


class Workflow(msgspec.Struct, kw_only=True, frozen=True):
    """A workflow by its id: how many versions are kept and how many runs were recorded."""

    id: str
    versions: int
    latest: int | None
    runs: int = 0
    running: int = 0
    last_event: str | None = None


class Outcome(msgspec.Struct, kw_only=True, frozen=True):
    """What the finished runs of a version came to (a summary)."""

    workflow: str
    version: int | None
    runs: int
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    p50_s: float | None = None
    p95_s: float | None = None
    tokens: Tokens = Tokens()
    money: Money = Money()

    @property
    def success(self) -> float | None:
        """Completed over finished runs; None when none has finished."""
        return self.completed / self.runs if self.runs else None


def digest_of(definition: str) -> str:
    """Digest of a definition: `sha256:` and the hexadecimal SHA-256 of its UTF-8 bytes."""
    return "sha256:" + hashlib.sha256(definition.encode("utf-8", "surrogatepass")).hexdigest()
