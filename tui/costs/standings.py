"""How the budgets stand, asked for once for the whole program, however many screens tell it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.message_pump import MessagePump

from ...core.budgets import Standing, look
from ..loading import Loader
from ..messages import BudgetsLooked

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from ...core.store import Store

EVERY, REST = 2.0, 10.0
"""Seconds between two questions, whatever is recorded, and at least so many times as long as one took to answer."""


class Standings:
    """Asks the store anew after it changed. Without budgets nothing is ever asked."""

    def __init__(self, owner: MessagePump) -> None:
        self.found: tuple[Standing, ...] = ()
        self._owner = owner
        self._store: Store | None = None
        self.loader: Loader[tuple[Standing, ...]] = Loader(owner, self._prepare, self._loaded, every=EVERY, rest=REST)

    def of(self, store: "Store") -> None:
        """The budgets of this store, from now on."""
        self._store = store
        self.look()

    def look(self) -> None:
        """The store may have changed, or the day."""
        if self._store is not None and self._store.budgets:
            self.loader.request()

    def _prepare(self) -> Callable[[], tuple[Standing, ...]] | None:
        store = self._store
        if store is None:
            return None

        def read() -> tuple[Standing, ...]:
            with store.moment():
                return look(store.budgets, store.runs)

        return read

    def _loaded(self, found: tuple[Standing, ...]) -> None:
        if found != self.found:
            self.found = found
            self._owner.post_message(BudgetsLooked())


def standings_of(node: "DOMNode") -> tuple[Standing, ...]:
    """How the budgets of the program that a widget or screen belongs to stand."""
    found = getattr(node.app, "standings", None)
    return found.found if isinstance(found, Standings) else ()


def of_the_day(found: Sequence[Standing]) -> Standing | None:
    """How the budget of all runs in a day stands."""
    return next((one for one in found if one.budget.per == "day" and not one.budget.query), None)
