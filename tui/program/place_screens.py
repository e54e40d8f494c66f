"""The screens of the places: each is made when somebody goes there first, and its module not read before."""

from typing import TYPE_CHECKING, Any

from textual.screen import Screen

if TYPE_CHECKING:
    from ...core.feed import Watch
    from ...core.store import Store
    from ..live.pulse import Pulse

BESIDE = ("live", "workflows", "costs", "space", "retention")
"""The places besides the run list, which is there from the start."""


def screen_of(place: str, store: "Store", watching: "Watch", pulse: "Pulse") -> Screen[Any]:
    """A new screen of one of these places."""
    if place == "costs":
        from ..screens.costs import CostsScreen

        return CostsScreen(store, watching)
    if place == "live":
        from ..screens.live import LiveScreen

        return LiveScreen(store, watching, pulse)
    if place == "space":
        from ..screens.space import SpaceScreen

        return SpaceScreen(store, watching)
    if place == "retention":
        from ..screens.retention import RetentionScreen

        return RetentionScreen(store, watching)
    from ..screens.workflows import WorkflowsScreen

    return WorkflowsScreen(store, watching)
