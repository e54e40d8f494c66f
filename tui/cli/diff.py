"""`diff`: what differs between runs, two versions of workflows, or two checkpoints."""

import click

from ...core.diff import DiffLine, hunks, text_diff
from ...core.errors import ConfigError, NotFound
from ...core.store import Store
from ...core.text import safe_text
from ...core.workflows import Version
from ..compare import NAMES
from . import completing
from .as_json import plain
from .bar import working
from .opening import opened
from .options import Settings, json_option, verb
from .output import say, say_json
from .versions import named_version

EXAMPLES = """
flightlog diff 01j9a 01j9b
flightlog diff 01j9a 01j9b 01j9c --part steps --all
flightlog diff triage@3 triage@4
flightlog diff triage@4
flightlog diff 01j9a… 01j9b… --json"""


@verb(epilog=EXAMPLES)
@click.argument("names", nargs=-1, required=True, metavar="A B [RUN...]", shell_complete=completing.run_or_version)
@click.option("-U", "--context", type=click.IntRange(0), default=3, show_default=True, help="Equal lines of versions.")
@click.option("--part", "parts", type=click.Choice(NAMES), multiple=True, help="Of runs, only this.")
@click.option("--all", "everything", is_flag=True, help="Of runs, what is the same too.")
@json_option("One JSON object for each line, key or row that differs.")
def diff(
    settings: Settings, names: tuple[str, ...], context: int, parts: tuple[str, ...], everything: bool, as_json: bool
) -> None:
    """What differs from A to B: two to five runs (the first is the baseline), two checkpoints, or versions
    (WORKFLOW@N; alone against its parent).
    """
    from . import diff_runs

    with opened(settings) as store:
        if len(names) < 3 and any("@" in name for name in names):
            _print_versions(*_versions(store, *names), context, as_json)
        elif len(names) == 1:
            advice = "name two to five runs, two checkpoints, or a WORKFLOW@N"
            raise ConfigError(f"what shall {names[0]!r} be compared with?", advice=advice)
        elif len(names) == 2 and _is_checkpoint(store, names[0]):
            _print_states(store, *names, settings.ascii, as_json)
        elif as_json:
            diff_runs.print_json(store, diff_runs.found(store, names), settings, parts, everything)
        else:
            diff_runs.print_runs(store, diff_runs.found(store, names), settings, parts, everything)


def _is_checkpoint(store: Store, name: str) -> bool:
    try:
        store.checkpoints.get(name)
    except NotFound:
        return False
    return True


def _versions(store: Store, a: str, b: str | None = None) -> tuple[Version | None, Version]:
    if b is not None:
        return named_version(store, a), named_version(store, b)
    after = named_version(store, a)
    kept = {version.number for version in store.workflows.list(after.workflow)}
    parent = next((number for number in after.parents if number in kept), None)
    return (None if parent is None else store.workflows.get(after.workflow, parent)), after


def _print_versions(before: Version | None, after: Version, context: int, as_json: bool) -> None:
    lines = text_diff(before.definition if before else "", after.definition, context=context)
    if as_json:
        for line in lines:
            say_json(plain(line))
        return
    say(f"--- {_name(before) if before else 'nothing'}")
    say(f"+++ {_name(after)}")
    for hunk in hunks(lines):
        say(_place(hunk))
        for line in hunk:
            say({"same": " ", "removed": "-", "added": "+"}[line.kind] + safe_text(line.text, limit=None))


def _name(version: Version) -> str:
    note = f"  {safe_text(version.note, limit=200)}" if version.note else ""
    damage = f"  ({safe_text(version.damaged, limit=200)})" if version.damaged else ""
    return f"{version.workflow}@{version.number}{note}{damage}"


def _place(hunk: list[DiffLine]) -> str:
    """Where a piece of a diff lies in both texts, as `diff -u` says it."""
    ends = []
    for sign, numbers in (("-", [n.before for n in hunk if n.before]), ("+", [n.after for n in hunk if n.after])):
        ends.append(f"{sign}{numbers[0] if numbers else 0},{len(numbers)}")
    return f"@@ {' '.join(ends)} @@"


def _print_states(store: Store, a: str, b: str, ascii: bool, as_json: bool) -> None:
    with working(ascii) as bar:
        bar.progress.begin(0, "comparing states")
        found = store.checkpoints.diff(a, b)
    for change in found.changes:
        if as_json:
            say_json(plain(change))
        else:
            say(f"{change.kind:<9} {safe_text(change.key, limit=200)}")
