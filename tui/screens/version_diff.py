"""Two versions of a workflow against each other."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen

from ...core.diff import DiffLine, text_diff
from ...core.errors import NotFound
from ...core.metrics import Comparison
from ...core.store import Store
from ...core.workflows import Version
from .. import format
from ..glyphs import glyphs_of
from ..hinting import hint, no_change
from ..keys import bindings
from ..lines import Line, all_leading, leading, one_line, wrapped
from ..loading import Loader
from ..personal.person import key_for
from ..places import way_to
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.ready_lines import ReadyLines
from ..workflows.diff_lines import DiffRow, Sides, diff_rows
from ..workflows.outcome_facts import Row, change_rows
from ..workflows.outcome_lines import above, aside, on_one_line
from ..yaml_lines import yaml_lines

CONTEXT = 3
"""Equal lines shown beside a difference."""
WIDE = 100
"""Cells from which both stand side by side unless the person says otherwise."""
BESIDE = 120
"""Cells from which what the runs came to stands beside the diff."""


class Found(NamedTuple):
    """What one reading brought: the diff with all lines and with few, and both texts in colours."""

    before: Version | None
    after: Version | None
    all: list[DiffLine]
    near: list[DiffLine]
    sides: Sides
    outcome: Comparison | None = None
    """What the runs of the second came to against those of the first."""
    why: str = ""


class Aside(ReadyLines, can_focus=False):
    """What the runs came to, beside the diff."""


class DiffScreen(Screen[None]):
    """What differs from one version to another; without a first one, all of the second is new."""

    BINDINGS = bindings("diff", "place")
    CSS_PATH = "../styles/workflows.tcss"
    PLACES = ("diff", "place", "moves", "app")

    def __init__(self, store: Store, workflow: str, before: int | None, after: int | None) -> None:
        super().__init__()
        self.store, self.workflow, self.before, self.after = store, workflow, before, after
        self.beside: bool | None = None
        self.everything = self.folded = False
        self.opening = asyncio.Event()
        """Set when it is read: keys wait for that."""
        self.found: Found | None = None
        self.rows: list[DiffRow] = []
        self.loader: Loader[Found] = Loader(self, self._prepare, self._loaded)

    def compose(self) -> ComposeResult:
        yield FrameLine("top", self._titles, id="diff-top")
        with Horizontal(id="diff-body"):
            yield ReadyLines(self._lines, id="diff-lines")
            yield Aside(self._aside, id="diff-aside")
        yield KeyBar("diff")

    def on_mount(self) -> None:
        self.loader.request()

    @property
    def lines(self) -> ReadyLines:
        """The rows on screen."""
        return self.query_one("#diff-lines", ReadyLines)

    @property
    def is_wide(self) -> bool:
        """Whether what the runs came to has room beside the diff."""
        return self.size.width >= BESIDE

    def on_resize(self) -> None:
        self._place_outcome()

    def _prepare(self) -> Callable[[], Found]:
        store, workflow, numbers = self.store, self.workflow, (self.before, self.after)

        def read() -> Found:
            try:
                before, after = (None if n is None else store.workflows.get(workflow, n) for n in numbers)
            except NotFound as error:
                return Found(None, None, [], [], Sides([], []), why=str(error))
            old, new = (version.definition if version else "" for version in (before, after))
            diff = text_diff(old, new, context=None)
            near, sides = text_diff(old, new, context=CONTEXT), Sides(yaml_lines(old), yaml_lines(new))
            came_to = store.metrics.compare(workflow, numbers)[0] if None not in numbers else None
            return Found(before, after, diff, near, sides, came_to)

        return read

    def _loaded(self, found: Found) -> None:
        self.found = found
        self._redraw()
        if any(row.hunk is not None for row in self.rows):
            self.lines.cursor = next(n for n, row in enumerate(self.rows) if row.hunk is not None)
        self.opening.set()

    def _place_outcome(self) -> None:
        """Beside the diff where there is room for both; else it is among the lines."""
        self.query_one(Aside).display = bool(self.is_wide and not self.folded and self._outcome())

    def _redraw(self) -> None:
        self._place_outcome()
        self.query_one(Aside).show()
        self.lines.show()
        self.query_one("#diff-top", FrameLine).update()

    def _titles(self, width: int) -> tuple[Line, Line]:
        glyphs = glyphs_of(self)
        before = "nothing" if self.before is None else f"@{self.before}"
        after = "nothing" if self.after is None else f"@{self.after}"
        here: Line = [
            (f" {one_line(self.workflow, 60)}", "strong"),
            (f"{before if self.before else f' {before}'} {glyphs.arrow} {after} ", "title"),
        ]
        left = [*all_leading(way_to("workflows", glyphs), "place.workflows"), *here]
        if self.found is None or self.found.why:
            return left, []
        added = sum(line.kind == "added" for line in self.found.all)
        removed = sum(line.kind == "removed" for line in self.found.all)
        changes = sum(row.hunk is not None for row in self.rows)
        told = leading(f" {format.plural(changes, 'difference')} ", "diff.next")
        right: Line = [(told, "muted"), (f"+{added}", "good"), (" ", "text")]
        return left, [*right, (f"-{removed} ", "bad")]

    def _lines(self, width: int) -> Sequence[Line]:
        found = self.found
        self.rows = []
        if found is None:
            return [[("reading", "muted")]]
        if found.why:
            return [[(piece, "muted")] for piece in wrapped(one_line(found.why), width)]
        head = [
            [(f"{glyphs_of(self).damaged} @{version.number}: {one_line(version.damaged, 300)}", "warn")]
            for version in (found.before, found.after)
            if version and version.damaged
        ]
        head += self._above(width)
        if not found.near:
            return [*head, [("The two definitions are the same", "muted")]]
        diff = found.all if self.everything else found.near
        self.rows = [DiffRow(line, None) for line in head]
        self.rows += diff_rows(diff, found.sides, width, glyphs_of(self), beside=self.other_view())
        return [row.line for row in self.rows]

    def _outcome(self) -> list[Row]:
        """What the change of the definition did to the runs: each number with its interval, or too few runs."""
        found = self.found.outcome if self.found else None
        return change_rows(found, glyphs_of(self)) if found else []

    @property
    def _which(self) -> str:
        return f"@{self.before} {glyphs_of(self).arrow} @{self.after}"

    def _above(self, width: int) -> list[Line]:
        if self.folded:
            return on_one_line(self._which, self._outcome(), key_for(self, "diff.outcome"))
        return [] if self.is_wide else above(self._which, self._outcome(), width)

    def _aside(self, width: int) -> Sequence[Line]:
        return list(aside(self._which, self._outcome(), glyphs_of(self)))

    @property
    def _has_two_sides(self) -> bool:
        """Whether the person sees both texts beside each other unless they said otherwise."""
        return self.size.width >= WIDE

    def when_changes(self) -> bool:
        """Whether there is another difference to go to."""
        return any(row.hunk is not None for row in self.rows[self.lines.cursor + 1 :])

    def when_lines(self) -> bool:
        """Whether anything differs."""
        return self.found is not None and bool(self.found.near)

    def when_far(self) -> bool:
        """Whether there are lines far from a difference."""
        return self.found is not None and len(self.found.all) > len(self.found.near) > 0

    def when_both(self) -> bool:
        """Whether there are two versions."""
        return None not in (self.before, self.after)

    # What the person does.

    def action_change(self, direction: int) -> None:
        """To the next or previous difference."""
        here = self.lines.cursor
        places = [n for n, row in enumerate(self.rows) if row.hunk is not None]
        ahead = [n for n in places if (n > here if direction > 0 else n < here)]
        if ahead:
            self.lines.move_to(ahead[0] if direction > 0 else ahead[-1], center=True)
        else:
            hint(self, no_change(direction))

    def other_view(self) -> bool:
        """Whether the two stand side by side."""
        return self._has_two_sides if self.beside is None else self.beside

    def action_view(self) -> None:
        self.beside = not self.other_view()
        self._redraw()

    def other_all(self) -> bool:
        """Whether all lines are shown."""
        return self.everything

    def action_all(self) -> None:
        if not self.when_far():
            hint(self, "every line is near a difference")
            return
        self.everything = not self.everything
        self._redraw()

    def action_outcome(self) -> None:
        """Folds what the runs came to into one line, or shows it again."""
        if not self._outcome():
            hint(self, "there are no two versions whose runs could be compared")
            return
        self.folded = not self.folded
        self._redraw()

    def action_swap(self) -> None:
        self.before, self.after = self.after, self.before
        self.loader.request()

    def action_runs(self) -> None:
        """How the runs of both compare."""
        if self.before is None or self.after is None:
            self.app.notify("there is no second version to compare its runs with", markup=False)
            return
        from .spreads import SpreadScreen

        self.app.push_screen(SpreadScreen(self.store, self.workflow, self.before, self.after))

    def action_refresh(self) -> None:
        """Reads both again."""
        self.loader.request()

    def action_back(self) -> None:
        self.dismiss()
