"""Tabs that are one tree of lines: what they read becomes nodes."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult

from ...core.runs import Run
from ...core.store import Store
from ..trees.nodes import Node
from .line_list import LineList
from .run_tab import RunTab
from .tree_view import TreeView


class PageTab(RunTab):
    """One tree over the whole tab."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.run: Run | None = None
        self.found: Any = None

    def compose(self) -> ComposeResult:
        yield TreeView()

    @property
    def lines(self) -> TreeView:
        """The tree."""
        return self.query_one(TreeView)

    @abstractmethod
    def nodes(self, run: Run, found: Any) -> Sequence[Node]:
        """What was read, as nodes."""

    def show(self, run: Run, found: Any) -> None:
        self.run, self.found = run, found
        self.draw_again()

    def draw_again(self) -> None:
        """Makes the nodes anew from what was read."""
        if self.run is not None and self.found is not None:
            self.lines.show(self.nodes(self.run, self.found))

    @on(LineList.Chosen)
    def chosen(self) -> None:
        """Goes to the step that a line points at."""
        row = self.lines.current
        if row and isinstance(row.node.target, str):
            self.post_message(self.Jump("steps", row.node.target))


def step_names(store: Store, run: Run, known: dict[str, str], wanted: Sequence[str | None]) -> dict[str, str]:
    """Names of steps by id; read again only when one is wanted that is not known."""
    if all(id is None or id in known for id in wanted):
        return known
    return {id: id for id in wanted if id} | {step.id: step.name for step in store.runs.steps(run.id)}
