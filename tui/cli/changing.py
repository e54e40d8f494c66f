"""What every verb does that changes runs: says what would go, asks, does it a run at a time, tells what came of it."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from typing import TYPE_CHECKING, cast

import click

from ...core.choosing import Doing, Survey, begin, meant, survey
from ...core.errors import ConfigError, FlightlogError, ReadOnly
from ...core.operations import IN_THE_MIDDLE, Carried, Done, Order, carried, new_order
from ...core.pages import each
from ...core.progress import Progress, counted, telling
from ...core.query.query import Query
from ...core.runs import Run
from ...core.signing import who
from ...core.store import Store
from ...core.text import safe_text
from .. import format
from ..space.words import SWELL
from .account import Account
from .asking import consent
from .bar import Bar, working
from .breaking_off import INTERRUPTED, NOTHING, WHOLE, leaving
from .opening import is_meant, opened
from .options import Settings
from .output import say
from .stopping import Stopping
from .views import typed

if TYPE_CHECKING:
    from collections.abc import Generator

WHERE = click.option(
    "--where", metavar="QUERY", help="All runs that a query finds, instead of RUNS; @NAME is a saved view."
)
JSON = "One JSON object a line for each run, and last the sums with the operation's id."

_GOES = {
    "archive": ("goes to the archive", "go to the archive"),
    "trash": ("goes to the trash", "go to the trash"),
    "restore": ("comes back from the archive", "come back from the archive"),
}
_DOES = {"archive": "archiving", "trash": "removing", "restore": "restoring"}


@contextmanager
def opened_to_change(settings: Settings) -> Iterator[Store]:
    """The store for the time of one verb that changes runs; refused before anything is asked where none can be."""
    if settings.session:
        raise ConfigError("this is done with the whole store", where="--session", advice="leave the option out")
    with leaving(WHOLE), opened(settings, writing=is_meant(settings)) as store:
        if store.read_only and not (settings.read_only or store.instead):
            raise store.upkeep.refusal()
        if store.instead:
            raise ReadOnly(store.instead)
        if store.read_only:
            raise ReadOnly("the store was opened read-only", where=store.name, advice="open it without --read-only")
        yield store


def runs_of(store: Store, doing: Doing, words: Sequence[str], where: str | None, *, ascii: bool = False) -> list[Run]:
    """The runs that a command line means: those it names, or those that its query finds; ConfigError.

    A query means live runs unless it says `archived`, and archived ones alone where they are to come back. How far
    the look at them is, is told on a bar.
    """
    if bool(words) == (where is not None):
        raise click.UsageError("name runs, or say which with --where")
    if where is None:
        ids = dict.fromkeys(store.runs.resolve(word) for word in words)
        return [store.runs.get(id) for id in ids]
    query = _meant(where, doing)
    # A run that moves while pages are turned is met twice at most, and counts once.
    with working(ascii) as bar, leaving(NOTHING):
        found = each(lambda after: store.runs.query(query, limit=1000, after=after))
        looked_at = counted(found, store.runs.count(query) if bar.is_shown else 0, "looking at runs")
        return list({run.id: run for run in looked_at}.values())


def _meant(where: str, doing: Doing) -> Query:
    query = typed(where)
    if query.message:
        problem = query.message.replace("; searched as text", "")
        raise ConfigError(problem, where="--where", advice="nothing is changed by half a query")
    if not query.parts():
        raise ConfigError("an empty query means every run", where="--where", advice="say which, like status:failed")
    return meant(query, doing)


def order_of(verb: str, words: Sequence[str], where: str | None = None) -> Order:
    """An order signed by who gives it, with the command line that does the same."""
    # Views change, and are one person's own: what is kept says what they ask for now.
    said = [*words] if where is None else ["--where", typed(where).lasting]
    return new_order(by=who(), why=shlex.join(["flightlog", *verb.split(), *said]))


def do(
    settings: Settings, doing: Doing, verb: str, runs: Sequence[str], where: str | None, *, yes: bool, as_json: bool
) -> None:
    """A verb that archives, restores or trashes the runs which a command line means; exits as it went."""
    with opened_to_change(settings) as store:
        found = runs_of(store, doing, runs, where, ascii=settings.ascii)
        account = Account(as_json=as_json, ascii=settings.ascii)
        _do(store, doing, found, order_of(verb, runs, where), yes=yes, account=account)


def _do(store: Store, doing: Doing, found: Sequence[Run], order: Order, *, yes: bool, account: Account) -> None:
    """The same once somebody agreed."""
    seen = survey(doing, found, store.runs)
    if not found:
        say("no run is meant", err=True)
    _say_survey(seen)
    if seen.chosen:
        consent("Go on?", yes=yes, names=seen.emptied)
    for run, why in seen.stays.items():
        account.add(Carried(doing, order, Done(run=run, outcome="skipped", why=f"it {why}")))
    if seen.chosen:
        carry(carried(doing, order, begin(seen, order, store.upkeep)), len(seen.chosen), account, _DOES[doing])
    account.end()


def _say_survey(seen: Survey) -> None:
    """What would go and what stays, on stderr: stdout is for what is done."""
    if count := len(seen.chosen):
        unknown = f", the size of {seen.unknown:,} is not known" if seen.unknown else ""
        goes = _GOES[seen.doing][count > 1]
        what = f"{format.plural(count, 'run')} ({format.size(seen.size_bytes)}{unknown})"
        if seen.copies == count:
            copy, goes = ("a copy", _GOES[seen.doing][0]) if count == 1 else ("copies", _GOES[seen.doing][1])
            what = f"{copy} of {what}"
        elif seen.copies:
            goes += f", {seen.copies:,} of them as a copy"
        say(f"{what} {goes}: {_of(seen)}", err=True)
        if seen.swell:
            say(SWELL[count > 1], err=True)
        if seen.copies:
            say("what is copied belongs to another program, and stays as it is", err=True)
    for why, count in seen.refused.items():
        say(f"1 stays: it {why}" if count == 1 else f"{count:,} stay: each {why}", err=True)


def _of(seen: Survey) -> str:
    most = sorted(seen.workflows.items(), key=lambda one: (-one[1], one[0]))
    told = ", ".join(f"{count:,} of {safe_text(workflow)}" for workflow, count in most[:5])
    return told + (f" and those of {len(most) - 5:,} more workflows" if most[5:] else "")


def carry(found: Iterator[Carried], total: int, account: Account, what: str) -> None:
    """Does it, a run at a time, with a bar. ^C stops between two runs, or in the middle of a big one, which stays as
    it was; tells what was done, and exits. What ends it half-way is raised when what was done has been told.
    """
    progress, count = Progress(), 0
    progress.begin(total, what)
    try:
        with (
            leaving("what was begun is finished or taken back by the next command"),
            Bar(progress, ascii=account.ascii, told=format.number) as bar,
            Stopping(progress) as stopping,
            telling(progress),
            closing(cast("Generator[Carried]", found)) as runs,
        ):
            for one in runs:
                count += one.done.why not in IN_THE_MIDDLE
                progress.reach(count)
                with bar.aside() if account.speaks_of(one) else nullcontext():
                    account.add(one)
                if stopping.asked and count < total:
                    break
    except FlightlogError:
        account.say()
        raise
    if stopping.asked and count < total:
        account.say()
        say(f"stopped after {count:,} of {total:,}; the same command goes on with the rest", err=True)
        sys.exit(INTERRUPTED)
