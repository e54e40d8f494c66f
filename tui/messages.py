"""Messages that cross widgets, screens and threads; what a widget says to its parent alone stays with the widget."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from ..core.errors import FlightlogError

if TYPE_CHECKING:
    from ..core.feed import Watch
    from ..core.store import Store
    from .program.entry import Entry


@dataclass
class StoreOpened(Message):
    """The store is open and watched; sent to the app by the thread that did it."""

    store: "Store"
    watching: "Watch"
    entry: "Entry | None" = None
    """The run that it begins with."""


class StoreChanged(Message, bubble=False):
    """Something in the store may have changed: ask the feed what. A burst of notices is one message.

    The feed's thread sends it to the app, which hands it to every screen.
    """

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, StoreChanged)


@dataclass
class Trouble(Message, bubble=True):
    """Something could not be read or done; shown as one sentence."""

    error: FlightlogError


@dataclass
class ShowRuns(Message, bubble=True):
    """The person wants to see the runs that match a query, and to come back."""

    query: str
    crumb: str
    """What these runs are of; safe to show."""
    place: str
    """Where the person comes from."""


class BudgetsLooked(Message, bubble=False):
    """How the budgets stand is known anew. Sent to the app, which hands it to every screen."""


class Pulsed(Message, bubble=False):
    """What runs now is known anew. Sent to the app, which hands it to the screen."""


@dataclass
class OpenRun(Message, bubble=True):
    """The person wants to look into a run."""

    run: str
    tab: str = "overview"


@dataclass
class LookInto(Message, bubble=True):
    """The person wants to see what takes the room in something."""

    path: tuple[str, ...]
    """Names of what to look into, from the outside in; none for the whole store."""


class PolicyLooked(Message, bubble=False):
    """What the retention policy does by itself is known anew. Sent to the app, which hands it to the screen."""


class OperationEnded(Message, bubble=False):
    """What was done with runs has come to its end. Sent to the app, which hands it to every screen."""
