"""What looking after a store finds, and what it comes to."""

from typing import Literal

import msgspec


class Dropped(msgspec.Struct, kw_only=True, frozen=True):
    """What became of a run's states that were not kept."""

    values: int
    """How many values are gone."""
    size_bytes: int
    """Bytes that their records took."""


class Removal(msgspec.Struct, kw_only=True, frozen=True):
    """What another program is going to remove of its own data, by a rule of its own."""

    by: str
    """What people call the program: `Claude Code`."""
    rule: str
    """When it does, as a clause: `after 30 days in which nothing was written`."""
    first: str
    """When the first may go; if that is past, at any moment."""
    runs: int
    size_bytes: int


class Finding(msgspec.Struct, kw_only=True, frozen=True):
    """Something that `check` found: what, where, and what to do."""

    severity: Literal["note", "warning", "error"]
    kind: str
    """Short name: `torn-line`, `damaged-line`, `lost-run`, `old-sqlite`, `permissions` …"""
    what: str
    where: str
    advice: str = ""
    run: str | None = None
    repair: str = ""
    """What `UpkeepRepository.repair` would do, `sets the bytes aside`; empty where that is for a person to do."""
