"""Verbs over workflows: `workflows versions version save delete`."""

import sys
from pathlib import Path

import click

from ...core.errors import ConfigError, NotFound, StorageError
from ...core.numbers.rises import FIGURES, Figure, look_for_rise
from ...core.signing import who
from ...core.store import Store
from ...core.text import safe_text
from ...core.version_history import Entry, history
from ...core.workflows import Version, together
from .. import format
from ..glyphs import ASCII, UNICODE, Glyphs
from ..graph import Lane
from ..workflows.rise_words import rise_told
from ..workflows.version_cells import cells_of, columns_of, lineage_graph
from ..workflows.version_page import fact_lines, look_at
from ..workflows.version_trends import with_trends
from . import completing
from .as_json import change_row, comparison_row, outcome_row, plain
from .asking import consent
from .bar import working
from .main import FINDINGS
from .naming import no_workflow, workflows_of
from .opening import is_meant, opened
from .options import Settings, json_option, verb
from .output import say, say_json, table, terminal_width, written


@verb(epilog="flightlog workflows")
@json_option()
def workflows(settings: Settings, as_json: bool) -> None:
    """Workflows: how many versions are kept, how many runs were recorded, and how these stand."""
    with opened(settings) as store:
        found = together(store.workflows.list_all(), store.runs.workflows())
    if as_json:
        for workflow in found:
            say_json(plain(workflow))
        return
    rows = [(w.id, w.versions, w.latest or "–", w.runs, w.running, _share(w.success), _when(w.last_run)) for w in found]
    table(
        ("Workflow", "Versions", "Latest", "Runs", "Running", "Success", "Last run"),
        rows,
        right=frozenset({"Versions", "Latest", "Runs", "Running", "Success"}),
    )


def _when(t: str | None) -> str:
    return format.clock(t) if t else "–"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


@verb(
    epilog="flightlog versions triage\nflightlog versions triage --json\n"
    "flightlog versions triage --rose cost\nflightlog versions triage@7 --rose failures"
)
@click.argument("name", metavar="WORKFLOW[@N]", shell_complete=completing.version)
@click.option(
    "--rose",
    type=click.Choice(FIGURES),
    help="With which version, of those that @N (the newest) came from, this rose first, beyond what chance explains.",
)
@json_option("A list is one object a line; --rose one object.")
def versions(settings: Settings, name: str, rose: str | None, as_json: bool) -> None:
    """Versions of WORKFLOW: their lineage, and what their finished runs came to, against their parents'.

    With --rose the exit code is 3 where something rose.
    """
    workflow, number = split_version(name)
    if rose is not None:
        _print_rise(settings, workflow, number, next(figure for figure in FIGURES if figure == rose), as_json)
        return
    if number is not None:
        raise ConfigError(f"{name!r} is one version", advice=f"see `flightlog version {name}`")
    with opened(settings) as store:
        found = history(store.workflows.list(workflow, deleted=True), store.metrics.outcomes(workflow))
        found = with_trends(store, workflow, found)
        if not found.entries:
            raise no_workflow(store, workflow)
    if as_json:
        for entry in sorted(found.entries, key=lambda entry: (entry.number is None, entry.number or 0)):
            say_json(_version_row(workflow, entry))
        return
    _print_versions(found.entries, UNICODE if not settings.ascii else ASCII)
    for trouble in found.troubles:
        say(f"flightlog: {trouble}", err=True)


def _print_rise(settings: Settings, workflow: str, number: int | None, figure: Figure, as_json: bool) -> None:
    with opened(settings) as store, working(settings.ascii):
        found = look_for_rise(store, workflow, figure, number)
    if as_json:
        changes = [{"against": one, **change_row(change)} for one, change in found.changes.items()]
        say_json({"workflow": workflow, "figure": figure, **plain(found), "changes": changes})
    else:
        for sentence in rise_told(figure, found, ASCII if settings.ascii else UNICODE):
            say(sentence)
    if found.version is not None:
        sys.exit(FINDINGS)


def _version_row(workflow: str, entry: Entry) -> dict[str, object]:
    version, outcome = entry.version, entry.outcome
    kept = version is not None and not version.deleted
    row: dict[str, object] = {"workflow": workflow, "number": entry.number, "kept": kept}
    if version:
        row |= {key: value for key, value in plain(version).items() if key not in ("workflow", "number", "definition")}
    row["running"] = entry.running
    if outcome:
        success = entry.success
        row |= outcome_row(outcome) | {
            "against": entry.against,
            "success_change": success.difference if success else None,
            "success_change_low": success.low if success else None,
            "success_change_high": success.high if success else None,
            "cost_change": entry.cost_change,
        }
    return row


def _print_versions(entries: list[Entry], glyphs: Glyphs) -> None:
    """Newest first, with the lineage drawn at the left."""
    drawn, columns = lineage_graph(entries, glyphs), columns_of(entries, glyphs)
    rows = [
        (drawn.get(entry.number, Lane(0, "")).text.rstrip(), *(text for text, _ in cells_of(entry, glyphs, columns)))
        for entry in reversed(entries)
    ]
    right = frozenset(column.head for column in columns if column.align == "r")
    table(("", *(column.head for column in columns)), rows, right=right)


@verb(epilog="flightlog version triage@3\nflightlog version triage > triage.yaml")
@click.argument("name", metavar="WORKFLOW[@N]", shell_complete=completing.version)
@json_option("One JSON object.")
def version(settings: Settings, name: str, as_json: bool) -> None:
    """One definition byte for byte as it was saved; the latest without a number.

    One that was changed after it was saved is printed all the same; the exit code is then 3.
    """
    with opened(settings) as store:
        found = named_version(store, name)
    if as_json:
        say_json(plain(found))
    elif terminal_width() is None:
        with written():
            click.echo(found.definition.encode(), nl=False)
    else:
        say(safe_text(found.definition, lines=True, limit=None))
    if found.damaged:
        say(f"flightlog: {safe_text(found.damaged)}", err=True)
        sys.exit(FINDINGS)


def print_version(store: Store, name: str, settings: Settings, as_json: bool) -> None:
    """What `show` says of a version: who saved it, what its runs came to, and its change against the parent."""
    found = named_version(store, name)
    entries = history(
        store.workflows.list(found.workflow, deleted=True), store.metrics.outcomes(found.workflow)
    ).entries
    against = next((entry.against for entry in entries if entry.number == found.number), None)
    came_to = look_at(store, found.workflow, found.number, against)
    comparison = came_to.comparison
    if as_json:
        changes = comparison_row(comparison) if against is not None else None
        say_json(plain(found) | {"outcome": outcome_row(comparison.outcome), "change": changes})
        return
    say(f"{found.workflow}@{found.number}")
    for line in fact_lines(found, came_to, terminal_width() or 120, ASCII if settings.ascii else UNICODE):
        say("".join(text for text, _ in line).rstrip())


def named_version(store: Store, name: str) -> Version:
    """The version that `triage@3` means; the latest for `triage`."""
    workflow, number = split_version(name)
    try:
        return store.workflows.get_latest(workflow) if number is None else store.workflows.get(workflow, number)
    except NotFound as error:
        if workflow in workflows_of(store):
            raise
        raise no_workflow(store, workflow) from error


def is_version(name: str) -> bool:
    """Whether a word is of the form `triage@3`."""
    _, at, number = name.rpartition("@")
    return bool(at) and number.isascii() and number.isdecimal()


def split_version(name: str) -> tuple[str, int | None]:
    """`triage@3` as workflow and number, `triage` without one; ConfigError for another form."""
    workflow, at, number = name.partition("@")
    if not at:
        return workflow, None
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise ConfigError(f"{name!r} names no version", advice="write WORKFLOW@N, as in triage@3")
    return workflow, int(number)


@verb(
    epilog="flightlog save triage triage.yaml\n"
    "flightlog save triage - --parent 2 --note 'shorter prompt'\n"
    "flightlog save triage merged.yaml --parent 3 --parent 4 --meta ticket=FL-12"
)
@click.argument("workflow", shell_complete=completing.version)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--parent", "parents", type=int, multiple=True, help="Parent version (several when merged); default the latest."
)
@click.option("--note", default="", help="What changed and why.")
@click.option("--meta", multiple=True, metavar="KEY=VALUE", help="A fact to keep with it; may be given several times.")
@json_option("One JSON object.")
def save(
    settings: Settings,
    workflow: str,
    file: str,
    parents: tuple[int, ...],
    note: str,
    meta: tuple[str, ...],
    as_json: bool,
) -> None:
    """Save FILE (YAML, `-` for standard input) as the next version of WORKFLOW."""
    if wrong := [word for word in meta if not word.partition("=")[1] or word.startswith("=")]:
        raise ConfigError(f"{wrong[0]!r} is no fact", advice="write --meta KEY=VALUE")
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"the definition cannot be read: {error}", where=file) from error
    facts = {word.partition("=")[0]: word.partition("=")[2] for word in meta}
    with opened(settings, writing=True) as store:
        saved = store.workflows.store(
            workflow, text, parents=list(parents) or None, author=who(), note=note, meta=facts
        )
    if as_json:
        say_json(plain(saved))
    else:
        say(f"{saved.workflow}@{saved.number}  {saved.digest}")


@verb(epilog="flightlog delete triage@2 --note 'names a customer'\nflightlog delete triage@2 --force --yes")
@click.argument("name", metavar="WORKFLOW@N", shell_complete=completing.version)
@click.option("--force", is_flag=True, help="Also if runs or other versions refer to it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--note", default="", help="Why.")
@json_option("The tombstone, one JSON object.")
def delete(settings: Settings, name: str, force: bool, yes: bool, note: str, as_json: bool) -> None:
    """Delete a version of a workflow for good.

    A tombstone keeps its number, its place in the lineage, its author, note and time; text and meta are gone.
    """
    workflow, number = split_version(name)
    if number is None:
        raise ConfigError(f"{name!r} names no version", advice="write WORKFLOW@N, as in triage@3")
    consent(f"Delete the text of {workflow}@{number} for good?", yes=yes, what="this deletes for good")
    with opened(settings, writing=is_meant(settings)) as store:
        left = store.workflows.delete(workflow, number, force=force, by=who(), note=note)
    if as_json:
        say_json(plain(left))
    else:
        say(f"{workflow}@{number} deleted")
