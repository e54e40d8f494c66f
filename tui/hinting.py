"""Why a key did nothing, told to whoever pressed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from ..core.store import Store

LASTS = 3.0
"""Seconds for which it can be read."""
READ_ONLY = "opened read-only: nothing is changed"


def hint(node: DOMNode, text: str) -> None:
    """Says it, `text` being safe to show; not again while it can still be read, for keys are held down."""
    app = node.app
    if all(told.message != text for told in app._notifications):
        app.notify(text, timeout=LASTS, markup=False)


def may_change(node: DOMNode, store: Store) -> bool:
    """Whether something may be changed; says so where the store is only read."""
    if store.read_only:
        node.app.notify(READ_ONLY, severity="warning", markup=False)
    return not store.read_only


def no_change(direction: int) -> str:
    """What is told where two things are compared and no difference lies further on (1) or back (-1)."""
    return f"no difference {'below' if direction > 0 else 'above'} this line"
