"""Verbs that read logs: `logs` (with follow) and `search`."""

import re
import threading
from collections.abc import Callable
from typing import get_args

import click

from ...core.errors import ConfigError
from ...core.events import Level
from ...core.logs import LogEntry, LogFilter
from ...core.runs import FINISHED
from ...core.store import Store
from ...core.text import safe_text
from .. import format
from . import completing
from .as_json import plain
from .bar import Bar, working
from .opening import opened
from .options import Settings, json_option, verb
from .output import check_reader, say, say_json
from .runs import query_of
from .searched import all_searched
from .watching import Patience

PAGE = 500


@verb(
    epilog="flightlog logs 01j9 -f\nflightlog logs 01j9 -n 50\n"
    "flightlog logs 01j9 --level WARNING --grep 'rate limit'\nflightlog logs 01j9 --json"
)
@click.argument("run", shell_complete=completing.run)
@click.option("-f", "--follow", is_flag=True, help="Go on as entries come, until the run is finished.")
@click.option("-n", "--tail", metavar="N", type=click.IntRange(min=0), help="The last N of these only.")
@click.option(
    "--level", type=click.Choice(get_args(Level), case_sensitive=False), default="DEBUG", help="This and worse."
)
@click.option("--grep", metavar="REGEX", help="Messages that this regular expression finds, ignoring case.")
@click.option("--step", metavar="STEP", help="Entries of one step (its id or name).")
@click.option("--request", metavar="ID", default="", help="Entries of one call, by its request id.")
@json_option()
def logs(
    settings: Settings,
    run: str,
    follow: bool,
    tail: int | None,
    level: str,
    grep: str | None,
    step: str | None,
    request: str,
    as_json: bool,
) -> None:
    """Log entries of RUN, oldest first."""
    pattern = _pattern(grep)
    with opened(settings) as store, working(settings.ascii) as bar:
        found = store.runs.resolve(run)
        wanted = LogFilter(level=_level(level), step=_step_id(store, found, step), request_id=request)
        log = _Log(store, found, wanted, pattern, as_json, bar)
        if follow:
            _follow(store, log, tail)
        elif tail is None:
            log.print_all()
        else:
            log.print_last(tail)
    if not (log.printed or follow or as_json):
        say("no entries match", err=True)


class _Log:
    """What is wanted of a run's log, printed a page at a time: all of one, or none."""

    def __init__(
        self, store: Store, run: str, wanted: LogFilter, pattern: re.Pattern[str] | None, as_json: bool, bar: Bar
    ) -> None:
        self.run, self._bar = run, bar
        self._store, self._wanted, self._pattern, self._as_json = store, wanted, pattern, as_json
        self._names = StepNames(store)
        self._seen = self.printed = 0

    def print_all(self) -> None:
        """Prints what there is; where few of many entries may be wanted, it is told how far the reading is."""
        progress = self._bar.progress
        if self._pattern is None and self._wanted == LogFilter():
            self.print_new()
            return
        progress.begin(self._store.runs.get(self.run).last_seq, "reading events")
        try:
            self.print_new(progress.reach)
        finally:
            progress.end()

    def print_new(self, reach: Callable[[int], None] = lambda seq: None) -> None:
        """Prints what comes after all that was looked at before."""
        while page := self._store.logs.query(self.run, self._wanted, after=self._seen, limit=PAGE):
            self._print(self._matching(page))
            self._seen = page[-1].seq
            reach(self._seen)

    def print_last(self, number: int) -> None:
        """Prints the last `number` entries; reads no more of the log than these need."""
        found: list[LogEntry] = []
        seen, before = 0, None
        while page := self._store.logs.query(self.run, self._wanted, before=before, limit=PAGE):
            seen, before = max(seen, page[-1].seq), page[0].seq
            found = self._matching(page) + found
            if len(found) >= number:
                break
        self._print(found[max(len(found) - number, 0) :])
        self._seen = seen

    def _matching(self, entries: list[LogEntry]) -> list[LogEntry]:
        return [entry for entry in entries if self._pattern is None or self._pattern.search(entry.message)]

    def _print(self, entries: list[LogEntry]) -> None:
        for entry in entries:
            if entry.step:
                self._names.of(self.run, entry.step)
        self.printed += len(entries)
        if entries:
            with self._bar.aside():
                for entry in entries:
                    _print(entry, self._as_json, self._names)


class StepNames:
    """Names of steps, read a run at a time, and again only when a step is new."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._run = ""
        self._names: dict[str, str] = {}

    def of(self, run: str, step: str) -> str:
        """A step's name; its id while it has none."""
        if run != self._run or step not in self._names:
            self._run, self._names = run, {one.id: one.name for one in self._store.runs.steps(run)}
            self._names.setdefault(step, step)
        return self._names[step] or step


def _follow(store: Store, log: _Log, tail: int | None) -> None:
    woken, patience = threading.Event(), Patience()
    watch = store.feed.watch(woken.set)
    try:
        while True:
            with patience:
                # Asked before reading, so that what is written between the two is still printed.
                finished = store.runs.get(log.run).status in FINISHED
                if tail is not None:
                    log.print_last(tail)
                    tail = None
                log.print_new()
                if finished:
                    return
            check_reader()
            woken.wait(5)
            woken.clear()
    finally:
        watch.close()


def _print(entry: LogEntry, as_json: bool, names: StepNames, *, with_run: bool = False) -> None:
    if as_json:
        say_json(plain(entry))
        return
    run = f"{entry.run}  " if with_run else ""
    step = f" [{safe_text(names.of(entry.run, entry.step))}]" if entry.step else ""
    details = "".join(f" {safe_text(key)}={safe_text(str(value))}" for key, value in entry.details.items())
    say(f"{run}{format.instant(entry.t)}  {entry.level:7}{step} {safe_text(entry.message, lines=True)}{details}")


def _pattern(grep: str | None) -> re.Pattern[str] | None:
    if grep is None:
        return None
    try:
        return re.compile(grep, re.IGNORECASE)
    except re.error as error:
        raise ConfigError(f"{grep!r} is no regular expression: {error}", where="--grep") from error


def _level(text: str) -> Level:
    return next(level for level in get_args(Level) if level == text.upper())


def _step_id(store: Store, run: str, text: str | None) -> str | None:
    if text is None:
        return None
    steps = store.runs.steps(run)
    exact = [step for step in steps if step.id == text]
    named = [step for step in steps if step.name == text]
    if exact or len(named) == 1:
        return (exact or named)[0].id
    what = f"several steps are called {text!r}" if named else f"there is no step {text!r}"
    known = ", ".join(f"{step.id} ({step.name})" for step in named or steps)
    advice = f"take one of: {known[:500]}" if known else "the run has no steps: leave the option out"
    raise ConfigError(what, where=f"run {run}", advice=advice)


@verb(epilog="flightlog search 'connection reset'\nflightlog search timeout 'workflow:triage since:7d' --limit 5")
@click.argument("text")
@click.argument("query", nargs=-1, shell_complete=completing.query)
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@json_option()
def search(settings: Settings, text: str, query: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Log entries with all words of TEXT, of all runs (or those that match QUERY), newest run first.

    Inside TEXT, "…" is a phrase, and word* the beginning of a word. Exit code 3 when some logs may not be read; their
    folders are named.
    """
    wanted = query_of(query)
    with opened(settings) as store, all_searched(), working(settings.ascii) as bar:
        # Runs that begin meanwhile are found too; how many there are is asked only where it is shown.
        bar.progress.begin(store.runs.count(wanted) if bar.is_shown else 0, "searching runs")
        hits, names = store.logs.search(text, wanted, searched=bar.progress.step), StepNames(store)
        entry = None
        for _, entry in zip(range(limit), hits, strict=False):
            with bar.aside():
                _print(entry, as_json, names, with_run=True)
    if entry is None and not as_json:
        say("no entries match", err=True)
