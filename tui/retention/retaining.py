"""What a retention policy does by itself while the browser is open, once it was applied by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from .. import format
from ..lines import Line, one_line
from ..loading import Loader
from ..messages import PolicyLooked

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode

    from ...core.retention.applying import Standing
    from ...core.retention.meant import Meant
    from ...core.store import Store
    from ..operations.operations import Operations

FIRST = 60.0
"""Seconds after which a browser that was opened lets a policy act."""
AGAIN = 60.0
"""Seconds after which it is tried again where something else is under way, or could not be read."""
TICK = 5.0
AUTO = "flightlog retain --auto"
"""The command line that does the same."""


class Look(NamedTuple):
    """How it stands."""

    every: float = 0.0
    """Seconds between two passes; 0 where no policy can act."""
    stands: Standing = "new"
    """How the policy that is saved stands."""
    problem: str = ""


class Pass(NamedTuple):
    """What a pass found: how it stands, and what is to be done."""

    look: Look
    found: Meant | None = None


class Retaining:
    """Asks every so often what the saved policy takes, and does it. Its methods belong to the event loop."""

    def __init__(self, app: App[None], operations: Operations) -> None:
        self._app, self._operations = app, operations
        self._store: Store | None = None
        self.look_now = Look()
        self.paused = False
        self.passes = 0
        """How often a policy was let act."""
        self._due = float("inf")
        self.looker: Loader[Look] = Loader(app, self._prepare_look, self._looked)
        self.passer: Loader[Pass] = Loader(app, self._prepare_pass, self._passed)

    def of(self, store: Store) -> None:
        """The policy of this store, from now on. Nothing is read until somebody looks, or it is time."""
        if store.policy_file is not None and not store.read_only:
            self._store, self._due = store, time.monotonic() + FIRST
            self._app.set_interval(TICK, self.tick)

    def look(self) -> None:
        """The policy, or whether it was applied, may have changed."""
        self.looker.request()

    def rest(self) -> None:
        """Somebody did something with runs: what was just taken back is not taken again at once."""
        self._due = max(self._due, time.monotonic() + (self.look_now.every or FIRST))

    def pause(self) -> None:
        """Pauses it, or lets it go on."""
        self.paused = not self.paused
        self._app.post_message(PolicyLooked())

    def tick(self) -> None:
        """Begins a pass if it is time."""
        if time.monotonic() < self._due or self.paused or self.passer.busy:
            return
        self._due = time.monotonic() + AGAIN
        if not self._operations.busy:
            self.passer.request()

    def _prepare_look(self) -> Callable[[], Look] | None:
        from .policy_passes import looked

        store = self._store
        return None if store is None else lambda: looked(store)

    def _prepare_pass(self) -> Callable[[], Pass] | None:
        from .policy_passes import passed

        store = self._store
        return None if store is None else lambda: passed(store)

    def _looked(self, found: Look) -> None:
        if found != self.look_now:
            self.look_now = found
            self._app.post_message(PolicyLooked())

    def _passed(self, found: Pass) -> None:
        self._looked(found.look)
        if found.look.problem or self.paused or self._operations.busy:
            return  # and again soon
        self._due = time.monotonic() + (found.look.every or AGAIN)
        if found.found is not None and found.found.total and self._store is not None:
            from .applying import work_of

            self.passes += 1
            self._operations.begin(work_of(self._store, found.found, AUTO, by_hand=False))

    def line(self, *, short: bool = False) -> Line:
        """What is told of it in the line of its place; `short`, so that the names of the places have room beside it."""
        look = self.look_now
        if self._store is None or not (look.every or look.problem):
            return []
        if look.problem:
            return [(" by itself: ", "muted"), (f"{one_line(look.problem, 60)} ", "warn")]
        if look.stands != "applied" and short:
            return [(" ", "text"), ("A", "accent"), (" puts it in force ", "muted")]
        if look.stands != "applied":
            once = " was undone: acts by itself once " if look.stands == "taken back" else " acts by itself once "
            return [(once, "muted"), ("A", "accent"), (" applied it ", "muted")]
        if self.paused:
            return [(" by itself: ", "muted"), ("paused ", "warn")]
        left = max(self._due - time.monotonic(), 0.0)
        by_itself = "" if short else "by itself "
        return [(f" acts {by_itself}in {format.age(max(left, 1.0))} ", "muted")]


def retaining_of(node: DOMNode) -> Retaining | None:
    """What the policy does by itself in the program that a widget or screen belongs to."""
    found = getattr(node.app, "retaining", None)
    return found if isinstance(found, Retaining) else None
