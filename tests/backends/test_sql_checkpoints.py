"""States: keys without values, values only where somebody looks, blame by digests alone."""

import json

import pytest
from flightlog.backends.journal.states import States
from flightlog.backends.journal.states_writer import StatesWriter
from flightlog.backends.sql import checkpoint_repository
from flightlog.backends.sql.bodies import store_values
from flightlog.core.checkpoints import KeyChange
from flightlog.core.errors import Corrupt, NotFound, Stopped
from flightlog.core.events import CheckpointSaved, Opaque
from flightlog.core.progress import Progress, telling


def test_listing_and_keys_read_no_values(small):
    run = small.begin()
    first = small.checkpoint(run, {"a": 1, "b": [1, 2]}, label="start", step="s")
    second = small.checkpoint(run, {"a": 1, "b": [1, 2, 3], "c": None}, parent=first)
    one, two = small.checkpoints.list(run)
    assert (one.id, one.label, one.step, one.keys, one.size_bytes, one.parent) == (first, "start", "s", 2, 6, None)
    assert (two.id, two.parent, two.changed) == (second, first, ("b", "c"))
    assert small.checkpoints.get(second) == two
    keys = small.checkpoints.keys(second)
    assert [(key.key, key.size_bytes) for key in keys] == [("a", 1), ("b", 7), ("c", 4)]
    assert small.bodies.read == []


def test_a_state_comes_as_it_was_given(small, statements):
    run = small.begin()
    state = {"b": {"z": 1, "a": [True, None, 1.5]}, "a": "ü", "n": 2**60}
    name = small.checkpoint(run, state)
    assert small.checkpoints.state(name) == state
    small.bodies.read.clear()
    assert small.checkpoints.value(name, "a") == "ü"
    assert len(small.bodies.read) == 1
    statements.clear()
    assert small.checkpoints.values(name, ["b", "n"]) == {"b": state["b"], "n": state["n"]}
    assert len(small.bodies.read) == 3
    assert len(statements) <= 2
    with pytest.raises(NotFound):
        small.checkpoints.value(name, "zzz")


def test_opaque_bytes_are_described_and_never_read(small):
    run = small.begin()
    digest = "ab" * 32
    name = small.checkpoint(run, {"a": 1}, opaque={"p": Opaque(digest=digest, size=9, note="pickle")})
    described = {"opaque": "pickle", "size": 9, "sha256": digest}
    assert small.checkpoints.state(name) == {"a": 1, "p": described}
    assert small.checkpoints.value(name, "p") == described
    assert small.checkpoints.keys(name)[1].opaque == Opaque(digest=digest, size=9, note="pickle")
    assert digest not in small.bodies.read


def test_sizes_that_were_not_recorded_are_looked_up(small):
    run = small.begin()
    name = "01jd0000000000000000000000"
    small.record(run, CheckpointSaved(checkpoint=name, values={"a": small.put_value(run, [1, 2, 3])}))
    assert [key.size_bytes for key in small.checkpoints.keys(name)] == [7]


def test_a_diff_reads_only_what_differs(small):
    run, other = small.begin(), small.begin()
    a = small.checkpoint(run, {"same": list(range(100)), "old": 1, "both": "x", "order": {"p": 1, "q": 2}})
    b = small.checkpoint(other, {"same": list(range(100)), "new": 2, "both": "y", "order": {"q": 2, "p": 1}})
    diff = small.checkpoints.diff(a, b)
    assert diff.changes == (
        KeyChange(key="both", kind="changed", before="x", after="y"),
        KeyChange(key="new", kind="added", after=2),
        KeyChange(key="old", kind="removed", before=1),
    )
    same = small.checkpoints.keys(a)[3]
    assert same.key == "same"
    assert same.digest not in small.bodies.read
    small.bodies.read.clear()
    assert small.checkpoints.diff(a, a).changes == ()
    assert small.bodies.read == []


def test_a_diff_of_one_run_is_one_read(small, statements):
    run = small.begin()
    a = small.checkpoint(run, {"grown": [1], "other": "x", "same": 0})
    b = small.checkpoint(run, {"grown": [1, 2], "other": "y", "same": 0})
    statements.clear()
    assert len(small.checkpoints.diff(a, b).changes) == 2
    assert len(small.bodies.read) == 4
    assert len(statements) <= 3


def test_a_value_at_the_end_of_a_long_way_costs_few_statements(small, statements, tmp_path):
    run = small.begin()
    writer = StatesWriter(run, tmp_path / "states", tmp_path / "torn")
    bodies = {}
    for n in range(1, 201):
        body = json.dumps([f"what was said in turn {m} " * 20 for m in range(n)], separators=(",", ":")).encode()
        bodies[writer.put(body, key="messages")] = body
    writer.close()
    states = States(tmp_path / "states")
    with small.database.write() as connection:
        store_values(connection, run, [(digest, states.record(digest)) for digest in bodies])
    statements.clear()
    assert small.bodies.values(run, list(bodies)[-1:]) == dict(list(bodies.items())[-1:])
    assert len(statements) <= 30
    statements.clear()
    assert small.bodies.values(run, bodies) == bodies  # all at once: what they share is read once
    assert len(statements) <= 2


def test_one_and_true_differ(small):
    run = small.begin()
    a, b = small.checkpoint(run, {"x": 1}), small.checkpoint(run, {"x": True})
    assert len(small.checkpoints.diff(a, b).changes) == 1


def test_blame_finds_the_checkpoint_that_wrote_the_key(small, statements):
    run = small.begin()
    a = small.checkpoint(run, {"x": 1, "y": 1})
    b = small.checkpoint(run, {"x": 2, "y": 1}, parent=a, step="writer")
    side = small.checkpoint(run, {"x": 9, "y": 1}, parent=a)
    c = small.checkpoint(run, {"x": 2, "y": 1, "z": 0}, parent=b)
    d = small.checkpoint(run, {"x": 2, "z": 0}, parent=c)
    e = small.checkpoint(run, {"x": 2, "y": 1}, parent=d)
    small.bodies.read.clear()
    statements.clear()
    blame = small.checkpoints.blame(e, "x")
    assert (blame.since, blame.step, blame.key, blame.checkpoint) == (b, "writer", "x", e)
    assert blame.t == small.checkpoints.get(b).t
    assert len(statements) <= 3
    assert small.checkpoints.blame(c, "y").since == a
    assert small.checkpoints.blame(e, "y").since == e  # it was gone in between
    assert small.checkpoints.blame(side, "x").since == side
    assert {one.key: one.since for one in small.checkpoints.blames(c)} == {"x": b, "y": a, "z": c}
    assert small.bodies.read == []
    with pytest.raises(NotFound):
        small.checkpoints.blame(e, "z")


def test_who_wrote_a_key_is_told_checkpoint_by_checkpoint_and_stopped_between_two(small, monkeypatch):
    run, points, progress, told = small.begin(), [None], Progress(), []
    for n in range(40):
        points.append(small.checkpoint(run, {"x": 1, "n": n}, parent=points[-1]))
    wrote = checkpoint_repository._wrote

    def seen(row, keys):
        told.append(progress.look())
        if len(told) == 10:
            progress.stop()
        return wrote(row, keys)

    monkeypatch.setattr(checkpoint_repository, "_wrote", seen)
    with telling(progress), pytest.raises(Stopped):
        small.checkpoints.blame(points[-1], "x")
    assert [at.done for at in told] == list(range(10))
    assert {(at.total, at.what) for at in told} == {(39, "looking at checkpoints")}
    told.clear()
    assert {one.key: one.since for one in small.checkpoints.blames(points[-1])} == {"x": points[1], "n": points[-1]}
    assert len(told) == 39  # one walk for all keys


def test_blame_ends_where_the_line_of_parents_does(small):
    run = small.begin()
    lonely = small.checkpoint(run, {"x": 1}, parent="01jd000000000000000000gone")
    child = small.checkpoint(run, {"x": 1}, parent=lonely)
    assert small.checkpoints.blame(child, "x").since == lonely


def test_what_is_not_there_is_not_found(small):
    for ask in (small.checkpoints.get, small.checkpoints.keys, small.checkpoints.state):
        with pytest.raises(NotFound):
            ask("01jd0000000000000000000000")
    with pytest.raises(NotFound):
        small.checkpoints.diff("01jd0000000000000000000000", "01jd0000000000000000000001")


def test_a_damaged_value_is_named_and_the_other_keys_can_be_read(small):
    run = small.begin()
    name = small.checkpoint(run, {"a": [1, 2, 3], "b": 2})
    digest = small.checkpoints.keys(name)[0].digest
    with small.database.write() as connection:
        statement = "UPDATE state_values SET record = substr(record, 3) WHERE digest = ?"
        connection.exec_driver_sql(statement, (digest,))
    with pytest.raises(Corrupt):
        small.checkpoints.value(name, "a")
    assert small.checkpoints.value(name, "b") == 2
