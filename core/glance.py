"""A glance at a store: what can be shown of it at once, while it is being opened."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .logs import LogEntry
from .pages import Page
from .runs import Run, Totals


class Glance(NamedTuple):
    """Held by the store when it was last written: what was recorded since then is not in it yet."""

    runs: Page[Run]
    """The newest, as the first page of all runs would be."""
    totals: Totals


class LogEnd(NamedTuple):
    """The end of a run's log."""

    entries: Sequence[LogEntry] = ()
    """Oldest first."""
    names: Mapping[str, str] = {}
    """Names of steps by their ids, as far as they were come upon; none where no entry is of a step."""
