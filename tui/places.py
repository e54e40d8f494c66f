"""The places of the browser, and the strip of them in the frame's top line, so that a newcomer sees what there is."""

from collections.abc import Mapping
from typing import NamedTuple

from .glyphs import Glyphs
from .keys import shown
from .lines import Line, all_leading, one_line, width_of


class PlaceTab(NamedTuple):
    """One place; its key is in the table of keys under `place.<id>`."""

    id: str
    key: str
    title: str


TABS = (
    PlaceTab("runs", "1", "Runs"),
    PlaceTab("workflows", "2", "Workflows"),
    PlaceTab("costs", "3", "Costs"),
    PlaceTab("space", "4", "Space"),
    PlaceTab("retention", "5", "Retention"),
)


class Shape(NamedTuple):
    """How much of the strip is drawn."""

    titles: int = len(TABS)
    """So many places have their titles; those behind them, but the one that is open, their numbers alone."""
    inside: bool = False
    """Whether only those up to the one that is open are there, for it is not the place itself that is shown."""


def strip(current: str, shape: Shape = Shape(), own: Mapping[str, str] = {}) -> Line:
    """The places, the one that is open standing out, the others leading there; with a person's own keys where they
    have others. From inside of the one that is open it leads back to it too.
    """
    line: Line = []
    for tab, title in _titled(current, shape, own):
        here = tab.id == current
        part = [(f" {tab.key} ", "muted" if here else "accent"), (title, "title" if here else "muted")]
        line += part if here and not shape.inside else all_leading(part, f"place.{tab.id}")
    return line


def fitting(current: str, width: int, own: Mapping[str, str] = {}) -> Shape:
    """The shape with as many titles as there is room for in so many cells."""
    shapes = (Shape(titles) for titles in range(len(TABS), 0, -1))
    return next((shape for shape in shapes if width_of(strip(current, shape, own)) <= width), Shape(0))


def _titled(current: str, shape: Shape, own: Mapping[str, str]) -> list[tuple[PlaceTab, str]]:
    keyed = [tab._replace(key=shown(own[f"place.{tab.id}"])) if f"place.{tab.id}" in own else tab for tab in TABS]
    found = [(tab, f"{tab.title} " if tab.id == current or n < shape.titles else "") for n, tab in enumerate(keyed)]
    end = next((n for n, tab in enumerate(TABS, 1) if tab.id == current), len(TABS))
    return found[:end] if shape.inside else found


def way_to(place: str, glyphs: Glyphs) -> Line:
    """The place that a screen lies in, as the first part of the way to it."""
    return [(f" {title_of(place)} ", "muted"), (glyphs.into, "faint")]


def title_of(place: str) -> str:
    """A place's title; the board of what runs now is one that lies beside the numbered ones."""
    return next((tab.title for tab in TABS if tab.id == place), place.capitalize())


def version_name(workflow: str, number: int | None) -> str:
    """`triage@4`, or `triage` for all versions, as a crumb says it."""
    return one_line(workflow if number is None else f"{workflow}@{number}", 60)
