"""The verb that lists the rows of a batch run: `items`."""

from typing import get_args

import click

from ...core.events import ItemStatus
from ...core.runs import Item, Retry
from . import completing
from .as_json import plain
from .opening import opened
from .options import Settings, json_option, page_options, verb
from .output import say_page, table

_HEAD = ("Row", "Status", "Attempts", "Error")


@verb(epilog="flightlog items 01j9\nflightlog items 01j9 --status failed --json\nflightlog items 01j9 --retries")
@click.argument("run", shell_complete=completing.run)
@click.option("--status", type=click.Choice(get_args(ItemStatus)), help="Rows that stand so.")
@click.option("--retries", is_flag=True, help="Failed rows, and what the run's next attempt made of each.")
@page_options(100)
@json_option("One JSON object a line; the cursor to go on from comes on stderr.")
def items(
    settings: Settings,
    run: str,
    status: ItemStatus | None,
    retries: bool,
    limit: int,
    after: str | None,
    as_json: bool,
) -> None:
    """Rows of the batch RUN, failed ones first."""
    if retries and status not in (None, "failed"):
        raise click.UsageError("--retries is about failed rows")
    head: tuple[str, ...] = _HEAD
    with opened(settings) as store:
        found = store.runs.resolve(run)
        if retries:
            again = store.runs.retries(found, limit=limit, after=after)
            cursor, rows = again.next, [plain(one) for one in again.items]
            head, cells = (*_HEAD, "Next attempt", "Row there"), [_retry(one) for one in again.items]
        else:
            page = store.runs.items(found, status=status, limit=limit, after=after)
            cursor, rows = page.next, [plain(one) for one in page.items]
            cells = [_row(one) for one in page.items]
    right = frozenset({"Row", "Attempts"})
    say_page(rows, cursor, as_json=as_json, show=lambda: table(head, cells, right=right))


def _row(item: Item) -> tuple[object, ...]:
    return item.row_number, item.status, item.attempts, item.error


def _retry(retry: Retry) -> tuple[object, ...]:
    there = retry.next.status if retry.next else "not there" if retry.run else ""
    return *_row(retry.item), retry.run or "none", there
