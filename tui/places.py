"""The places of the browser, and the strip of them in the frame's top line, so that a newcomer sees what there is."""

from typing import NamedTuple

from .lines import Line, one_line, width_of


class PlaceTab(NamedTuple):
    """One place; its key is in the table of keys under `place.<id>`."""

    id: str
    key: str
    title: str


TABS = (
    PlaceTab("runs", "1", "Runs"),
    PlaceTab("workflows", "2", "Workflows"),
    PlaceTab("costs", "3", "Costs"),
    PlaceTab("retention", "5", "Retention"),
)


def strip(current: str, *, inside: bool = False) -> Line:
    """All places, the one that is open standing out; `inside` one, those before it by their numbers, and no others."""
    line: Line = []
    for tab, title in _titled(current, inside):
        here = tab.id == current
        line += [(f" {tab.key} ", "muted" if here else "accent"), (title, "title" if here else "muted")]
    return line


def place_at(cell: int, current: str = "", *, inside: bool = False) -> str | None:
    """The place whose title stands in a cell of that strip."""
    end = 0
    for tab, title in _titled(current, inside):
        end += width_of([(f" {tab.key} {title}", "text")])
        if cell < end:
            return tab.id
    return None


def _titled(current: str, inside: bool) -> list[tuple[PlaceTab, str]]:
    if not inside:
        return [(tab, f"{tab.title} ") for tab in TABS]
    shown = TABS[: next((n for n, tab in enumerate(TABS, 1) if tab.id == current), len(TABS))]
    return [(tab, f"{tab.title} " if tab.id == current else "") for tab in shown]


def version_name(workflow: str, number: int | None) -> str:
    """`triage@4`, or `triage` for all versions, as a crumb says it."""
    return one_line(workflow if number is None else f"{workflow}@{number}", 60)
