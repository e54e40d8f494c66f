"""Replay: every kind of store carries everything into every other, byte for byte."""

import msgspec
import pytest
from flightlog.core import events as e
from flightlog.core.annotations import Noted, Pinned, Tagged
from flightlog.core.errors import Conflict
from flightlog.core.ids import new_ulid
from flightlog.core.query.query import EVERYTHING
from moving_stores import replayed

HOSTILE = "\x1b]52;\x07 \u202e [/INST] \u2028 \x00 ' \" \\ 🦊"


def filled(store):
    """Puts some of everything into a store."""
    store.workflows.store("w", "a: 1", author="ana", note="first")
    store.workflows.store("w", "a: 2")
    store.workflows.store("w", "a: 3", parents=[1, 2], meta={"team": {"of": HOSTILE}})
    store.workflows.delete("w", 2, force=True, by="ben", note=HOSTILE)
    for n in range(3):
        with store.run("w", version=1, name=HOSTILE, session="s") as run:
            with run.step("plan", input={HOSTILE: 1}) as step:
                step.log(HOSTILE, value=[1.5, None, 2**60])
                step.cost(model="m", input_tokens=5, nanousd=7)
            run.checkpoint({"list": list(range(n)), "text": HOSTILE})
            run.checkpoint({"list": list(range(n + 3)), "blob": b"\x80\x04."})
            run.item(1, "failed", error="x")
    for annotation in (Pinned(run=run.id), Tagged(run=run.id, tag="t"), Noted(run=run.id, text=HOSTILE, by="b")):
        store.runs.annotate(annotation)
    writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow="v"))
    writer.append(e.RunPaused())
    writer.close()


def everything(store):
    """All that two equal stores have in common."""
    runs = store.runs.query(EVERYTHING, limit=100).items
    found = {"totals": msgspec.structs.replace(store.runs.totals(), size_bytes=0)}
    for run in runs:
        found[run.id] = (
            msgspec.structs.replace(run, size_bytes=0),
            store.runs.events(run.id),
            store.runs.steps(run.id),
            store.runs.notes(run.id).items,
            store.checkpoints.list(run.id),
            [store.checkpoints.state(point.id) for point in store.checkpoints.list(run.id)],
            store.logs.query(run.id),
        )
    for workflow in store.workflows.list_all():
        for version in store.workflows.list(workflow.id):
            found[workflow.id, version.number] = store.workflows.get(workflow.id, version.number)
        found[workflow.id] = store.workflows.list(workflow.id, deleted=True)
    return found


def test_everything_is_carried_byte_for_byte_and_only_once(place, target):
    source, into = place.open(), target.open()
    filled(source)
    before = everything(source)
    carried = replayed(source, into)
    assert (carried.runs, carried.annotations, carried.versions, carried.missing) == (4, 3, 3, [])
    assert carried.events == sum(run.events for run in source.runs.query(EVERYTHING).items)
    assert everything(into) == before == everything(source)
    assert replayed(source, into)[:4] == (0, 0, 0, 0)
    assert everything(into) == before


def test_a_second_replay_carries_what_is_new(place, target):
    source, into = place.open(), target.open()
    run = source.run("w")
    run.log("one")
    assert replayed(source, into)[:2] == (1, 2)
    run.log("two")
    run.checkpoint({"a": 1})
    run.finish()
    source.runs.annotate(Pinned(run=run.id))
    assert replayed(source, into)[:3] == (1, 3, 1)
    assert everything(into) == everything(source)


def test_a_run_that_is_written_in_the_target_is_a_conflict(kept, target):
    source, into = kept.open(), target.open()
    run = source.run("w")
    replayed(source, into)
    writer = into.recording.resume(run.id)
    for _ in range(3):
        run.log("more")
    with pytest.raises(Conflict):
        replayed(source, into)
    writer.close()
    run.finish()
