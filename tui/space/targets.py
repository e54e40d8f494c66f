"""Which runs are meant by what is marked in place 4, or stands under its cursor."""

from collections.abc import Sequence

from ...core.query.query import Query, equals, parse
from ...core.query.query_nodes import Term
from ...core.space import Node
from ..runs.annotating import Targets


def targets_of(nodes: Sequence[Node], path: Sequence[str]) -> Targets | None:
    """The runs themselves, or all runs of the workflows, of the archive inside of it; None if it is neither."""
    runs = frozenset(node.run.id for node in nodes if node.run is not None)
    if runs:
        return Targets(runs)
    workflows = [node for node in nodes if node.kind == "workflow"]
    return Targets(frozenset(), query_of(workflows, path)) if workflows else None


def query_of(workflows: Sequence[Node], path: Sequence[str]) -> Query:
    """The query for all runs of some workflows that lie at a path: live ones, or those in the archive."""
    names = tuple(node.name.removeprefix(":") for node in workflows)
    if len(names) == 1:
        found = equals("workflow", names[0])
    else:
        root = Term(key="workflow", sign="=", values=names)
        found = Query(root=root, text=str(root))
    return found & parse("archived" if path else "-archived")
