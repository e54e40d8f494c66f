"""The frame's top line of a place: the places at the left, which may be clicked on, what is in force at the right."""

from collections.abc import Callable

from ...core.text import cells, fit
from ..glyphs import glyphs_of
from ..lines import Line, width_of
from ..personal.person import own_keys
from ..places import Shape, fitting, strip
from .frame import FrameLine

EDGE = 2
"""Cells of the frame before the first place."""
SHORT = 12
"""Cells that a crumb has at least."""


def least_of(place: str, crumb: str = "") -> int:
    """Cells of such a line that are not there for what is said at its right."""
    return 2 * EDGE + 2 + width_of(strip(place, Shape(0, inside=bool(crumb)))) + (SHORT + 4 if crumb else 0)


class PlaceLine(FrameLine):
    """Shows where the person is, and what else there is."""

    def __init__(self, place: str, right: Callable[[], Line], crumb: str = "", *, id: str | None = None) -> None:
        """`crumb`: what the screen is of, when it lies on the place's own, to which a click leads back."""
        super().__init__("top", self._parts, id=id)
        self._place, self._right, self._crumb = place, right, crumb

    def _parts(self, width: int) -> tuple[Line, Line]:
        right, room, own = self._right(), width - 2 * EDGE - 2, own_keys(self)
        shape = Shape(0, inside=True) if self._crumb else fitting(self._place, room - width_of(right), own)
        left = strip(self._place, shape, own)
        if self._crumb:
            # Of a long one the beginning is enough; what is said at the right is not left out for it.
            crumb = fit(self._crumb, min(max(room - width_of(left) - width_of(right) - 4, SHORT), cells(self._crumb)))
            left += [(f"{glyphs_of(self).into} ", "muted"), (f"{crumb} ", "strong")]
        return left, right
