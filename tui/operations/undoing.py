"""Whether there is something to be taken back, which the bottom line tells; read in a thread, once a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.screen import Screen

    from ...core.operations import Operation
    from ...core.pages import Page
    from ...core.store import Store

AT_ONCE = 100
"""So many operations are read with one question."""


def newest_reversible(store: Store) -> Operation | None:
    """The newest operation that can be taken back; None if there is none. To be called in a thread."""
    from ...core.pages import each

    def operations(after: str | None) -> Page[Operation]:
        return store.upkeep.operations(limit=AT_ONCE, after=after)

    return next((one for one in each(operations) if one.reversible), None)


def can_undo(screen: Screen[Any], store: Store) -> bool:
    """Whether an operation could be taken back when that was last looked at."""
    from .operations import operations_of

    found = operations_of(screen)
    return found is not None and found.reversible(lambda: newest_reversible(store) is not None)
