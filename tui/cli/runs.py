"""Verbs that list and show runs: `ls`, `show`, `events`."""

import sys
from collections.abc import Iterator
from typing import Any, cast, get_args

import click

from ...core.pages import Sort, SortField, each
from ...core.query.query import Query, parse
from ...core.query.query_nodes import terms
from ...core.repositories import RunRepository
from ...core.runs import Run
from ...core.store import Store
from ...core.text import safe_text
from . import completing
from .as_json import cost_row, plain, run_row
from .opening import opened
from .options import Settings, json_option, page_options, verb
from .output import say, say_json, table, written
from .run_page import print_run
from .searched import all_searched
from .views import typed_words

PAGE = 500


def query_of(words: tuple[str, ...]) -> Query:
    """The words of a command line, among them saved views, as one query; says on stderr what is searched as text."""
    return _asked(words)[0]


def _asked(words: tuple[str, ...]) -> tuple[Query, str]:
    """The same, and the field that a view among them sorts by."""
    query, sort = typed_words(words)
    if query.message:
        say(f"flightlog: {safe_text(query.message)}", err=True)
    return query, sort


def each_run(
    runs: RunRepository, query: Query, sort: Sort, limit: int, after: str | None
) -> Iterator[tuple[Run, str | None]]:
    """Matching runs in order with the cursor to go on from after the page they came in; pages are read as needed."""
    while limit > 0:
        page = runs.query(query, sort, limit=min(limit, PAGE), after=after)
        for run in page.items:
            yield run, page.next
        limit -= len(page.items)
        after = page.next
        if after is None:
            return


@verb(
    epilog="""
flightlog ls
flightlog ls status:failed since:2d
flightlog ls 'workflow:triage cost>0.5' --sort cost --json
flightlog ls --ids tag:nightly
flightlog ls @failures since:2d
flightlog ls --all triage"""
)
@click.argument("query", nargs=-1, shell_complete=completing.query)
@json_option()
@click.option("--ids", is_flag=True, help="Ids only, one a line.")
@click.option("--sort", "field", type=click.Choice(get_args(SortField)), help="By default as a view says, or started.")
@click.option("--reverse", is_flag=True, help="Ascending: oldest, smallest, cheapest first.")
@page_options(20)
@click.option("--all", "archived_too", is_flag=True, help="Archived runs too.")
def ls(
    settings: Settings,
    query: tuple[str, ...],
    as_json: bool,
    ids: bool,
    field: SortField | None,
    reverse: bool,
    limit: int,
    after: str | None,
    archived_too: bool,
) -> None:
    """List the runs that match QUERY, newest first; archived ones with --all, or if QUERY says `archived`.

    @NAME in QUERY stands for a view that was saved in the browser. Exit code 3 when log: could not be asked of some
    runs, because their logs may not be read; they are left out, and their folders named.
    """
    wanted, of_view = _asked(query)
    field = field or cast("SortField", of_view or "started")
    if not archived_too and "archived" not in {term.key for term in terms(wanted.root)}:
        wanted &= parse("-archived")
    with opened(settings) as store, all_searched():
        found = each_run(store.runs, wanted, Sort(field=field, descending=not reverse), limit, after)
        if as_json:
            for run, _ in found:
                say_json(run_row(run))
        elif ids:
            for run, _ in found:
                say(run.id)
        else:
            say_runs(store, wanted, list(found), settings, after)


def say_runs(
    store: Store, query: Query, found: list[tuple[Run, str | None]], settings: Settings, after: str | None
) -> None:
    """Runs as a table, how many more there are, and how to go on. They are counted only if there are others."""
    from .run_lines import HEAD, RIGHT, run_line

    table(HEAD, [run_line(run, settings.ascii) for run, _ in found], right=RIGHT)
    whole = found and after is None and found[-1][1] is None
    total = len(found) if whole else store.runs.count(query)
    if len(found) < total:
        cursor = found[-1][1] if found else None
        more = f"; go on with --after {cursor}" if cursor else ""
        say(f"{len(found)} of {total:,} runs{more}", err=True)
    elif not found and store.runs.totals().runs:
        say("no runs match", err=True)
    elif not found:
        say("there are no runs yet: record a first one, or try `flightlog demo`", err=True)


@verb(epilog="flightlog show 01j9\nflightlog show nightly-triage --json\nflightlog show triage@4")
@click.argument("run", shell_complete=completing.run_or_version)
@json_option("One JSON object.")
def show(settings: Settings, run: str, as_json: bool) -> None:
    """Everything about RUN (an id, the beginning or end of one, or a name), or about a version (WORKFLOW@N)."""
    from .versions import is_version, print_version

    with opened(settings) as store:
        if is_version(run):
            print_version(store, run, settings, as_json)
            return
        found = store.runs.resolve(run)
        if as_json:
            say_json(everything(store, found))
        else:
            print_run(store, found, settings)


def everything(store: Store, run: str) -> dict[str, Any]:
    """A run with all its parts, under the words of the design in the plural."""
    runs = store.runs
    return {
        "run": run_row(runs.get(run)) | {"meta": runs.get(run).meta},
        "steps": [plain(step) for step in runs.steps(run)],
        "items": [plain(item) for item in each(lambda after: runs.items(run, after=after))],
        "messages": [plain(message) for message in each(lambda after: runs.messages(run, after=after))],
        "approvals": [plain(approval) for approval in runs.approvals(run)],
        "checkpoints": [plain(checkpoint) for checkpoint in store.checkpoints.list(run)],
        "costs": [cost_row(cost) for cost in runs.cost_records(run)],
        "metrics": [plain(metric) for metric in each(lambda after: runs.metrics(run, after=after))],
        "artifacts": [plain(artifact) for artifact in runs.artifacts(run)],
        "snapshots": runs.snapshots(run),
        "notes": [plain(note) for note in each(lambda after: runs.notes(run, after=after))],
        "children": [child.id for child in runs.children(run)],
        "logs": dict(store.logs.counts(run)),
        "damage": [plain(damage) for damage in each(lambda after: runs.damage(run, after=after))],
    }


@verb(epilog="flightlog events 01j9 | jq 'select(.type == \"cost\")'")
@click.argument("run", shell_complete=completing.run)
@click.option("--after", metavar="SEQ", type=int, default=0, help="Only events with a greater seq.")
@json_option("What it prints anyway.")
def events(settings: Settings, run: str, after: int, as_json: bool) -> None:
    """The recorded events of RUN, as recorded, one JSON object a line."""
    out = sys.stdout.buffer
    at_terminal = out.isatty()
    with opened(settings) as store:
        found = store.runs.resolve(run)
        while page := store.runs.events(found, after=after):
            for seq, line in page:
                if at_terminal:
                    say(safe_text(line.decode("utf-8", "backslashreplace")))
                else:
                    with written():
                        out.write(line + b"\n")
                after = seq
