"""`space`: what takes how much room."""

from typing import Any, Literal

import click

from ...core.errors import NotFound
from ...core.pages import ALL, Sort
from ...core.query.query import parse
from ...core.space import Node, Sorting, Space, path_of
from ...core.store import Store
from ..space.words import holds, name_of, share, size_of
from .as_json import run_row
from .opening import opened
from .options import Settings, json_option, page_options, verb
from .output import say, say_page, table


@verb(
    epilog="""
flightlog space
flightlog space triage --limit 20
flightlog space 01j9 states
flightlog space :other --json
flightlog space --by run"""
)
@click.argument("path", nargs=-1)
@click.option("--by", type=click.Choice(["workflow", "run", "part"]), help="Of the whole store: only these.")
@click.option("--sort", type=click.Choice(["size", "name", "count"]), default="size", show_default=True)
@page_options(50)
@json_option()
def space(
    settings: Settings,
    path: tuple[str, ...],
    by: Literal["workflow", "run", "part"] | None,
    sort: Sorting,
    limit: int,
    after: str | None,
    as_json: bool,
) -> None:
    """What takes how much room: the whole store, or what lies at PATH.

    PATH goes down word by word: a workflow, one of its runs (or just a run, as you call it elsewhere), `states`,
    `events` or `artifacts`; or what lies beside workflows, which begins with a colon (`:index`, `:archive`,
    `:other`). Sizes add up to the lengths of the files; a disk gives each whole blocks, so that many small ones take
    more of it. `+` stands before what lies elsewhere and is not in the sum.
    """
    if by and path:
        raise click.UsageError("--by looks at the whole store: it takes no PATH")
    with opened(settings) as store:
        if by == "run":
            found = _largest(store, sort, limit, after)
        elif by:
            whole = store.upkeep.space(sort=sort, limit=ALL)
            nodes = _workflows(whole) if by == "workflow" else _parts(whole)
            found = Space(path=whole.path, children=nodes[:limit])
        else:
            found = _at(store, path, sort, limit, after)
    rows = (_row(node, found) for node in found.children)
    say_page(rows, found.next, as_json=as_json, show=lambda: _say(found))


def _at(store: Store, path: tuple[str, ...], sort: Sorting, limit: int, after: str | None) -> Space:
    """What lies at a path; one that begins with what a person calls a run leads there."""
    try:
        return store.upkeep.space(path, sort=sort, limit=limit, after=after)
    except NotFound:
        if not path:
            raise
        run, rest = _run_at(store, path)
        return store.upkeep.space((*run, *rest), sort=sort, limit=limit, after=after)


def _run_at(store: Store, path: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The whole path of the run that is meant, and the words behind it; the error of the path itself if none is."""
    place = 1 if len(path) > 1 and not path[0].startswith(":") and _is_node(store, path[:1]) else 0
    try:
        run = store.runs.get(store.runs.resolve(path[place]))
    except NotFound as error:
        where = " ".join(path)[:200]
        raise NotFound("nothing there takes room", where=where, advice="see `flightlog space`") from error
    return path_of(run), path[place + 1 :]


def _is_node(store: Store, path: tuple[str, ...]) -> bool:
    try:
        store.upkeep.space(path, limit=1)
    except NotFound:
        return False
    return True


def _largest(store: Store, sort: Sorting, limit: int, after: str | None) -> Space:
    """The runs of all workflows."""
    order = {"size": Sort(field="size"), "name": Sort(field="name", descending=False), "count": Sort(field="events")}
    page = store.runs.query(parse("-archived"), order[sort], limit=limit, after=after)
    nodes = [
        Node(kind="run", name=run.id, size_bytes=run.size_bytes or 0, count=run.events, run=run) for run in page.items
    ]
    return Space(path=store.upkeep.space(limit=1).path, children=nodes, next=page.next)


def _parts(found: Space) -> list[Node]:
    """The workflows as one."""
    workflows = _workflows(found)
    runs = sum(node.count or 0 for node in workflows)
    whole = Node(kind="workflow", name="runs", size_bytes=sum(node.size_bytes for node in workflows), count=runs)
    return [whole, *(node for node in found.children if node.kind != "workflow")]


def _workflows(found: Space) -> list[Node]:
    return [node for node in found.children if node.kind == "workflow"]


def _row(node: Node, of: Space) -> dict[str, Any]:
    row: dict[str, Any] = {
        "path": [*(above.name for above in of.path[1:]), node.name],
        "kind": node.kind,
        "name": node.name,
        "size_bytes": node.size_bytes,
        "of_bytes": of.node.size_bytes,
        "count": node.count,
        "apart": node.apart,
    }
    return row | {"run": run_row(node.run)} if node.run else row


def _say(found: Space) -> None:
    whole = found.node.size_bytes
    rows = [(size_of(node), share(node, whole), holds(node), name_of(node), _step(node)) for node in found.children]
    table(("Size", "Part", "Holds", "What", "Path"), rows, right=frozenset({"Size", "Part", "Holds"}))
    shown = sum(node.size_bytes for node in found.children if not node.apart)
    more = f"; {size_of(Node(kind='rest', name='', size_bytes=whole - shown))} not shown" if shown != whole else ""
    say(f"{size_of(found.node)} in {name_of(found.node)}{more}")
    if any(node.kind == "free" for node in found.children):
        say("`flightlog compact` gives free pages back to the disk")


def _step(node: Node) -> str:
    """The word that leads into it, where it is another than its name."""
    return node.name if node.opens and node.name != name_of(node) and node.kind != "run" else ""
