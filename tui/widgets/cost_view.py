"""The costs tab: tokens and money by model, agent and step, where each number comes from, and what if."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input

from ...core.costs import PricedModel
from ...core.runs import Run
from ...core.store import Store
from ..costs.nodes import GROUPS, Costs, Group, cost_nodes, family_nodes
from ..costs.whatif import matching, model_nodes, what_if
from ..cycle import after
from ..facts import Lesson, teach
from ..hinting import hint
from ..keys import bindings
from ..trees.nodes import Node
from .line_list import LineList
from .page_tab import PageTab, step_names
from .tree_view import TreeView

EMPTY = Lesson(
    "No model call recorded yet",
    "Tell the tokens of each call; the price is looked up later, off the agent's path, or told by you.",
    'step.cost(model="gpt-4o", input_tokens=812, output_tokens=77)\n'
    'step.cost(model="in-house", input_tokens=812, output_tokens=77, dollars="0.0031")',
    "calls of a model",
)

NONE = "no call of a model is recorded"


class Found(NamedTuple):
    """What one reading brought."""

    costs: Costs
    models: Sequence[PricedModel] | None
    """Of the price table, once somebody wants to choose one."""


class ModelInput(Input):
    """Where the name of a model is typed; up and down go through those that match."""

    class Moved(Message):
        """To the next match, or to the one before."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def on_key(self, event: events.Key) -> None:
        if event.key in ("up", "down"):
            event.stop()
            self.post_message(self.Moved(1 if event.key == "down" else -1))


class CostTab(PageTab):
    """Where the money went."""

    PLACE = "run_costs"
    BINDINGS = bindings("run_costs")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.group: Group = "all"
        self.supposed: PricedModel | None = None
        """The model that is supposed."""
        self.models: Sequence[PricedModel] | None = None

    def compose(self) -> ComposeResult:
        yield ModelInput(placeholder="another model: some of its name; enter takes it", id="cost-model", compact=True)
        yield TreeView()
        yield TreeView(id="cost-models", classes="keeps-cursor")

    @property
    def offered(self) -> TreeView:
        """The models that match what was typed."""
        return self.query_one("#cost-models", TreeView)

    # Reading.

    def read(self, store: Store, run: Run) -> Found:
        records = store.runs.cost_records(run.id)
        known = self.found.costs.names if self.found else {}
        names = step_names(store, run, known, [record.step for record in records])
        models, chosen, other = self.models, self.supposed, None
        if chosen or (models is None and self.has_class("choosing")):
            book = store.prices()
            if book is None:
                models = ()
            else:
                models = book.models() if models is None else models
                other = what_if(records, chosen, book) if chosen else None
        return Found(Costs(records, names, store.runs.with_children(run.id), other), models)

    def show(self, run: Run, found: Found) -> None:
        self.models = found.models
        super().show(run, found)
        if self.has_class("choosing"):
            self._offer()

    def nodes(self, run: Run, found: Found) -> Sequence[Node]:
        if not found.costs.total.records:
            return family_nodes(found.costs, self.glyphs)[1:] or teach(EMPTY, run)
        return cost_nodes(found.costs, self.glyphs, self.group)

    def when_costs(self) -> bool:
        """Whether a model was called."""
        return self.found is not None and bool(self.found.costs.total.records)

    # What the person does.

    def action_group(self) -> None:
        """The next of the tables, or all."""
        if not self.when_costs():
            hint(self, NONE)
            return
        self.group = after(self.group, GROUPS)
        self.draw_again()
        self.lines.move_to(0)

    def action_what_if(self) -> None:
        """Asks for a model whose prices stand beside what was paid."""
        if not self.when_costs():
            hint(self, NONE)
            return
        self.add_class("choosing")
        self.query_one(ModelInput).focus()
        self._offer()
        self.post_message(self.Reread())

    def _offer(self) -> None:
        if self.models is None:
            self.offered.show([Node("wait", [("reading the price table", "muted")])])
        else:
            self.offered.show(model_nodes(matching(self.models, self.query_one(ModelInput).value)))

    @on(Input.Changed, "#cost-model")
    def typed(self) -> None:
        """Offers what matches."""
        self._offer()
        self.offered.move_to(0)

    @on(ModelInput.Moved)
    def moved(self, message: ModelInput.Moved) -> None:
        """Goes through what is offered."""
        self.offered.move_to(self.offered.cursor + message.by)

    @on(Input.Submitted, "#cost-model")
    def submitted(self) -> None:
        """Takes the model under the cursor."""
        self._choose()

    @on(LineList.Chosen, "#cost-models")
    def picked(self, message: LineList.Chosen) -> None:
        """Takes the model that was clicked on."""
        message.prevent_default()
        self._choose()

    def _choose(self) -> None:
        row = self.offered.current
        if row and isinstance(row.node.target, PricedModel):
            self.supposed = row.node.target
            self._close()

    def _close(self) -> None:
        self.remove_class("choosing")
        self.lines.focus()
        self.post_message(self.Reread())

    def back(self) -> bool:
        if self.has_class("choosing"):
            self._close()
        elif self.supposed:
            self.supposed = None
            self.post_message(self.Reread())
        else:
            return False
        return True
