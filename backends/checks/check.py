"""What a check is, and how it tells what it found."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...core.upkeep import Finding

if TYPE_CHECKING:
    from ..ingest.refresh import Refresh

Check = Callable[[], Iterator[Finding]]
"""Looks when it is gone through."""


def can_be_read(refresh: "Refresh", root: Path) -> Check:
    """Whether the store can be brought up to date at all."""

    def check() -> Iterator[Finding]:
        refresh()
        if refresh.problem:
            what = f"what is shown is old, for what is new cannot be read: {refresh.problem}"
            yield finding("old", what, root)

    return check


def finding(
    kind: str,
    what: str,
    path: Path,
    *,
    severity: Literal["note", "warning", "error"] = "warning",
    run: str | None = None,
    advice: str = "",
) -> Finding:
    """What was found of a file or folder."""
    return Finding(severity=severity, kind=kind, what=what, where=str(path), advice=advice, run=run)
