"""What place 2 reads: the workflows from counters, and of one the versions and patterns; never the runs."""

from typing import NamedTuple

from ...core.feed import news
from ...core.metrics import Pattern
from ...core.runs import Totals
from ...core.store import Store
from ...core.version_history import History, history
from ...core.workflows import Workflow, together
from .version_trends import with_trends
from .workflow_cells import Order, in_order


class Found(NamedTuple):
    """What one reading brought."""

    cursor: int
    kept: list[Workflow]
    totals: Totals
    workflows: list[Workflow]
    about: Workflow | None
    """The workflow that the next two are of."""
    history: History
    patterns: list[Pattern]


def read(store: Store, before: Found | None, wanted: str | None, order: Order) -> Found | None:
    """Reads what is new since `before`, of the workflow that is wanted or else the first; None if nothing is.

    To be called in a thread.
    """
    kept = store.workflows.list_all()
    cursor, moved = news(store.feed, before.cursor if before else None)
    if before and not moved and kept == before.kept and wanted == (before.about.id if before.about else None):
        return None if cursor == before.cursor else before._replace(cursor=cursor)
    workflows = in_order(together(kept, store.runs.workflows()), order)
    about = next((one for one in workflows if one.id == wanted), workflows[0] if workflows else None)
    if before and about == before.about:
        versions, patterns = before.history, before.patterns
    else:
        versions, patterns = _look(store, about)
    return Found(cursor, kept, store.runs.totals(), workflows, about, versions, patterns)


def _look(store: Store, about: Workflow | None) -> tuple[History, list[Pattern]]:
    if about is None:
        return History([], []), []
    found = history(store.workflows.list(about.id, deleted=True), store.metrics.outcomes(about.id))
    return with_trends(store, about.id, found), store.metrics.patterns(about.id)
