"""Whether there is something to be taken back, which the bottom line tells; read in a thread, once a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.screen import Screen

    from ...core.store import Store


def can_undo(screen: Screen[Any], store: Store) -> bool:
    """Whether an operation could be taken back when that was last looked at."""
    from ...core.undoing import newest_reversible
    from .operations import operations_of

    found = operations_of(screen)
    return found is not None and found.reversible(lambda: newest_reversible(store.upkeep) is not None)
