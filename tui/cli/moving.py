"""Verbs that carry a store elsewhere, and compare two: `migrate`, `backup` and `verify`."""

import sys
from collections.abc import Iterable, Sequence

import click

from ...core.errors import ConfigError
from ...core.moving import Counts, Move
from ...core.progress import Progress, telling
from ...core.text import safe_text
from ...core.upkeep import Finding
from .. import format
from ..doctor.words import mark
from ..glyphs import ASCII, UNICODE
from .as_json import plain
from .bar import Bar
from .breaking_off import leaving
from .main import FINDINGS
from .opening import backed_up, migrated, verified
from .options import Settings, json_option, verb
from .output import say, say_json

_CARRIED = "what was carried stays in the copy, and the same command goes on from there"
_NOT_MOVED = "the store is where it was, or all of it is moved: the same command goes on, or says so"


@verb(epilog="flightlog verify data backup\nflightlog verify data postgresql://ana@db/flightlog")
@click.argument("a")
@click.argument("b")
@json_option("One difference a line, as JSON, and last what was compared.")
def verify(settings: Settings, a: str, b: str, as_json: bool) -> None:
    """Compare the stores A and B: every run, state, annotation, version and pattern, byte for byte.

    Changes nothing. Exit code 3 when anything differs, or cannot be read.
    """
    _whole(settings, writes=False)
    progress, found = Progress(), 0
    with Bar(progress, ascii=settings.ascii) as bar, telling(progress):
        for one in verified(a, b, progress):
            with bar.aside():
                if isinstance(one, Counts):
                    _say_compared(one, found, as_json)
                else:
                    found += 1
                    _say_finding(one, as_json, settings.ascii)
    sys.exit(FINDINGS if found else 0)


@verb(epilog="flightlog backup /mnt/second/flightlog\nflightlog backup sqlite:/mnt/second/flightlog.db --data data")
@click.argument("to")
@json_option("What was carried and found, as one object.")
def backup(settings: Settings, to: str, as_json: bool) -> None:
    """Copy everything into the store TO, a place as --data takes it; again, only what is new.

    What was carried is compared byte for byte. Programs may record meanwhile, and the configuration stays.
    Exit code 3 when something could not be carried.
    """
    _whole(settings)
    progress = Progress()
    with leaving(_CARRIED), Bar(progress, ascii=settings.ascii), telling(progress):
        move = backed_up(settings, to, progress)
    _say_move(move, as_json, settings.ascii)


@verb(
    epilog="flightlog migrate --to sqlite\nflightlog migrate --to file:/srv/runs --wait --data data\n"
    "flightlog migrate --to 'postgresql://ana:${PGPASS}@db/flightlog'\n"
    "flightlog migrate --to sqlite:bot/flightlog.db --data checkpoints.sqlite\n"
    "flightlog migrate --to file:coding --data ~/.claude"
)
@click.option(
    "--to", required=True, metavar="TYPE:PATH|URL", help="file:DIR, sqlite:FILE, a URL, or a TYPE in the same folder."
)
@click.option("--wait", is_flag=True, help="Wait until no run is being written.")
@click.option("--archive-old", is_flag=True, help="Put the old data aside afterwards, into a folder moved-….")
@json_option("What was carried and found, as one object.")
def migrate(settings: Settings, to: str, wait: bool, archive_old: bool, as_json: bool) -> None:
    """Move everything to another storage, compare both sides, and switch flightlog.yaml to it.

    No run can begin meanwhile. The old data stay as they are. What cannot be read of them is listed (exit code 3),
    and so is what lies in the trash, which stays there. What `flightlog audit` tells of operations is told in the new
    place too; they can be taken back only in the old one. The configuration is switched only when both sides hold the
    same. Killed at any moment, the store is as it was, or moved: the same command goes on, or says that it is moved
    and finishes what is left. Somebody else's data (a LangGraph database, a folder of transcripts) are read, and
    nothing else is done to them.
    """
    _whole(settings)
    progress = Progress()
    with leaving(_NOT_MOVED), Bar(progress, ascii=settings.ascii) as bar, telling(progress):
        move = migrated(settings, to, progress, archive=archive_old, wait=_Waiting(bar) if wait else None)
    if not as_json and move.since:
        say(f"nothing is left to be moved: that was done {format.moment(move.since)}", err=True)
    if not as_json and move.archived:
        say(f"the old data lie in {safe_text(move.archived)}", err=True)
    if not as_json and move.switched:
        say(f"{safe_text(move.switched)} names the new place", err=True)
    elif not as_json and any(finding.severity == "error" and finding.kind != "damaged" for finding in move.findings):
        say("the configuration stays as it was, for both sides do not hold the same", err=True)
    _say_move(move, as_json, settings.ascii)


class _Waiting:
    """Says which runs are waited for, whenever others are."""

    def __init__(self, bar: Bar) -> None:
        self._bar, self._said = bar, tuple[str, ...]()

    def __call__(self, runs: Sequence[str]) -> None:
        if tuple(runs) != self._said:
            self._said = tuple(runs)
            with self._bar.aside():
                say(f"flightlog: waiting for {_named(runs)}", err=True)


def _named(runs: Sequence[str]) -> str:
    return ", ".join(runs[:5]) + (" …" if len(runs) > 5 else "")


def _whole(settings: Settings, *, writes: bool = True) -> None:
    if settings.session:
        raise ConfigError("a store is copied whole", where="--session", advice="leave the option out")
    if settings.read_only and writes:
        raise ConfigError("this writes another store", where="--read-only", advice="leave the option out")


def _say_move(move: Move, as_json: bool, ascii: bool) -> None:
    if as_json:
        say_json(plain(move))
    else:
        _say_findings(move.findings, ascii)
        say(f"carried {move.events:,} events of {move.runs:,} runs, {_beside(move)}")
        say(f"compared on both sides: {_counted(move.verified)}")
        if move.going_on:
            say(f"{_named(move.going_on)} went on; the same command carries what is new since", err=True)
    sys.exit(FINDINGS if any(finding.severity != "note" for finding in move.findings) else 0)


def _say_compared(counts: Counts, found: int, as_json: bool) -> None:
    if as_json:
        say_json(plain(counts))
        return
    differ = f"{found:,} findings" if found else "both hold the same"
    say(f"{differ}: {_counted(counts)} compared")


def _say_findings(findings: Iterable[Finding], ascii: bool) -> None:
    for finding in findings:
        _say_finding(finding, False, ascii)


def _say_finding(finding: Finding, as_json: bool, ascii: bool) -> None:
    if as_json:
        say_json(plain(finding))
        return
    sign = mark(finding.severity, ASCII if ascii else UNICODE)
    say(f"{sign} {finding.kind}: {safe_text(finding.what)} ({safe_text(finding.where)})")


def _beside(move: Move) -> str:
    return (
        f"{move.annotations:,} annotations, {move.versions:,} versions, {move.patterns:,} patterns, "
        f"{move.operations:,} operations"
    )


def _counted(counts: Counts) -> str:
    return (
        f"{counts.runs:,} runs, {counts.events:,} events, {counts.values:,} state values, "
        f"{counts.annotations:,} annotations, {counts.versions:,} versions, {counts.patterns:,} patterns"
    )
