"""What a source takes, as a tree: by workflow and run where it is known what each run takes, and else part by part."""

from collections.abc import Mapping, Sequence

import msgspec

from ...core.errors import NotFound
from ...core.query.query import equals
from ...core.space import Kind, Node, Space, step_of
from ..space.store_space import SORTS, Asked, Held, run_node, workflow_node
from ..sql.database import Database
from ..sql.run_queries import HELD
from ..sql.run_repository import SqlRuns

_KINDS: dict[str, Kind] = {"database": "tables", "wal": "wal"}  # what a part of the files is in the tree


def space_of(
    runs: SqlRuns, held: Mapping[str, Held], sizes: Mapping[str, int], path: Sequence[str], asked: Asked
) -> Space:
    """One level; NotFound. `held` is empty where nobody knows what a run takes.

    `sizes` are the bytes of the files by part, `index` those of our index, which lies apart.
    """
    top = _top(held, sizes)
    whole = sum(node.size_bytes for node in top if not node.apart)
    store = Node(kind="store", name="", size_bytes=whole, count=sum(one.runs for one in held.values()), opens=True)
    if not path:
        return asked.page([store], top)
    name = next((name for name in held if step_of(name) == path[0]), None)
    if name is not None and len(path) == 1:
        page = runs.query(equals("workflow", name), SORTS[asked.sort], limit=asked.limit, after=asked.after)
        return Space(
            path=(store, workflow_node(name, held[name])),
            children=list(map(_closed, map(run_node, page.items))),
            next=page.next,
        )
    if name is not None and len(path) == 2:
        run = runs.get(path[1])
        if run.workflow == name:
            return Space(path=(store, workflow_node(name, held[name]), _closed(run_node(run))), children=[])
    raise NotFound("nothing there takes room", where=" ".join(path)[:200], advice="see `flightlog space`")


def held_in(database: Database) -> dict[str, Held]:
    """What the runs of each workflow take."""
    with database.read() as connection:
        rows = connection.execute(HELD).all()
    return {row.workflow: Held(row.runs, row.size_bytes) for row in rows if row.runs}


def _top(held: Mapping[str, Held], sizes: Mapping[str, int]) -> list[Node]:
    left = sum(one.size_bytes for one in held.values())
    nodes = [workflow_node(name, one) for name, one in held.items()]
    for part, size in sizes.items():
        kind = "index" if part == "index" else _KINDS.get(part, "other")
        mine = 0 if part == "index" else min(left, size)  # of runs, which are told already
        left -= mine
        name = f":{part if kind == 'other' else kind}"
        nodes.append(Node(kind=kind, name=name, size_bytes=size - mine, apart=part == "index"))
    return [node for node in nodes if node.size_bytes]


def _closed(run: Node) -> Node:
    """What is inside a run is somebody else's, and not told apart."""
    return msgspec.structs.replace(run, opens=False)
