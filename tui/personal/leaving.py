"""What a place gives to be remembered, and takes up at the next start: plain values, of which any may be old or odd."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar, get_args, runtime_checkable

from ...core.pages import Sort, SortField

T = TypeVar("T")

_LONGEST = 2000


@runtime_checkable
class Remembering(Protocol):
    """A screen that is found again as it was left."""

    def left(self) -> dict[str, Any]:
        """How it is: plain values by names of its own. Cheap, and on the event loop."""
        ...

    def take_up(self, kept: dict[str, Any]) -> None:
        """Is so again, as far as that is possible; called before it is shown, or followed by `show_taken`."""
        ...

    def show_taken(self) -> None:
        """Shows what it has taken up while it was on screen already."""
        ...


def one_of(kept: object, among: Iterable[T], name: str = "name") -> T | None:
    """The one that is called so, by its attribute or by itself; None if there is none."""
    return next((one for one in among if getattr(one, name, one) == kept), None)


def text_of(kept: object) -> str:
    """A text, or none."""
    return kept[:_LONGEST] if isinstance(kept, str) else ""


def sort_of(kept: dict[str, Any]) -> Sort | None:
    """An order of runs, from `sort` and `descending`."""
    field: SortField | None = one_of(kept.get("sort"), get_args(SortField))
    return Sort(field=field, descending=bool(kept.get("descending", True))) if field is not None else None
