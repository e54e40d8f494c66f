"""The line of the frame with the tabs of place 5 in it."""

from collections.abc import Callable

from ..lines import Line, leading
from .frame import FrameLine

TABS = ("plan", "archive", "trash", "audit")


class RetentionTabs(FrameLine):
    """All tabs, the one that is open standing out."""

    def __init__(self, current: Callable[[], str], right: Callable[[], Line], *, id: str | None = None) -> None:
        super().__init__("middle", lambda width: (_tabs(current()), right()), id=id)


def _tabs(current: str) -> Line:
    return [(leading(f" {name} ", f"retention.{name}"), "title" if name == current else "text") for name in TABS]
