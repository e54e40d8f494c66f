"""What takes room, on every way of keeping a store: each level adds up, and the whole is what is really taken."""

import time
from contextlib import suppress

import pytest
from flightlog.core import events as e
from flightlog.core.choosing import chosen
from flightlog.core.errors import NotFound, NotSupported, StorageError
from flightlog.core.ids import new_ulid
from flightlog.core.operations import new_order
from flightlog.core.space import path_of

HOSTILE = "\x1b]0;x\x07 [/b] \u202e \x00 \x01 ü"


@pytest.fixture
def filled(store):
    """Two workflows, one of them with a run of everything; nothing is on its way any more."""
    for n in range(5):
        with store.run("triage", name=f"t{n}") as run:
            run.log(f"said {n} " * (n + 1))
    with store.run("report", name="all of it") as run:
        run.log(HOSTILE)
        with run.step("plan", input={"a": HOSTILE}) as step:
            step.cost("m", input_tokens=3)
        first = run.checkpoint({"messages": ["hello" * 100], "plan": {HOSTILE: 1}, "same": "x" * 50})
        run.checkpoint({"messages": ["hello" * 100, "more"], "other": "x" * 50}, parent=first)
        run.artifact("/nowhere/report.pdf", name="report")
    writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow=":index"))
    writer.append(e.RunFinished(status="completed"))
    writer.close()
    settled(store)
    return store


def settled(store) -> None:
    """Waits until what is shipped has left the spool, and the same is told twice: so far apart that a folder which
    changed counts as settled meanwhile, which is written into the index.
    """
    end, before = time.monotonic() + 30, None
    while (now := store.upkeep.space()) != before or any(node.kind == "spool" for node in now.children):
        assert time.monotonic() < end
        before = now
        time.sleep(0.12)


def every_level(store, path=()):
    """Each level that there is, from the store down."""
    level = store.upkeep.space(path)
    yield path, level
    for node in level.children:
        if node.opens:
            yield from every_level(store, (*path, node.name))


def run_of(store, workflow):
    return store.upkeep.space((workflow,)).children[0].name


def test_each_level_adds_up_and_is_as_large_as_the_one_above_says(filled):
    seen = {}
    for path, level in every_level(filled):
        assert tuple(node.name for node in level.path[1:]) == path
        whole = sum(node.size_bytes for node in level.children if not node.apart)
        assert whole == level.node.size_bytes, path
        assert level.node == seen.get(path, level.node)
        assert len({(node.kind, node.name) for node in level.children}) == len(level.children)
        assert level.next is None
        seen |= {(*path, node.name): node for node in level.children}
        sizes = [-node.size_bytes for node in level.children if not node.apart]
        assert sizes == sorted(sizes)
    kinds = {node.kind for node in seen.values()}
    assert {"workflow", "run", "logs", "events", "type", "states", "key", "artifacts", "artifact"} <= kinds


def test_a_store_is_workflows_and_what_lies_beside_them(filled):
    top = filled.upkeep.space()
    assert (top.node.kind, top.node.count) == ("store", 7)
    found = {node.name: node for node in top.children}
    counts = {node.name: node.count for node in top.children if node.kind == "workflow"}
    assert counts == {"triage": 5, "report": 1, "::index": 1}
    beside = {node.kind for node in top.children} - {"workflow"}
    assert "index" in beside or "tables" in beside
    sizes = {run.workflow: run.size_bytes for run in filled.runs.recent("report")}
    assert found["report"].size_bytes == sizes["report"]
    (other,) = filled.upkeep.space(("::index",)).children
    assert other.run.workflow == ":index"


def test_a_run_is_made_of_logs_events_and_states_by_key(filled):
    id = run_of(filled, "report")
    level = filled.upkeep.space(("report", id))
    assert level.node.run == filled.runs.get(id)
    parts = {node.kind: node for node in level.children}
    assert (parts["logs"].count, parts["states"].count, parts["artifacts"].count) == (1, 4, 1)
    assert parts["artifacts"].apart
    types = {node.name: node.count for node in filled.upkeep.space(("report", id, "events")).children}
    assert types["checkpoint"] == 2 and "log" not in types
    assert sum(types.values()) == filled.runs.get(id).events - 1
    keys = {node.name: node for node in filled.upkeep.space(("report", id, "states")).children if node.kind == "key"}
    assert {name: node.count for name, node in keys.items()} == {"messages": 2, "plan": 1, "same": 1, "other": 0}
    assert keys["messages"].size_bytes > 500 > keys["plan"].size_bytes


def test_space_comes_by_pages_in_each_order(filled):
    id = run_of(filled, "report")
    for path in ((), ("triage",), ("report", id), ("report", id, "states"), ("report", id, "events")):
        for sort in ("size", "name", "count"):
            whole = filled.upkeep.space(path, sort=sort)
            found, after = [], None
            while True:
                page = filled.upkeep.space(path, sort=sort, limit=2, after=after)
                found += page.children
                after = page.next
                if after is None:
                    break
                assert len(page.children) == 2
            assert found == whole.children, (path, sort)
            if sort == "name" and path != ("triage",):
                own = [node.name for node in found if not node.apart or node.kind != "source"]
                assert own == sorted(own)
    assert [node.run.name for node in filled.upkeep.space(("triage",), sort="name").children] == [
        f"t{n}" for n in range(5)
    ]
    with pytest.raises(StorageError, match="not a cursor"):
        filled.upkeep.space(after="x")


def test_the_trash_and_the_archive_are_told_and_all_still_adds_up(filled):
    runs = filled.runs.recent("triage")
    before = {node.name: node for node in filled.upkeep.space().children}["triage"]
    (thrown,) = filled.upkeep.trash(new_order(), [chosen(runs[0])])
    packed = None
    with suppress(NotSupported):  # a server has no place for archives of its own
        (packed,) = filled.upkeep.archive(new_order(), [chosen(runs[1])])
        assert packed.outcome == "done", packed
    assert thrown.outcome == "done"
    settled(filled)
    found = {node.name: node for node in filled.upkeep.space().children}
    assert found[":trash"].size_bytes >= runs[0].size_bytes and found[":trash"].opens
    live = runs[2:] if packed else runs[1:]
    assert (found["triage"].count, found["triage"].size_bytes) == (len(live), sum(run.size_bytes for run in live))
    assert before.size_bytes > found["triage"].size_bytes
    if packed:
        assert (found[":archive"].count, found[":archive"].size_bytes) == (1, packed.after_bytes)
        (node,) = filled.upkeep.space((":archive", "triage")).children
        assert node.run.archived and path_of(node.run) == (":archive", "triage", runs[1].id)
    for path, level in every_level(filled):
        assert sum(node.size_bytes for node in level.children if not node.apart) == level.node.size_bytes, path


def test_a_path_that_leads_nowhere_is_not_found(filled):
    id = run_of(filled, "report")
    nowhere = [
        ("none",),
        ("",),
        (":none",),
        (":index", "none"),
        (":free", "none"),
        (":archive", "triage"),
        (":other", "none"),
        ("triage", id),
        ("triage", "\udc00"),
        ("report", id, "none"),
        ("report", id, "logs", "x"),
        ("report", id, "states", "messages", "x"),
        ("report", "x" * 5000),
    ]
    for path in nowhere:
        with pytest.raises(NotFound):
            filled.upkeep.space(path)
