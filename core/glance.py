"""A glance at a store: what can be shown of it at once, while it is being opened."""

from typing import NamedTuple

from .pages import Page
from .runs import Run, Totals


class Glance(NamedTuple):
    """Held by the store when it was last written: what was recorded since then is not in it yet."""

    runs: Page[Run]
    """The newest, as the first page of all runs would be."""
    totals: Totals
