"""`UpkeepRepository.space` over query tables, files and a database's own account."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from ...core.errors import NotFound
from ...core.pages import Sort, SortField, from_cursor, to_cursor
from ...core.query.query import equals, parse
from ...core.runs import Run
from ...core.space import Node, Sorting, Space, step_of
from ..sql import run_pages, run_queries, tables
from ..sql.database import Database
from .engines import Engine, Taken
from .file_parts import OTHER, FileParts
from .inside_runs import InsideRuns


class Held(NamedTuple):
    """The runs of a workflow."""

    runs: int
    size_bytes: int


class StoreSpace:
    """Looks at a store. Thread-safe; called with a path that may be anything.

    `index`: whether the database is an index beside the runs, and not where they are recorded.
    """

    def __init__(
        self,
        database: Database,
        refresh: Callable[[], None],
        *,
        files: FileParts,
        engine: Engine,
        inside: InsideRuns,
        index: bool,
    ) -> None:
        self._database, self._refresh = database, refresh
        self._files, self._engine, self._inside, self._index = files, engine, inside, index

    def __call__(self, path: Sequence[str], sort: Sorting, limit: int, after: str | None) -> Space:
        """See `UpkeepRepository.space`."""
        self._refresh()
        with self._database.read() as connection:
            look = _Look(connection, self._files, self._engine(connection), self._inside, self._index)
            found = look.at(list(path), Asked(sort, max(limit, 1), after))
        if found is None:
            where = " ".join(path)[:200]
            raise NotFound("nothing there takes room", where=where, advice="see `flightlog space`")
        return found


class Asked(NamedTuple):
    """Which of the children, in which order."""

    sort: Sorting
    limit: int
    after: str | None

    def page(self, path: Sequence[Node], children: Sequence[Node]) -> Space:
        """Of all children those that were asked for."""
        keys = sorted((_place(node, self.sort), at) for at, node in enumerate(children))
        if self.after:
            kinds = (str, str) if self.sort == "name" else (int, str, str)
            behind = tuple(from_cursor(self.after, *kinds))
            keys = [key for key in keys if key[0] > behind]
        shown = keys[: self.limit]
        more = to_cursor(*shown[-1][0]) if len(keys) > len(shown) else None
        return Space(path=tuple(path), children=[children[at] for _, at in shown], next=more)


def _place(node: Node, sort: Sorting) -> tuple[Any, ...]:
    if sort == "name":
        return node.name, node.kind
    return -(node.size_bytes if sort == "size" else node.count or 0), node.name, node.kind


class _Look:
    """One look, in one read of the database."""

    def __init__(self, connection: Connection, files: FileParts, taken: Taken, inside: InsideRuns, index: bool) -> None:
        self._connection, self._files, self._inside, self._index = connection, files, inside, index
        self._taken = taken
        self._held = {
            bool(archived): {row.workflow: Held(row.runs, row.size_bytes) for row in rows}
            for archived, rows in self._holdings().items()
        }
        self._strays = int(connection.scalar(_STRAYS) or 0) + int(connection.scalar(_UNBORN) or 0) if index else 0

    def at(self, path: list[str], asked: Asked) -> Space | None:
        """The level at a path; None if it leads nowhere."""
        top = self._top()
        whole, runs = sum(node.size_bytes for node in top), sum(held.runs for held in self._held[False].values())
        store = Node(kind="store", name="", size_bytes=whole, count=runs, opens=True)
        if not path:
            return asked.page([store], top)
        node = next((node for node in top if node.name == path[0]), None)
        return None if node is None else self._below([store, node], path[1:], asked)

    def _below(self, above: list[Node], path: list[str], asked: Asked) -> Space | None:
        node = above[-1]
        if node.kind == "workflow":
            return self._workflow(above, node, path, asked, archived=False)
        if node.kind == "archive":
            return self._archive(above, path, asked)
        if node.kind == "index":
            return None if path else asked.page(above, self._pages(0))
        if node.kind == "trash" and not self._index:
            return None if path else asked.page(above, self._trashed())
        return self._part(above, path, asked)

    # The top.

    def _holdings(self) -> dict[bool, list[Any]]:
        rows = self._connection.execute(run_queries.HELD).all()
        return {archived: [row for row in rows if bool(row.archived) is archived] for archived in (False, True)}

    def _top(self) -> list[Node]:
        files = self._files.sizes()
        live, archived = self._held[False], self._held[True]
        nodes = [workflow_node(name, held) for name, held in live.items()]
        if self._index:
            nodes.append(Node(kind="index", name=":index", size_bytes=self._taken.whole, opens=True))
        else:
            nodes += self._of_database(sum(held.size_bytes for held in live.values()))
        whole = sum(held.size_bytes for held in archived.values())
        runs = sum(held.runs for held in archived.values())
        nodes.append(Node(kind="archive", name=":archive", size_bytes=whole, count=runs, opens=runs > 0))
        for part, found in files.items():
            strays = self._strays if part == OTHER else 0
            size, opens = found.size_bytes + strays, bool(found.files or strays)
            nodes.append(Node(kind=part, name=f":{part}", size_bytes=size, count=found.files, opens=opens))
        return [node for node in nodes if node.size_bytes or node.count]

    def _of_database(self, live: int) -> list[Node]:
        """The trash, which lies in its tables as what is live does, and all else that it takes."""
        rows = {bool(row.archived): row for row in self._connection.execute(_TRASH)}
        inside = int(rows[False].size) if False in rows else 0
        whole, runs = sum(int(row.size) for row in rows.values()), sum(row.runs for row in rows.values())
        trash = Node(kind="trash", name=":trash", size_bytes=whole, count=runs, opens=runs > 0)
        return [trash, *self._pages(live + inside)]

    def _pages(self, recorded: int) -> list[Node]:
        """What a database takes, but for what was recorded."""
        taken = self._taken
        nodes = [
            Node(kind="tables", name=":tables", size_bytes=taken.tables - recorded),
            Node(kind="free", name=":free", size_bytes=taken.free, count=taken.free_pages),
            Node(kind="wal", name=":wal", size_bytes=taken.wal),
            Node(kind="server", name=":server", size_bytes=taken.server),
        ]
        return [node for node in nodes if node.size_bytes]

    # Below it.

    def _archive(self, above: list[Node], path: list[str], asked: Asked) -> Space | None:
        if not path:
            return asked.page(above, [workflow_node(name, held) for name, held in self._held[True].items()])
        held = self._held[True].get(path[0])
        if held is None:
            return None
        node = workflow_node(path[0], held)
        return self._workflow([*above, node], node, path[1:], asked, archived=True)

    def _trashed(self) -> list[Node]:
        rows = self._connection.execute(_IN_TRASH)
        return [Node(kind="run", name=row.run, size_bytes=row.size_bytes) for row in rows]

    def _workflow(
        self, above: list[Node], workflow: Node, path: list[str], asked: Asked, *, archived: bool
    ) -> Space | None:
        if not path:
            query = equals("workflow", _name_of(workflow)) & (_ARCHIVED if archived else _LIVE)
            page = run_pages.page(
                self._connection,
                query,
                SORTS[asked.sort],
                limit=asked.limit,
                after=asked.after,
                before=None,
                last=False,
            )
            return Space(path=tuple(above), children=list(map(run_node, page.items)), next=page.next)
        try:
            run = run_queries.get(self._connection, path[0])
        except NotFound:
            return None
        if (run.workflow, run.archived) != (_name_of(workflow), archived):
            return None
        if archived:
            return Space(path=(*above, run_node(run)), children=[]) if len(path) == 1 else None
        inside = self._inside.look(self._connection, run_node(run), path[1:])
        return None if inside is None else asked.page([*above, *inside[0]], inside[1])

    def _part(self, above: list[Node], path: list[str], asked: Asked) -> Space | None:
        node = above[-1]
        if not node.opens:
            return asked.page(above, []) if not path else None
        for depth, step in enumerate(path):
            inside = self._files.inside(node.kind, path[:depth]) or []
            found = next((one for one in inside if one.name == step), None)
            if found is None:
                return None
            above = [*above, found]
        children = [] if not above[-1].opens else self._files.inside(node.kind, path)
        if children is None:
            return None
        if node.kind == OTHER and not path and self._strays:
            children.append(Node(kind="folder", name="runs", size_bytes=self._strays))
        return asked.page(above, children)


def workflow_node(name: str, held: Held) -> Node:
    """A workflow with its runs."""
    return Node(kind="workflow", name=step_of(name), size_bytes=held.size_bytes, count=held.runs, opens=held.runs > 0)


def _name_of(workflow: Node) -> str:
    return workflow.name.removeprefix(":")


def run_node(run: Run) -> Node:
    """A run, into which may be looked unless it is archived."""
    return Node(
        kind="run", name=run.id, size_bytes=run.size_bytes or 0, count=run.events, opens=not run.archived, run=run
    )


_LIVE, _ARCHIVED = parse("-archived"), parse("archived")
_FIELDS: dict[Sorting, SortField] = {"size": "size", "name": "name", "count": "events"}
SORTS = {sort: Sort(field=field, descending=sort != "name") for sort, field in _FIELDS.items()}
_STRAYS = select(func.sum(tables.folders.c.others))
_journals, _runs = tables.journals, tables.runs
_UNBORN: Any = (
    select(func.sum(_journals.c.size))
    .outerjoin(_runs, _runs.c.id == _journals.c.run)
    .where(_journals.c.open, _runs.c.id.is_(None))
)
"""Journals of which no whole line was written yet."""
_trash = tables.trash.c
_TRASH: Any = select(_trash.archived, func.count().label("runs"), func.sum(_trash.size_bytes).label("size")).group_by(
    _trash.archived
)
_IN_TRASH: Any = select(_trash.run, _trash.size_bytes)
