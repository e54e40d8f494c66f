"""A migration: everything of a store carried to another place, compared, and the configuration switched to it.

From the first look to the switch the store's gate is shut, so that what is compared is all there is. Killed at any
moment it leaves the store as it was, or moved; done again it goes on where it was, or says that all is moved and
finishes what is left. The old data stay where they are.
"""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

from ...core.config import Config
from ...core.errors import ConfigError, Conflict
from ...core.moving import Move
from ...core.progress import LOOKING, Progress
from ..configuration.clashes import refuse_clashes
from ..configuration.effective_config import decided
from ..configuration.places import Place, is_among_foreign, read_place
from ..configuration.postgres_url import postgres_url
from ..configuration.switching import Switch
from ..configuration.values import Values
from ..journal.disk import make_folder
from ..postgres.server_url import is_server_url
from .backing_up import carried_and_compared, left_there
from .ends import End, home_of, is_one_place, known_place, settings_of, source_end, target_end
from .gate import Gate
from .moved import last_move, moved_by, note
from .running import running
from .verifying import is_apart

_AGAIN_S = 0.5

PathLike = str | os.PathLike[str]


class Target(NamedTuple):
    """Where a store moves to."""

    place: str
    """As it is opened, with its secrets."""
    settings: Config
    written: str
    """A server's URL as the configuration is to have it."""


def migrate(
    place: PathLike | None,
    to: str,
    *,
    config: PathLike | None = None,
    archive: bool = False,
    wait: Callable[[Sequence[str]], None] | None = None,
    progress: Progress,
) -> Move:
    """Moves the store of a place to another one. ConfigError, StorageError; what differs is told in what it returns.

    Conflict while runs are being written, which are named; with `wait` it is called with their ids, and
    they are waited for. The configuration of a data directory is switched, if nothing differs; `archive`
    puts the old data aside then. A source is carried as it is at the moment, and nothing is switched.
    """
    if before := _put_aside_before(known_place(place), to, archive=archive):
        return before
    where = read_place(known_place(place), config)
    if where.kind == "source":
        with closing(source_end(place)) as one, closing(target_end(_target(where, to).place)) as other:
            return carried_and_compared(one, other, progress, only_new=False)
    settings = settings_of(where, config)
    target = _target(where, to, config)
    if is_one_place(settings, target.settings, "logs"):
        return _moved_before(where, settings, to, archive=archive)
    switch = _switch(where, settings, target)
    assert settings.logs
    home = home_of(settings.logs)
    if settings.logs.type != "file":
        make_folder(home)
    while True:
        progress.begin(0, LOOKING)
        with closing(source_end(place, config)) as one:  # at first with the gate open, for this may take long
            busy = running(one)
        progress.end()
        if not busy:
            with Gate(home).shut(), closing(source_end(place, config)) as one:
                busy = running(one)
                if not busy:
                    return _moved(one, target, switch, archive=archive, progress=progress)
        if wait is None:
            raise _busy(busy, one.name)
        wait(busy)
        time.sleep(_AGAIN_S)


def _put_aside_before(where: Place, to: str, *, archive: bool) -> Move | None:
    """What the move came to whose old data are put aside, or just were as it was killed; None if they are there, or
    nothing is known of it. Of a data directory the configuration tells that.
    """
    data = where.path if where.kind == "sqlite" else where.root and where.root / "runs"
    if where.kind not in ("sqlite", "file") or where.root is None or data is None or data.exists():
        return None
    before = last_move(where.root, _target(where, to).settings.logs)
    return msgspec.structs.replace(before.told("", archive=archive), since=before.t) if before else None


def _moved_before(where: Place, settings: Config, to: str, *, archive: bool) -> Move:
    """What the move came to that brought everything there; what was left of it is finished."""
    before = last_move(where.root, settings.logs) if where.root and where.kind == "directory" else None
    if before is None:
        advice = "nothing is left to be moved; name another place if it is to lie elsewhere"
        raise ConfigError("it lies there already", where=to, advice=advice)
    return msgspec.structs.replace(before.told(settings.file, archive=archive), since=before.t)


def _busy(runs: Sequence[str], name: str) -> Conflict:
    named = ", ".join(runs[:5]) + (" …" if len(runs) > 5 else "")
    what = "1 run is being written" if len(runs) == 1 else f"{len(runs)} runs are being written"
    return Conflict(f"{what}: {named}", where=name, advice="move it when they have ended, or --wait for that")


def _moved(one: End, target: Target, switch: Switch | None, *, archive: bool, progress: Progress) -> Move:
    """All of a move that is made while the gate is shut."""
    if switch and _shares_folder(one.where, target):
        _pin(one)
    with closing(target_end(target.place, target.settings)) as other:
        move = carried_and_compared(one, other, progress, only_new=False)
    move = msgspec.structs.replace(move, findings=(*move.findings, *left_there(one)))
    if is_apart(move.findings):
        return move
    one.close()
    assert one.config
    moved = moved_by(move, one.config, target.settings)
    if switch or archive:
        assert one.where.root
        note(one.where.root, moved)
    if switch:
        switch.make()
    return moved.told(str(switch.file) if switch else "", archive=archive)


def _pin(one: End) -> None:
    """Says which of the two stores in one data directory is meant, until that is switched."""
    assert one.config
    if not one.config.origins.get("storage.logs", "").startswith(one.config.file or "\0"):
        Switch(one.where, one.config, one.config).make()


def _switch(where: Place, settings: Config, target: Target) -> Switch | None:
    """What will switch the configuration, tried out; None where the store was opened without one."""
    if where.kind != "directory":
        return None
    if target.settings.logs and target.settings.logs.type == "postgres" and _has_secret(target.written):
        raise ConfigError(
            "the URL has a password in it, which the configuration would keep",
            where="--to",
            advice="write ${NAME} for it, in single quotes, or leave it to PGPASSWORD or ~/.pgpass",
        )
    switch = Switch(where, settings, target.settings, target.written)
    switch.check()
    return switch


def _target(where: Place, to: str, config: PathLike | None = None) -> Target:
    """The place that `--to` names: `file` and `sqlite` alone lie in the data directory, or beside the file."""
    here = where.path.parent if where.path else where.root
    place = f"{to}:{here}" if to in ("file", "sqlite") else to
    is_server = is_server_url(to) or to.startswith("${")
    if is_server:
        place = postgres_url(Values(Path("--to"), Path(), os.environ), to, "url")
    there = known_place(place)
    if is_among_foreign(there):
        raise ConfigError("a source is only read", where=to, advice="name another folder, a database or a URL")
    if there.root and where.root and os.path.realpath(there.root) == os.path.realpath(where.root):
        settings = decided(there, _staying(settings_of(where, config)), None)
    else:
        settings = settings_of(there)
    assert there.root
    refuse_clashes(settings, there.root)
    return Target(place, settings, to if is_server else "")


def _staying(old: Config) -> Config:
    """Of what is configured the versions and metrics that are kept apart from the runs: they stay where they are."""
    logs, workflows, metrics = old.logs, old.workflows, old.metrics
    assert logs
    beside = str(Path(logs.path).parent / "metrics")
    goes = metrics == logs or (logs.type == "file" and metrics is not None and metrics.path == beside)
    return Config(workflows=None if workflows == logs else workflows, metrics=None if goes else metrics)


def _shares_folder(where: Place, target: Target) -> bool:
    there = known_place(target.place)
    assert there.root
    assert where.root
    return os.path.realpath(there.root) == os.path.realpath(where.root)


def _has_secret(url: str) -> bool:
    parts = urlsplit(url)
    given = [parts.password or "", *parse_qs(parts.query).get("password", [])]
    return any(text and not text.startswith("${") for text in given)
