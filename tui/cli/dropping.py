"""`flightlog states RUN --drop`: says what would go, asks, and drops it for good."""

from collections.abc import Sequence

from ...core.checkpoints import Checkpoint
from ...core.errors import Conflict, NotFound
from ...core.signing import who
from .. import format
from .as_json import plain
from .asking import consent
from .bar import working
from .breaking_off import WHOLE, leaving
from .changing import opened_to_change
from .options import Settings
from .output import say, say_json

LAST = "last"
"""What `--keep` calls the newest checkpoint."""


def drop(settings: Settings, run: str, keep: Sequence[str], *, yes: bool, as_json: bool) -> None:
    """Drops the states of a run but those at the checkpoints that are named."""
    with opened_to_change(settings) as store:
        id = store.runs.resolve(run)
        found = store.checkpoints.list(id)
        kept = sorted({_meant(found, word, id) for word in keep})
        would = store.upkeep.drop_states(id, kept, dry=True)
        if would.values:
            stay = f"{format.plural(len(kept), 'state')} of {len(found):,} kept"
            say(f"{_told(would.values, would.size_bytes)} would be dropped for good, {stay}", err=True)
            consent("Drop them?", yes=yes)
        with leaving(WHOLE), working(settings.ascii) as bar:
            bar.progress.begin(0, "dropping states")
            dropped = store.upkeep.drop_states(id, kept, by=who()) if would.values else would
    if as_json:
        say_json({"run": id, **plain(dropped), "kept": kept})
    elif dropped.values:
        say(f"{_told(dropped.values, dropped.size_bytes)} dropped")
    else:
        say("there is nothing to drop", err=True)


def _told(values: int, size_bytes: int) -> str:
    return f"{format.plural(values, 'value')} ({format.size(size_bytes)})"


def _meant(found: Sequence[Checkpoint], word: str, run: str) -> str:
    """The id of the one checkpoint of the run that a text means: its beginning or its end is enough."""
    ids = [point.id for point in found]
    if word in ids:
        return word
    named = ids[-1:] if word == LAST else [id for id in ids if word and (id.startswith(word) or id.endswith(word))]
    if len(named) > 1:
        raise Conflict(f"{word[:60]!r} means several checkpoints of run {run}", advice="give more of the id")
    if not found:
        raise NotFound(f"run {run} has no checkpoints", advice="it has no states that could be dropped or kept")
    if not named:
        raise NotFound(f"run {run} has no checkpoint {word[:60]!r}", advice=f"`flightlog states {run}` lists them")
    return named[0]
