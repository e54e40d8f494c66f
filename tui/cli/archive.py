"""Verbs for what is kept packed: `archive`, `archive ls`, `archive verify`, `restore`."""

import sys
from collections.abc import Sequence

import click

from ...core.pages import Sort, each
from ...core.progress import counted
from ...core.query.query import parse
from ...core.store import Store
from ...core.text import safe_text
from ...core.upkeep import Finding
from .. import format
from . import completing
from .as_json import plain, run_row
from .bar import Bar, working
from .changing import JSON, WHERE, do
from .main import FINDINGS, OK
from .opening import opened
from .options import YES, Settings, json_option, page_options, verb
from .output import say, say_json
from .parts import Parted
from .runs import each_run, query_of, say_runs

_ARCHIVED = parse("archived")


@verb(
    epilog="flightlog archive 01j9 01ja\nflightlog archive --where 'status:completed finished>90d' --yes\n"
    "flightlog archive ls workflow:triage\nflightlog archive verify",
    cls=Parted,
)
@click.argument("runs", nargs=-1, shell_complete=completing.run)
@WHERE
@YES
@json_option(JSON)
def archive(settings: Settings, runs: tuple[str, ...], where: str | None, yes: bool, as_json: bool) -> None:
    """Pack RUNS into one small file each. They can be read as before, only slower; `ls --all` lists them.

    Of a run of another program, which a source shows, a copy is packed, and the run stays as it is. What was packed
    is read back and compared before the original goes. A run that goes on, or is pinned, is left
    alone (exit code 3). ^C stops between two runs, and the same command goes on.
    """
    do(settings, "archive", "archive", runs, where, yes=yes, as_json=as_json)


@verb(epilog="flightlog restore 01j9\nflightlog restore --where 'workflow:triage since:30d' --yes")
@click.argument("runs", nargs=-1, shell_complete=completing.run)
@WHERE
@YES
@json_option(JSON)
def restore(settings: Settings, runs: tuple[str, ...], where: str | None, yes: bool, as_json: bool) -> None:
    """Unpack archived RUNS: the same bytes at the same place. A run that is live is never overwritten."""
    do(settings, "restore", "restore", runs, where, yes=yes, as_json=as_json)


@verb(epilog="flightlog archive ls\nflightlog archive ls 'workflow:triage since:30d' --limit 100 --json")
@click.argument("query", nargs=-1, shell_complete=completing.query)
@page_options(20)
@json_option("One JSON object a line, as `flightlog ls` has it.")
def ls(settings: Settings, query: tuple[str, ...], limit: int, after: str | None, as_json: bool) -> None:
    """List the archived runs that match QUERY, newest first."""
    wanted = query_of(query) & _ARCHIVED
    with opened(settings) as store:
        found = each_run(store.runs, wanted, Sort(), limit, after)
        if as_json:
            for run, _ in found:
                say_json(run_row(run))
        else:
            say_runs(store, wanted, list(found), settings, after)


@verb(epilog="flightlog archive verify\nflightlog archive verify 01j9 --json")
@click.argument("runs", nargs=-1, shell_complete=completing.run)
@json_option("One JSON object a line for each that is damaged, and last how many were read.")
def verify(settings: Settings, runs: tuple[str, ...], as_json: bool) -> None:
    """Read archived RUNS (or all) whole and compare every digest. Exit code 3 when any is damaged."""
    with opened(settings) as store, working(settings.ascii) as bar:
        ids = [store.runs.resolve(run) for run in runs] or _all_archived(store, shown=bar.is_shown)
        damaged = _verified(store, ids, as_json, bar, settings.ascii)
    if as_json:
        say_json({"read": len(ids), "damaged": damaged})
    else:
        say(f"{format.plural(len(ids), 'archived run')} read, {damaged:,} damaged")
    sys.exit(FINDINGS if damaged else OK)


def _all_archived(store: Store, *, shown: bool) -> list[str]:
    found = each(lambda after: store.runs.query(_ARCHIVED, limit=1000, after=after))
    return [run.id for run in counted(found, store.runs.count(_ARCHIVED) if shown else 0, "looking at runs")]


def _verified(store: Store, ids: Sequence[str], as_json: bool, bar: Bar, ascii: bool) -> int:
    damaged = 0
    for id in counted(ids, len(ids), "reading"):
        finding = store.upkeep.verify_archive(id)
        if finding is not None:
            damaged += 1
            with bar.aside():
                _say_finding(finding, as_json, ascii)
    return damaged


def _say_finding(finding: Finding, as_json: bool, ascii: bool) -> None:
    if as_json:
        say_json(plain(finding))
    else:
        told = f"{finding.run}: {finding.what} ({finding.where})" + (f"; {finding.advice}" if finding.advice else "")
        say(f"{'x' if ascii else '✖'} {safe_text(told)}")


archive.part(ls)
archive.part(verify)
