"""Verbs that remove runs and bring them back: `rm`, `trash ls`, `trash empty`, `undo`."""

from datetime import datetime

import click

from ...core import clock
from ...core.errors import Conflict, NotFound
from ...core.operations import Operation, Trashed, by_a_policy, carried
from ...core.pages import each
from ...core.progress import counted
from ...core.text import safe_text
from ...core.undoing import to_take_back
from ...core.units import ago, seconds_of
from .. import format
from . import completing
from .account import DID, Account
from .as_json import plain
from .asking import consent
from .bar import working
from .changing import JSON, WHERE, carry, do, opened_to_change, order_of
from .opening import opened
from .options import YES, Settings, json_option, page_options, verb
from .output import say, say_page, table
from .parts import Parted


@verb(epilog="flightlog rm 01j9 01ja\nflightlog rm --where 'status:failed finished>90d' --yes")
@click.argument("runs", nargs=-1, shell_complete=completing.run)
@WHERE
@YES
@json_option(JSON)
def rm(settings: Settings, runs: tuple[str, ...], where: str | None, yes: bool, as_json: bool) -> None:
    """Move RUNS to the trash, whence `flightlog undo` brings them back. It needs no room on the disk.

    A query means runs that are not archived, unless it says `archived`. A run that goes on, is pinned, or is the
    parent of one that stays, is left alone (exit code 3). ^C stops between two runs, and the same command goes on.
    """
    do(settings, "trash", "rm", runs, where, yes=yes, as_json=as_json)


@verb(epilog="flightlog trash ls\nflightlog trash empty --older 30d", cls=Parted)
@json_option("What `trash ls` prints.")
def trash(settings: Settings, as_json: bool) -> None:
    """What lies in the trash, as `trash ls` lists it."""
    _list(settings, 100, None, as_json)


@verb(epilog="flightlog trash ls\nflightlog trash ls --json")
@page_options(100)
@json_option("One JSON object a line; the cursor to go on from comes on stderr.")
def ls(settings: Settings, limit: int, after: str | None, as_json: bool) -> None:
    """What lies in the trash, newest first, and the operation that undo takes back."""
    _list(settings, limit, after, as_json)


def _list(settings: Settings, limit: int, after: str | None, as_json: bool) -> None:
    with opened(settings) as store:
        page = store.upkeep.trashed(limit=limit, after=after)

    def show() -> None:
        head = ("Run", "Workflow", "Status", "Size", "Removed", "By", "Operation")
        table(head, map(_cells, page.items), right=frozenset({"Size"}))

    say_page(map(plain, page.items), page.next, as_json=as_json, show=show)


def _cells(one: Trashed) -> tuple[str, ...]:
    workflow = one.workflow if one.version is None else f"{one.workflow}@{one.version}"
    size, removed = format.size(one.size_bytes), format.moment(one.at)
    return one.run, workflow, one.status, size, removed, one.by or "–", one.operation


def _span(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    try:
        if value is not None:
            seconds_of(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return value


@verb(epilog="flightlog trash empty\nflightlog trash empty --older 7d --yes\nflightlog trash empty 01j9")
@click.argument("runs", nargs=-1, shell_complete=completing.run)
@click.option("--older", metavar="LENGTH", callback=_span, help="Only what was put there longer ago, like 7d.")
@YES
@json_option(JSON)
def empty(settings: Settings, runs: tuple[str, ...], older: str | None, yes: bool, as_json: bool) -> None:
    """Remove what lies in the trash, or of it RUNS alone, for good, from every copy. This cannot be undone."""
    account = Account(as_json=as_json, ascii=settings.ascii)
    with opened_to_change(settings) as store:
        moment = clock.now() if older is None else ago(older, datetime.fromtimestamp(clock.now_s()).astimezone())
        with working(settings.ascii):
            lies = counted(each(lambda after: store.upkeep.trashed(limit=1000, after=after)), 0, "looking at the trash")
            found = [one for one in lies if one.at < moment]
        if runs:
            found = _of_the_trash(found, runs)
        if not found:
            say("there is nothing to remove", err=True)
            return
        size = format.size(sum(one.size_bytes for one in found))
        say(f"{format.plural(len(found), 'run')} ({size}) would be removed for good", err=True)
        consent("Remove for good?", yes=yes)
        order = order_of("trash empty", [*runs, *(["--older", older] if older else [])])
        ids = {one.run for one in found}
        purged = store.upkeep.purge(order, before=moment, runs=ids)
        carry(carried("purge", order, purged), len(found), account, "removing")
    account.end()


def _of_the_trash(lies: list[Trashed], runs: tuple[str, ...]) -> list[Trashed]:
    """Those that are named, by their ids or the beginning or end of these; NotFound, Conflict."""
    found = []
    for word in runs:
        meant = [one for one in lies if one.run.startswith(word.lower()) or one.run.endswith(word.lower())]
        if not meant:
            raise NotFound(f"no run {word[:60]!r} lies in the trash", advice="`flightlog trash ls` lists what does")
        if len(meant) > 1:
            raise Conflict(f"several runs in the trash begin or end with {word[:60]!r}", advice="write more of its id")
        found += meant
    return found


@verb(epilog="flightlog undo\nflightlog undo 01j9 --yes")
@click.argument("operation", required=False, metavar="[OP]")
@YES
@json_option(JSON)
def undo(settings: Settings, operation: str | None, yes: bool, as_json: bool) -> None:
    """Take back the operation OP, or the last one that can be: what was archived is restored, what was removed or
    restored goes back where it was. OP is the beginning or the end of an id that `flightlog audit` tells.
    """
    account = Account(as_json=as_json, ascii=settings.ascii)
    with opened_to_change(settings) as store:
        found = to_take_back(store.upkeep, operation)
        _say_operation(found)
        if not found.reversible:
            raise Conflict("this operation cannot be taken back", where=found.id, advice=_why_final(found))
        if by_a_policy(found.runs):
            say("the policy then does nothing by itself until it is applied by hand again", err=True)
        consent("Take it back?", yes=yes)
        order = order_of("undo", [found.id])
        carry(carried("undo", order, store.upkeep.undo(order, found.id)), found.done, account, "taking back")
    account.end()


def _why_final(operation: Operation) -> str:
    if operation.undone:
        return "it was taken back already"
    return f"it was done in {operation.elsewhere}" if operation.elsewhere else f"{DID[operation.kind]} is what stays so"


def _say_operation(one: Operation) -> None:
    by = f" by {one.by}" if one.by else ""
    why = f" ({one.why})" if one.why else ""
    told = f"{one.id}: {format.plural(one.done, 'run')} {DID[one.kind]} at {format.moment(one.at)}{by}{why}"
    say(str(safe_text(told)), err=True)


trash.part(ls)
trash.part(empty)
