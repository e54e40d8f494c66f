"""The verb that tells who did what: `audit`."""

import click

from ...core.audit import Act
from ...core.text import safe_text
from .. import format
from . import completing
from .as_json import plain
from .opening import opened
from .options import Settings, json_option, page_options, verb
from .output import say_page, table
from .runs import query_of


@verb(epilog="flightlog audit\nflightlog audit id:01j9\nflightlog audit workflow:triage --limit 20 --json")
@click.argument("query", nargs=-1, shell_complete=completing.query)
@page_options(50)
@json_option("One JSON object a line; the cursor to go on from comes on stderr.")
def audit(settings: Settings, query: tuple[str, ...], limit: int, after: str | None, as_json: bool) -> None:
    """Who did what and when, newest first: pins, tags, notes, scores, answers to approvals, dropped states, versions
    that were saved or deleted, and what was done with runs (archive, restore, trash, undo, purge, policy, compact),
    each with the operation that `flightlog undo` takes back. What was done before the store was moved says in which
    place that was: only there it can be taken back.

    With QUERY what was done to the runs that match; `id:01j9` also finds a run that is gone.
    """
    with opened(settings) as store:
        page = store.audit(query_of(query), limit=limit, after=after)
    rows = [{key: value for key, value in plain(act).items() if key != "id"} for act in page.items]

    def show() -> None:
        table(("Time", "By", "Did", "To", "What"), map(_cells, page.items))

    say_page(rows, page.next, as_json=as_json, show=show)


def _cells(act: Act) -> tuple[str, ...]:
    if act.operation:
        to, told = act.run or act.what or "–", " · ".join(filter(None, (act.operation, act.detail, act.note)))
        return format.moment(act.t), act.by or "–", act.action, to, safe_text(told)
    to = act.run or f"{act.workflow}@{act.version}"
    told = ": ".join(filter(None, (act.what, act.detail, act.note)))
    return format.moment(act.t), act.by or "–", act.action, to, safe_text(told)
