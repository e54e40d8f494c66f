"""Verbs that sum over runs: `sessions`, `costs`."""

import sys
from collections.abc import Sequence
from typing import get_args

import click

from ...core.budgets import Standing, look
from ...core.costs import CostGroup, GroupBy
from ...core.query.query import Query
from ...core.repositories import RunRepository
from ...core.runs import Group, cost_of
from . import completing
from .as_json import budget_row, group_row, plain
from .main import FINDINGS
from .opening import opened
from .options import Settings, json_option, page_options, verb
from .output import say, say_json, say_page, table
from .runs import query_of


@verb(epilog="flightlog sessions\nflightlog sessions --json")
@page_options(100)
@json_option("One JSON object a line; the cursor to go on from comes on stderr.")
def sessions(settings: Settings, limit: int, after: str | None, as_json: bool) -> None:
    """Sessions with their runs, most recently active first."""
    with opened(settings) as store:
        page = store.runs.sessions(limit=limit, after=after)
    say_page(map(plain, page.items), page.next, as_json=as_json, show=lambda: _say_groups(page.items))


def _say_groups(found: Sequence[Group]) -> None:
    from .. import format

    rows = [
        (
            g.id,
            g.runs,
            g.running,
            format.moment(g.last_event) if g.last_event else "–",
            format.count(g.tokens.total),
            format.cost(g.money),
        )
        for g in found
    ]
    table(
        ("Session", "Runs", "Running", "Last event", "Tokens", "Cost"),
        rows,
        right=frozenset({"Runs", "Running", "Tokens", "Cost"}),
    )


@verb(
    epilog="flightlog costs\nflightlog costs --by model since:7d\nflightlog costs --by workflow --json\n"
    "flightlog costs --by run --limit 20 workflow:triage\n"
    "flightlog costs --gate && ./nightly.sh"
)
@click.argument("query", nargs=-1, shell_complete=completing.query)
@click.option("--by", type=click.Choice(get_args(GroupBy)), default="day", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), help="Of --by run: so many runs.  [default: 100]")
@click.option("--after", metavar="CURSOR", help="Of --by run: go on from the cursor that an earlier call printed.")
@click.option("--gate", is_flag=True, help="Exit with 3 when a budget is spent, so that a script can stop there.")
@json_option()
def costs(
    settings: Settings,
    query: tuple[str, ...],
    by: GroupBy,
    limit: int | None,
    after: str | None,
    gate: bool,
    as_json: bool,
) -> None:
    """What the runs that match QUERY cost; calls without a price are counted apart, never as zero.

    Then how the budgets of the configuration stand, whatever QUERY says. With --json these are the objects that
    have a key `budget`: its query, empty for all runs. Days are those of UTC. What --gate asks of the budgets is
    what is known for certain: calls without a price spend nothing of them.
    """
    if by != "run" and (limit or after):
        raise click.UsageError("--limit and --after are for --by run; all other sums are told at once")
    with opened(settings) as store:
        found, more = _summed(store.runs, by, query_of(query), limit or 100, after)
        budgets = look(store.budgets, store.runs)
    if as_json:
        for row in (*(group_row(group, by) for group in found), *map(budget_row, budgets)):
            say_json(row)
    else:
        _say_costs(found, by)
        if budgets:
            say()
            _say_budgets(budgets)
    if more:
        say(f"go on with --after {more}", err=True)
    if gate and not budgets:
        say("no budget is set, so none is spent; give `budgets` a block in flightlog.yaml", err=True)
    if gate and any(one.state == "spent" for one in budgets):
        sys.exit(FINDINGS)


def _summed(
    runs: RunRepository, by: GroupBy, query: Query, limit: int, after: str | None
) -> tuple[list[CostGroup], str | None]:
    """The sums, and where to go on: only of runs there may be so many that they come by pages."""
    if by != "run":
        return runs.costs(by, query), None
    page = runs.spenders(query, limit=limit, after=after)
    return [cost_of(run) for run in page.items], page.next


def _say_costs(found: Sequence[CostGroup], by: GroupBy) -> None:
    from .. import format

    rows = [
        (
            group.key or "–",
            group.calls,
            format.count(group.tokens.total),
            format.cost(group.money),
            group.money.provenance,
            group.money.unknown or "",
        )
        for group in found
    ]
    table(
        ("Day (UTC)" if by == "day" else by.capitalize(), "Calls", "Tokens", "Cost", "Provenance", "No price"),
        rows,
        right=frozenset({"Calls", "Tokens", "Cost", "No price"}),
    )


def _say_budgets(found: Sequence[Standing]) -> None:
    from ..costs.budget_lines import STATES, amounts, title

    rows = [
        (
            title(one),
            one.budget.per,
            one.since or "–",
            amounts(one),
            f"{one.percent}%",
            one.unknown or "",
            STATES[one.state],
        )
        for one in found
    ]
    table(
        ("Budget", "Per", "Since", "Spent", "Part", "No price", "State"),
        rows,
        right=frozenset({"Spent", "Part", "No price"}),
    )
