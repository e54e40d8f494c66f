"""`CheckpointRepository`: which keys a state has lies in the query tables, their values in the recorded bytes."""

import builtins
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import msgspec
from sqlalchemy import Connection, bindparam, select

from ...core.checkpoints import Blame, Checkpoint, KeyChange, StateDiff, StateKey, StoredState
from ...core.errors import Corrupt, NotFound, no_checkpoint
from ...core.events import Json, Opaque
from ...core.lineage import path
from ...core.pages import ALL
from ...core.progress import counted, go_on, gone, one_part
from ...core.repositories import CheckpointRepository
from .bodies import Bodies
from .database import Database
from .run_queries import check_present
from .run_rows import AnyRow
from .tables import checkpoint_maps, checkpoints

_c = checkpoints.c
_COLUMNS = (*(_c.id, _c.run, _c.seq, _c.t, _c.parent, _c.step, _c.label), _c["keys"], _c.size_bytes, _c.changed)
_of_run = (
    select(*_COLUMNS)
    .where(_c.run == bindparam("run"), _c.seq > bindparam("after"))
    .order_by(_c.seq)
    .limit(bindparam("limit"))
)
_one = select(*_COLUMNS).where(_c.id == bindparam("checkpoint"))
_map = select(checkpoint_maps.c.run, checkpoint_maps.c.map).where(
    checkpoint_maps.c.checkpoint == bindparam("checkpoint")
)
_keys = msgspec.json.Decoder(tuple[str, ...])


class _Value(msgspec.Struct, array_like=True, frozen=True):
    """Where a key's value lies: `[digest, size]`, of opaque bytes `[digest, size, note]`."""

    digest: str
    size: int
    note: str | None = None

    @property
    def opaque(self) -> Opaque | None:
        """What is known of opaque bytes; None for a value in JSON."""
        return None if self.note is None else Opaque(digest=self.digest, size=self.size, note=self.note)


_values = msgspec.json.Decoder(dict[str, _Value])


class _State(msgspec.Struct, frozen=True):
    """Which run a checkpoint is of, and where the value of each of its keys lies."""

    run: str
    values: dict[str, _Value]

    def only(self, keys: Iterable[str]) -> "_State":
        """What it has of these keys."""
        return _State(self.run, {key: self.values[key] for key in keys if key in self.values})


class SqlCheckpoints(CheckpointRepository):
    """Checkpoints of query tables; a value is read through `Bodies` when somebody asks for it."""

    def __init__(self, database: Database, bodies: Bodies, refresh: Callable[[], None]) -> None:
        self._database, self._bodies, self._refresh = database, bodies, refresh

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        self._refresh()
        with self._database.read() as connection:
            yield connection

    def list(self, run: str, *, after: int = 0, limit: int = ALL) -> builtins.list[Checkpoint]:
        given = {"run": run, "after": after, "limit": max(limit, 1)}
        with self._reading() as connection:
            check_present(connection, run)
            return [_checkpoint(row) for row in connection.execute(_of_run, given)]

    def get(self, checkpoint: str) -> Checkpoint:
        with self._reading() as connection:
            row = connection.execute(_one, {"checkpoint": checkpoint}).first()
        if row is None:
            raise no_checkpoint(checkpoint)
        return _checkpoint(row)

    def keys(self, checkpoint: str) -> builtins.list[StateKey]:
        with self._reading() as connection:
            state = _state(connection, checkpoint)
        unsized = {value.digest for value in state.values.values() if not value.size and value.opaque is None}
        sizes = (
            {digest: len(body) for digest, body in self._bodies.values(state.run, unsized).items()} if unsized else {}
        )
        return [
            StateKey(
                key=key,
                size_bytes=value.size or sizes.get(value.digest, 0),
                digest=value.digest,
                opaque=value.opaque,
            )
            for key, value in sorted(state.values.items())
        ]

    def state(self, checkpoint: str) -> dict[str, Json]:
        with self._reading() as connection:
            state = _state(connection, checkpoint)
        return self._read(state, state.values)

    def stored(self, checkpoint: str) -> StoredState:
        with self._reading() as connection:
            state = _state(connection, checkpoint)
        digests = {value.digest for value in state.values.values()}
        with one_part(_size(state), 1):
            bodies = self._bodies.values(state.run, digests) if digests else {}
        plain = {key: bodies[value.digest] for key, value in state.values.items() if value.note is None}
        opaque = {key: bodies[value.digest] for key, value in state.values.items() if value.note is not None}
        notes = {key: value.note for key, value in state.values.items() if value.note}
        return StoredState(run=state.run, values=plain, opaque=opaque, notes=notes)

    def value(self, checkpoint: str, key: str) -> Json:
        return self.values(checkpoint, [key])[key]

    def values(self, checkpoint: str, keys: Collection[str]) -> dict[str, Json]:
        with self._reading() as connection:
            state = _state(connection, checkpoint)
        for key in keys:
            _check_key(state, checkpoint, key)
        return self._read(state, keys)

    def diff(self, a: str, b: str) -> StateDiff:
        with self._reading() as connection:
            before, after = _state(connection, a), _state(connection, b)
        differing = [key for key in before.values | after.values if not _equal(before, after, key)]
        with one_part(_size(before.only(differing), after.only(differing)), 3):  # read, decoded, compared
            old, new = self._read_both(before, after, differing)
            changes = [_change(key, old, new) for key in _compared(before, after, differing)]
        return StateDiff(a=a, b=b, changes=tuple(change for change in changes if change is not None))

    def blame(self, checkpoint: str, key: str) -> Blame:
        with self._reading() as connection:
            state = _state(connection, checkpoint)
            _check_key(state, checkpoint, key)
            return _blames(connection, checkpoint, state.only([key]))[0]

    def blames(self, checkpoint: str) -> builtins.list[Blame]:
        with self._reading() as connection:
            return _blames(connection, checkpoint, _state(connection, checkpoint))

    def _read(self, state: _State, keys: Collection[str]) -> dict[str, Json]:
        """The values of these keys: one read for all that are in JSON, none for opaque bytes."""
        wanted = state.only(keys)
        with one_part(_size(wanted), 2):  # read, decoded
            return _decoded(wanted, self._bodies_of(wanted))

    def _read_both(
        self, before: _State, after: _State, keys: builtins.list[str]
    ) -> tuple[dict[str, Json], dict[str, Json]]:
        """The values of these keys in both; of one run they are one read, for they are told by the same records."""
        old, new = before.only(keys), after.only(keys)
        if old.run != new.run:
            return _decoded(old, self._bodies_of(old)), _decoded(new, self._bodies_of(new))
        bodies = self._bodies_of(old, new)
        return _decoded(old, bodies), _decoded(new, bodies)

    def _bodies_of(self, *states: _State) -> dict[str, bytes]:
        digests = {value.digest for state in states for value in state.values.values() if value.opaque is None}
        return self._bodies.values(states[0].run, digests) if digests else {}


def _size(*states: _State) -> int:
    """Bytes of all values, as far as they are known."""
    return sum(value.size for state in states for value in state.values.values())


def _decoded(state: _State, bodies: dict[str, bytes]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in state.values.items():
        go_on()
        found[key] = _json(bodies, value, f"run {state.run}, key {key}")
        gone(value.size)
    return found


def _compared(before: _State, after: _State, keys: builtins.list[str]) -> Iterator[str]:
    """The keys by name, of which it is told how much of what they hold was compared."""
    for key in sorted(keys):
        go_on()
        yield key
        gone(_size(before.only([key]), after.only([key])))


def _json(bodies: dict[str, bytes], value: _Value, where: str) -> Json:
    if value.opaque is not None:
        return {"opaque": value.note, "size": value.size, "sha256": value.digest}
    try:
        return msgspec.json.decode(bodies[value.digest])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Corrupt(f"a state value is no JSON: {error}", where=where, advice="its other keys can be read") from error


def _checkpoint(row: AnyRow) -> Checkpoint:
    return Checkpoint(
        id=row[0],
        run=row[1],
        seq=row[2],
        t=row[3],
        parent=row[4],
        step=row[5],
        label=row[6],
        keys=row[7],
        size_bytes=row[8],
        changed=None if row[9] is None else _keys.decode(row[9]),
    )


def _state(connection: Connection, checkpoint: str) -> _State:
    row = connection.execute(_map, {"checkpoint": checkpoint}).first()
    if row is None:
        raise no_checkpoint(checkpoint)
    return _State(row.run, _values.decode(row.map))


def _check_key(state: _State, checkpoint: str, key: str) -> None:
    if key not in state.values:
        raise NotFound(f"the state has no key {key[:60]!r}", where=f"checkpoint {checkpoint}")


def _equal(before: _State, after: _State, key: str) -> bool:
    """Whether a key's values are equal by their digests alone; a value without digest never is."""
    old, new = before.values.get(key), after.values.get(key)
    return old is not None and new is not None and bool(old.digest) and old.digest == new.digest


def _change(key: str, old: dict[str, Json], new: dict[str, Json]) -> KeyChange | None:
    """How a key differs; None if it does not, for one value may be written in several ways."""
    from ...core.diff import same

    if key not in old:
        return KeyChange(key=key, kind="added", after=new[key])
    if key not in new:
        return KeyChange(key=key, kind="removed", before=old[key])
    if same(old[key], new[key]):
        return None
    return KeyChange(key=key, kind="changed", before=old[key], after=new[key])


def _blames(connection: Connection, checkpoint: str, state: _State) -> builtins.list[Blame]:
    """Who last wrote each key of a state, by key."""
    rows = {row.id: row for row in connection.execute(_of_run, {"run": state.run, "after": 0, "limit": ALL})}
    line = path({row.id: [row.parent] if row.parent else [] for row in rows.values()}, checkpoint)
    writers = _writers(connection, [rows[id_] for id_ in line], set(state.values))
    return [
        Blame(key=key, checkpoint=checkpoint, since=row.id, step=row.step, t=row[3])
        for key, row in sorted(writers.items())
    ]


def _writers(connection: Connection, line: list[AnyRow], keys: set[str]) -> dict[str, AnyRow]:
    """By key the first checkpoint of a line (from the newest back) whose parent had another value. Reads no values."""
    found: dict[str, AnyRow] = {}
    left = set(keys)
    now: tuple[str, _State] | None = None  # the state that was read last: the next one's child
    for here, parent in counted(pairwise(line), len(line) - 1, "looking at checkpoints"):
        if here.changed is not None:
            wrote = _wrote(here, left)
        else:
            after = now[1] if now and now[0] == here.id else _state(connection, here.id)
            now = parent.id, _state(connection, parent.id)
            wrote = {key for key in left if not _equal(now[1], after, key)}
        found |= dict.fromkeys(wrote, here)
        left -= wrote
        if not left:
            break
    return found | dict.fromkeys(left, line[-1])


def _wrote(row: AnyRow, keys: set[str]) -> set[str]:
    """Which of these keys a checkpoint says that it changed."""
    return keys.intersection(_keys.decode(row.changed))
