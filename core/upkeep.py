"""What looking after a store finds."""

from typing import Literal

import msgspec


class Finding(msgspec.Struct, kw_only=True, frozen=True):
    """Something that `check` found: what, where, and what to do."""

    severity: Literal["note", "warning", "error"]
    kind: str
    """Short name: `torn-line`, `damaged-line`, `lost-run`, `old-sqlite`, `permissions` …"""
    what: str
    where: str
    advice: str = ""
    run: str | None = None
