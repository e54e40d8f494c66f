"""The costs tab: tokens and money by model and step, with the provenance of each number."""

from collections.abc import Sequence

from ...core.runs import Run
from ...core.store import Store
from ..cost_nodes import Costs, cost_nodes, family_nodes
from ..facts import teach
from ..nodes import Node
from .page_tab import PageTab, step_names

EMPTY = teach(
    "No model call recorded yet",
    "Tell the tokens of each call; the price is looked up later, off the agent's path, or told by you.",
    'step.cost(model="gpt-4o", input_tokens=812, output_tokens=77)\n'
    'step.cost(model="in-house", input_tokens=812, output_tokens=77, dollars="0.0031")',
)


class CostTab(PageTab):
    """Where the money went."""

    def read(self, store: Store, run: Run) -> Costs:
        records = store.runs.cost_records(run.id)
        known = self.found.names if self.found else {}
        names = step_names(store, run, known, [record.step for record in records])
        return Costs(records, names, store.runs.with_children(run.id))

    def nodes(self, run: Run, found: Costs) -> Sequence[Node]:
        if not found.total.records:
            return family_nodes(found, self.glyphs)[1:] or EMPTY
        return cost_nodes(found, self.glyphs)
