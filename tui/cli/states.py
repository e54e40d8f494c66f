"""Verbs of checkpoints: `states`, which also drops what they hold, `state` and `blame`."""

import json
from collections.abc import Iterator, Mapping, Sequence

import click

from ...core.checkpoints import Checkpoint
from ...core.errors import NotFound
from ...core.runs import Run
from ...core.store import Store
from ...core.text import safe_text
from . import completing
from .as_json import plain
from .bar import working
from .opening import opened
from .options import YES, Settings, json_option, verb
from .output import say, say_json, table, terminal_width


@verb(epilog="flightlog states 01j9\nflightlog states 01j9 --json\nflightlog states 01j9 --drop --keep last")
@click.argument("run", shell_complete=completing.run)
@click.option("--drop", is_flag=True, help="Drop the states of the run, which must be finished, for good.")
@click.option("--keep", metavar="CHECKPOINT", multiple=True, help="But not the one at this checkpoint, or `last`.")
@YES
@json_option("One JSON object a line; of --drop one, which says what went.")
def states(settings: Settings, run: str, drop: bool, keep: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Checkpoints of RUN, in the order they were taken, with their parents.

    A run that starts at another run's checkpoint has a copy of that state as its first one. With --drop the
    checkpoints stay, with what is known of them, and their states go; so does what takes up the room.
    """
    if drop:
        from . import dropping

        dropping.drop(settings, run, keep, yes=yes, as_json=as_json)
        return
    if keep or yes:
        raise click.UsageError("--keep and --yes belong to --drop")
    with opened(settings) as store:
        about = store.runs.get(store.runs.resolve(run))
        found = store.checkpoints.list(about.id)
        names = {} if as_json else _step_names(store, about.id)
    if as_json:
        for checkpoint in found:
            say_json(plain(checkpoint))
        return
    head = ("Checkpoint", "Parent", "Time", "Step", "Label", "Keys", "Size", "Changed")
    table(head, _rows(about, found, names), right=frozenset({"Keys", "Size"}))


def _rows(run: Run, found: Sequence[Checkpoint], names: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    from .. import format

    for place, point in enumerate(found):
        yield (
            point.id,
            point.parent or (run.from_checkpoint if place == 0 else None) or "–",
            format.moment(point.t),
            names.get(point.step or "") or point.step or "–",
            point.label,
            format.UNKNOWN if point.keys is None else point.keys,
            format.size(point.size_bytes),
            format.UNKNOWN if point.changed is None else ", ".join(point.changed) or "nothing",
        )


@verb(epilog="flightlog state 01j9a | jq .messages\nflightlog state 01j9a --key plan")
@click.argument("checkpoint")
@click.option("--key", help="The value of one key only.")
@json_option("On one line.")
def state(settings: Settings, checkpoint: str, key: str | None, as_json: bool) -> None:
    """The state at CHECKPOINT, as JSON."""
    with opened(settings) as store, working(settings.ascii) as bar:
        bar.progress.begin(0, "reading a state")
        value = store.checkpoints.value(checkpoint, key) if key else store.checkpoints.state(checkpoint)
    if as_json or terminal_width() is None:
        say_json(value)
    else:
        say(safe_text(json.dumps(value, indent=2, ensure_ascii=False, default=str), lines=True, limit=None))


@verb(epilog="flightlog blame 01j9 plan\nflightlog blame 01j9\nflightlog blame 01j9 plan --at 01j9c")
@click.argument("run", shell_complete=completing.run)
@click.argument("key", required=False)
@click.option("--at", metavar="CHECKPOINT", help="As the state was then. Otherwise the last one that is no subgraph's.")
@json_option()
def blame(settings: Settings, run: str, key: str | None, at: str | None, as_json: bool) -> None:
    """Which step of RUN last wrote KEY of its state, and when; without KEY, of every key."""
    from .. import format

    with opened(settings) as store, working(settings.ascii):
        checkpoint = _checkpoint(store, store.runs.resolve(run), at)
        found = store.checkpoints.blames(checkpoint) if key is None else [store.checkpoints.blame(checkpoint, key)]
        names = _step_names(store, store.checkpoints.get(checkpoint).run)
    if as_json:
        for one in found:
            say_json(plain(one))
        return
    rows = [(one.key, names.get(one.step or "") or one.step or "–", format.moment(one.t), one.since) for one in found]
    table(("Key", "Step", "Written", "Checkpoint"), rows)


def _step_names(store: Store, run: str) -> dict[str, str]:
    return {step.id: step.name for step in store.runs.steps(run)}


def _checkpoint(store: Store, run: str, at: str | None) -> str:
    """The last one of a run, or the one that is named, which must be of it.

    A graph of LangGraph that stopped within another of its own has that one's last: the state of a part.
    """
    if at is None:
        taken = store.checkpoints.list(run)
        if not taken:
            raise NotFound("the run has no checkpoint", where=f"run {run}")
        own = (one.id for one in reversed(taken) if not store.checkpoints.foreign(one.id).get("checkpoint_ns"))
        return next(own, taken[-1].id)
    if store.checkpoints.get(at).run != run:
        raise NotFound(
            f"there is no checkpoint {at[:40]!r}", where=f"run {run}", advice="`flightlog states` lists them"
        )
    return at
