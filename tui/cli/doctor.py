"""`flightlog doctor`: look for everything that is wrong, say what to do, and put right what a program can."""

import sys
from collections.abc import Iterator, Sequence

import click

from ...core.progress import counted
from ...core.store import Store
from ...core.text import safe_text
from ...core.upkeep import Finding
from ..doctor.mending import mended
from ..doctor.words import is_meant, mark, question
from ..glyphs import ASCII, UNICODE
from .as_json import plain
from .asking import consent
from .bar import Bar, working
from .breaking_off import DONE_SO_FAR, leaving
from .main import FINDINGS
from .opening import opened
from .options import Settings, json_option, verb
from .output import say, say_json

_ROUNDS = 3
"""What is put right may show more: an index that is read anew finds what it had not read."""


@verb(
    epilog="flightlog doctor\nflightlog doctor --json\nflightlog doctor --fix\nflightlog doctor --fix --yes\n"
    "flightlog doctor --fix --only lost-run\nflightlog doctor --fix --only torn-line --only 01j9"
)
@click.option("--fix", is_flag=True, help="Put right what can be, after showing what would be done. Nothing is lost.")
@click.option("--yes", is_flag=True, help="With --fix: do not ask.")
@click.option(
    "--only",
    metavar="WHAT",
    multiple=True,
    help="Only findings of this kind, of this run, or at this place, as they are told; repeated, all must hold.",
)
@json_option("One finding a line, as JSON; with --fix also what was done: `done`, or `failed` and why.")
def doctor(settings: Settings, fix: bool, yes: bool, only: tuple[str, ...], as_json: bool) -> None:
    """Look for everything that is wrong. Exit code 3 when there are warnings or errors (with --fix: that are left)."""
    with opened(settings, writing=fix) as store:
        others: set[str] = set()
        found = _looked(store, only, settings, as_json, others)
        amiss = f"; what is found is {', '.join(sorted(others))}" if others and not found else ""
        if fix and (curable := [finding for finding in found if finding.repair]):
            consent(question(curable).replace("?", ", as shown in brackets?"), yes=yes)
            with leaving(DONE_SO_FAR):
                found = _put_right(store, curable, only, settings, as_json)
    wrong = any(finding.severity != "note" for finding in found)
    if not wrong and not as_json:
        say(f"nothing {'of that ' if only else ''}is wrong" + (" any more" if fix and not amiss else "") + amiss)
    sys.exit(FINDINGS if wrong else 0)


def _check(store: Store, only: Sequence[str]) -> Iterator[Finding]:
    return (finding for finding in store.upkeep.check() if is_meant(finding, only))


def _put_right(
    store: Store, curable: list[Finding], only: Sequence[str], settings: Settings, as_json: bool
) -> list[Finding]:
    """Repairs, and looks again; returns what is left."""
    failed: set[tuple[str, str]] = set()
    found: list[Finding] = []
    for _ in range(_ROUNDS):
        with working(settings.ascii) as bar:
            for finding in counted(curable, len(curable), "putting right"):
                if not _repaired(store, finding, bar, settings, as_json):
                    failed.add((finding.kind, finding.where))
        with working(settings.ascii):
            found = list(_check(store, only))
        curable = [one for one in found if one.repair and (one.kind, one.where) not in failed]
        if not curable:
            break
    return found


def _repaired(store: Store, finding: Finding, bar: Bar, settings: Settings, as_json: bool) -> bool:
    _, done, failed = mended(store, finding)
    with bar.aside():
        if as_json:
            say_json(plain(finding) | ({"done": done} if done else {"failed": failed}))
        else:
            sign = ("ok" if settings.ascii else "✔") if done else _mark("error", settings)
            say(f"{sign} {finding.kind}: {safe_text(done or failed)} ({safe_text(finding.where)})")
    return bool(done)


def _looked(store: Store, only: Sequence[str], settings: Settings, as_json: bool, others: set[str]) -> list[Finding]:
    """Says each as soon as it is found. `others` comes to hold the kinds that are found but not meant."""
    kept = []
    with working(settings.ascii) as bar:
        for finding in store.upkeep.check():
            if not is_meant(finding, only):
                others.add(safe_text(finding.kind))
                continue
            kept.append(finding)
            with bar.aside():
                _say(finding, settings, as_json)
    return kept


def _say(finding: Finding, settings: Settings, as_json: bool) -> None:
    if as_json:
        say_json(plain(finding))
        return
    advice = f"; {safe_text(finding.advice)}" if finding.advice else ""
    would = f" [--fix {finding.repair}]" if finding.repair else ""
    where = f"({safe_text(finding.where)})"
    say(f"{_mark(finding.severity, settings)} {finding.kind}: {safe_text(finding.what)} {where}{advice}{would}")


def _mark(severity: str, settings: Settings) -> str:
    return mark(severity, ASCII if settings.ascii else UNICODE)
