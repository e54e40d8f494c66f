"""One line of a comparison in full: what both runs have there, and what of it differs."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from ...core.store import Store
from ..compare.detail import Target, detail_lines, name_of, read_target
from ..compare.rows import Context
from ..glyphs import glyphs_of
from ..keys import bindings
from ..lines import Line, one_line
from ..loading import Loader
from ..operations.jobs import waiting
from ..trees.nodes import Node
from ..widgets.compare_table import heads
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.tree_view import TreeView


class Found(NamedTuple):
    """What was read of a line, and how it is shown."""

    at: int
    """Which line."""
    width: int
    """Cells that its texts are wrapped into."""
    sides: tuple[Any, Any] | None
    """Both; None where they are to be read again."""
    nodes: Sequence[Node]


class DetailScreen(Screen[str]):
    """Both sides of a line; the keys go through all lines of the comparison. Ends with the key of the last one."""

    BINDINGS = bindings("compared")
    CSS_PATH = "../styles/compare.tcss"
    PLACES = ("compared", "tree", "moves", "app")

    def __init__(
        self, store: Store, context: Context, targets: Sequence[tuple[str, Target]], at: int, other: int
    ) -> None:
        """`targets`: the lines, each with its key; `other`: the place of the run beside the baseline."""
        super().__init__()
        self.store, self.context, self.targets, self.at, self.other = store, context, targets, at, other
        self.opening = asyncio.Event()
        """Set when it is read: keys wait for that."""
        self.found: Found | None = None
        self.loader: Loader[Found] = Loader(self, self._prepare, self._loaded, tell=self._tell)

    def compose(self) -> ComposeResult:
        yield FrameLine("top", self._titles, id="compared-top")
        with Vertical(id="compared-body"):
            yield TreeView(id="compared-lines", classes="keeps-cursor")
        yield KeyBar("compared", "tree")

    def on_mount(self) -> None:
        self.tree_view.focus()
        self.loader.request()

    def on_unmount(self) -> None:
        self.loader.drop()

    @property
    def tree_view(self) -> TreeView:
        """The lines."""
        return self.query_one(TreeView)

    def _prepare(self) -> Callable[[], Found]:
        at, width, context, target = self.at, self._width, self.context, self.targets[self.at][1]
        known = self.found.sides if self.found is not None and self._is_read else None

        def read() -> Found:
            sides = known or read_target(self.store, target, context.base, self.other)
            return Found(at, width, sides, detail_lines(target, sides, context, width))

        return read

    def _loaded(self, found: Found) -> None:
        first = not self._is_read
        self.found = found
        self._show()
        if first:
            self.tree_view.move_to(0)
        self.opening.set()

    @property
    def _is_read(self) -> bool:
        """Whether what was read last is of this line."""
        return self.found is not None and self.found.at == self.at

    @property
    def _width(self) -> int:
        """Cells that texts are wrapped into."""
        return self.app.size.width - 4

    def _show(self) -> None:
        nodes: Sequence[Node] = [Node("reading", waiting(self.loader, glyphs_of(self)))]
        if self.found is not None and self._is_read:
            nodes = self.found.nodes
        self.tree_view.show(nodes)
        self.query_one("#compared-top", FrameLine).refresh()

    def _tell(self) -> None:
        """Where nothing is shown yet, how far the reading is."""
        if not self._is_read:
            self._show()

    def on_resize(self) -> None:
        if self.found is not None and self.found.width != self._width:
            self.loader.request(at_once=True)

    def _titles(self, width: int) -> tuple[Line, Line]:
        names = heads(self.context, glyphs_of(self))
        left: Line = [
            (f" {one_line(name_of(self.targets[self.at][1]), 60)} ", "title"),
            (f" {names[self.context.base]} ", "strong"),
            (f"{glyphs_of(self).arrow} ", "faint"),
            (f"{names[self.other]} ", "strong"),
        ]
        return left, [(f" {self.at + 1:,} of {len(self.targets):,} ", "muted")]

    def when_next_one(self) -> bool:
        """Whether there is a line after this one."""
        return self.at + 1 < len(self.targets)

    def when_one_before(self) -> bool:
        """Whether there is one before it."""
        return self.at > 0

    # What the person does.

    def action_step(self, direction: int) -> None:
        """To the next or previous line of the comparison."""
        at = self.at + direction
        if 0 <= at < len(self.targets):
            self.at = at
            self.query_one("#compared-top", FrameLine).refresh()
            self.loader.drop()
            self.loader.request()

    def action_refresh(self) -> None:
        """Reads both again."""
        if self.found is not None:
            self.found = self.found._replace(sides=None)
        self.loader.request()

    def action_back(self) -> None:
        self.dismiss(self.targets[self.at][0])
