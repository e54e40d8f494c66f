"""`diff`: what differs between two versions of workflows, or two checkpoints."""

import click

from ...core.diff import DiffLine, hunks, text_diff
from ...core.errors import ConfigError
from ...core.store import Store
from ...core.text import safe_text
from ...core.workflows import Version
from .as_json import plain
from .opening import opened
from .options import Settings, json_option, verb
from .output import say, say_json
from .versions import named_version


@verb(epilog="flightlog diff triage@3 triage@4\nflightlog diff triage@4\nflightlog diff 01j9a… 01j9b… --json")
@click.argument("a")
@click.argument("b", required=False)
@click.option("-U", "--context", type=click.IntRange(0), default=3, show_default=True, help="Equal lines to show.")
@json_option("One JSON object for each line or key that differs.")
def diff(settings: Settings, a: str, b: str | None, context: int, as_json: bool) -> None:
    """What differs from A to B: versions (WORKFLOW@N; alone against its parent) or checkpoints."""
    with opened(settings) as store:
        if "@" in a or (b and "@" in b):
            _print_versions(*_versions(store, a, b), context, as_json)
        elif b is None:
            raise ConfigError(f"what shall {a!r} be compared with?", advice="name two checkpoints, or a WORKFLOW@N")
        else:
            _print_states(store, a, b, as_json)


def _versions(store: Store, a: str, b: str | None) -> tuple[Version | None, Version]:
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


def _print_states(store: Store, a: str, b: str, as_json: bool) -> None:
    for change in store.checkpoints.diff(a, b).changes:
        if as_json:
            say_json(plain(change))
        else:
            say(f"{change.kind:<9} {safe_text(change.key, limit=200)}")
