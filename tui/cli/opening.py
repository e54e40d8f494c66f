"""The one place where the program is put together: options → configuration → store."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from ...core.errors import ConfigError, FlightlogError, Stopped
from ...core.progress import Progress
from ...core.text import masked, safe_text
from .breaking_off import NOTHING, WHOLE, leaving
from .options import Settings
from .output import say

if TYPE_CHECKING:
    from ...core.config import Config
    from ...core.glance import Glance, LogEnd
    from ...core.moving import Counts, Move
    from ...core.progress import Progress
    from ...core.retention.policy import Policy
    from ...core.store import Store
    from ...core.upkeep import Finding


AT_FIRST_S, AGAIN_S, AT_MOST_S = 0.3, 3.0, 30.0
"""Seconds after which a verb says what it waits for; between two such lines; and for how long it waits to say one."""


def open_store(settings: Settings, *, writing: bool = False) -> "Store":
    """Opens the store that the options name; raises FlightlogError.

    `writing` verbs are refused under `--read-only` by the store itself; a store is created
    only where something is to be written, and never among somebody else's data.
    """
    from ...backends.configuration.places import is_among_foreign, place_of
    from ...backends.open import open_store as open_backend

    creating = writing and not settings.read_only and not is_among_foreign(place_of(settings.data), settings.config)

    store = open_backend(
        settings.data,
        config=settings.config,
        read_only=settings.read_only,
        storage=settings.storage,
        create=creating,
    )
    return store.scoped(session=settings.session) if settings.session else store


def is_meant(settings: Settings) -> bool:
    """Whether the data directory is one that somebody configured, so that what is to be kept in it may make its store:
    a copy of a source's run, where nothing was recorded yet.
    """
    from ...backends.configuration.places import CONFIG, place_of
    from ...backends.configuration.written import looking

    place = place_of(settings.data)
    if place.kind != "directory" or place.root is None:
        return False
    with looking(place.root):
        return (place.root / CONFIG).is_file()


def journal_of(path: str | None) -> tuple[str, str] | None:
    """The data directory and the run of a journal that is named by its file; None where none is."""
    if path is None or not path.endswith(".jsonl"):
        return None
    from ...backends.journal.layout import journal_at

    return journal_at(path)


def glance(settings: Settings, limit: int) -> "Glance | None":
    """The newest runs of the store that the options name, before it is opened; None where that cannot be had."""
    from ...backends.glancing import glance as glance_at

    return None if settings.session else glance_at(settings.data, config=settings.config, limit=limit)


def newest_log(settings: Settings, run: str, limit: int) -> "LogEnd":
    """The newest entries of a run's log, before the store is open; none where they cannot be had at once."""
    from ...backends.glancing import newest_log as newest_log_at
    from ...core.glance import LogEnd

    if settings.session:
        return LogEnd()
    return newest_log_at(settings.data, run, config=settings.config, limit=limit)


def remembered_as(settings: Settings) -> str | None:
    """The name under which it is remembered how these data were left; None where nothing is to be remembered."""
    from ...backends.configuration.places import place_of

    try:
        place = place_of(settings.data)
    except FlightlogError:
        return None  # which the opening of the store tells
    if place.url is not None:
        name = masked(settings.data or "")
    elif place.root is None:
        return None
    else:
        name = str((place.path or place.root).resolve())
    return f"{name}@{settings.session}" if settings.session else name


def called(settings: Settings) -> str:
    """What a store is called until it is open: the place that was named, without credentials."""
    return masked(settings.data or "")


@contextmanager
def opened(settings: Settings, *, writing: bool = False) -> "Iterator[Store]":
    """The store for the time of one verb; that another is shown in its place is said on stderr."""
    with leaving(WHOLE if writing else NOTHING):
        with leaving(NOTHING):
            store = open_store(settings, writing=writing)
        over = threading.Event()
        if sys.stderr.isatty():
            threading.Thread(target=_tell, args=(store, over), daemon=True, name="flightlog-progress").start()
        progress = Progress()
        try:
            if store.instead:
                say(f"flightlog: {safe_text(store.instead)}", err=True)
            yield store
        except (KeyboardInterrupt, Stopped):
            progress.stop()
            raise
        finally:
            over.set()
            from .bar import closing_told

            with closing_told(progress, settings.ascii):
                store.close()


def _tell(store: "Store", over: threading.Event) -> None:
    """Says on stderr what the first answer waits for, if it takes long: whole lines, for stdout may be the same."""
    from .. import format

    until, wait = time.monotonic() + AT_MOST_S, AT_FIRST_S
    while not over.wait(wait) and time.monotonic() < until:
        at = store.catching_up()
        if at is not None:
            until, wait = float("inf"), AGAIN_S
            sys.stderr.write(f"flightlog: {format.standing(at)}\n")
        elif wait == AGAIN_S:
            return  # it is done, and what comes later comes in small portions


def configuration(settings: Settings) -> "Config":
    """What is in force at the place that the options name; ConfigError."""
    from ...backends.configuration.effective_config import configuration as in_force

    return in_force(settings.data, config=settings.config, storage=settings.storage)


class Retention(NamedTuple):
    """What is said about retention, and where."""

    policy: "Policy | None"
    every_s: float
    file: str

    def required(self) -> "Policy":
        """The policy; ConfigError if there is none, or if it is empty."""
        if self.policy is None:
            block = "[{match: 'status:completed', keep: {last: 50}, then: archive}]"
            advice = f"give `retention` a block in flightlog.yaml, like {block}, or name a file that does with --policy"
            raise ConfigError("there is no retention policy", where=self.file, advice=advice)
        self.policy.check()
        return self.policy


def retention(settings: Settings, file: str | None) -> Retention:
    """The retention policy of a file, or of the configuration in force; ConfigError."""
    from ...backends.configuration.config_file import load_retention
    from ...backends.configuration.policies import every_of, policy_of

    config = load_retention(file) if file else configuration(settings)
    return Retention(policy_of(config), every_of(config), config.file)


def verified(a: str, b: str, progress: "Progress") -> "Iterator[Finding | Counts]":
    """Every difference between two places, and last how much was compared; raises FlightlogError."""
    from ...backends.moving.ends import source_end
    from ...backends.moving.verifying import verify

    with closing(source_end(a)) as one, closing(source_end(b)) as other:
        yield from verify(one, other, progress)


def backed_up(settings: Settings, to: str, progress: "Progress") -> "Move":
    """Everything of the store that the options name, carried into another one and compared; raises FlightlogError."""
    from ...backends.moving.backing_up import backup
    from ...backends.moving.ends import source_end, target_end

    with closing(source_end(settings.data, settings.config)) as one, closing(target_end(to)) as other:
        return backup(one, other, progress)


def migrated(
    settings: Settings, to: str, progress: "Progress", *, archive: bool, wait: "Callable[[Sequence[str]], None] | None"
) -> "Move":
    """The store that the options name, moved to another place; raises FlightlogError."""
    from ...backends.moving.migrating import migrate

    return migrate(settings.data, to, config=settings.config, archive=archive, wait=wait, progress=progress)
