"""`flightlog doctor`: look for everything that is wrong, say what to do, and put right what a program can."""

import sys
from collections.abc import Iterable

import click

from ...core.errors import StorageError
from ...core.store import Store
from ...core.text import safe_text
from ...core.upkeep import Finding
from .. import format
from .as_json import plain
from .asking import consent
from .main import FINDINGS
from .opening import opened
from .options import Settings, json_option, verb
from .output import say, say_json

_MARK = {"note": "·", "warning": "!", "error": "✖"}
_ASCII = {"note": "-", "warning": "!", "error": "x"}
_ROUNDS = 3
"""What is put right may show more: an index that is read anew finds what it had not read."""


@verb(epilog="flightlog doctor\nflightlog doctor --json\nflightlog doctor --fix\nflightlog doctor --fix --yes")
@click.option("--fix", is_flag=True, help="Put right what can be, after showing what would be done. Nothing is lost.")
@click.option("--yes", is_flag=True, help="With --fix: do not ask.")
@json_option("One finding a line, as JSON; with --fix also what was done: `done`, or `failed` and why.")
def doctor(settings: Settings, fix: bool, yes: bool, as_json: bool) -> None:
    """Look for everything that is wrong. Exit code 3 when there are warnings or errors (with --fix: that are left)."""
    with opened(settings, writing=fix) as store:
        found = _shown(store.upkeep.check(), settings, as_json)
        if fix and (curable := [finding for finding in found if finding.repair]):
            consent(f"Put {format.plural(len(curable), 'finding')} right, as shown in brackets?", yes=yes)
            found = _put_right(store, curable, found, settings, as_json)
    wrong = any(finding.severity != "note" for finding in found)
    if not wrong and not as_json:
        say("nothing is wrong" + (" any more" if fix else ""))
    sys.exit(FINDINGS if wrong else 0)


def _put_right(
    store: Store, curable: list[Finding], found: list[Finding], settings: Settings, as_json: bool
) -> list[Finding]:
    """Repairs, and looks again; returns what is left."""
    failed: set[tuple[str, str]] = set()
    for _ in range(_ROUNDS):
        for finding in curable:
            if not _repaired(store, finding, settings, as_json):
                failed.add((finding.kind, finding.where))
        found = list(store.upkeep.check())
        curable = [one for one in found if one.repair and (one.kind, one.where) not in failed]
        if not curable:
            break
    return found


def _repaired(store: Store, finding: Finding, settings: Settings, as_json: bool) -> bool:
    try:
        done, failed = store.upkeep.repair(finding), ""
    except StorageError as error:
        done, failed = "", str(error)
    if as_json:
        say_json(plain(finding) | ({"done": done} if done else {"failed": failed}))
    else:
        mark = ("ok" if settings.ascii else "✔") if done else _mark("error", settings)
        say(f"{mark} {finding.kind}: {safe_text(done or failed)} ({safe_text(finding.where)})")
    return bool(done)


def _shown(found: Iterable[Finding], settings: Settings, as_json: bool) -> list[Finding]:
    """Says each as soon as it is found."""
    kept = []
    for finding in found:
        kept.append(finding)
        if as_json:
            say_json(plain(finding))
        else:
            advice = f"; {safe_text(finding.advice)}" if finding.advice else ""
            would = f" [--fix {finding.repair}]" if finding.repair else ""
            where = f"({safe_text(finding.where)})"
            say(f"{_mark(finding.severity, settings)} {finding.kind}: {safe_text(finding.what)} {where}{advice}{would}")
    return kept


def _mark(severity: str, settings: Settings) -> str:
    return (_ASCII if settings.ascii else _MARK)[severity]
