"""Everything else that a run is made of, on every way of keeping a store: rows and their retries, request ids,
edges, branches, snapshots, meta, approvals, and who did what."""

import json
import math

import pytest
from flightlog.backends.sql import adding
from flightlog.core import annotations as a
from flightlog.core import events as e
from flightlog.core.errors import NotFound, StorageError
from flightlog.core.ids import new_ulid
from flightlog.core.logs import LogFilter
from flightlog.core.pages import Sort
from flightlog.core.query.query import EVERYTHING, equals, parse

PLAN = "a: 1\n"


def pages(ask, **options):
    """All items of a list by its cursors, and how many pages they came in."""
    found, after, count = [], None, 0
    while True:
        page = ask(after=after, **options)
        found, count, after = [*found, *page.items], count + 1, page.next
        if after is None:
            return found, count


# --- rows of a batch ---------------------------------------------------------------------------------


def batch(store, rows, **facts):
    with store.run("etl", **facts) as run:
        for number, status in rows.items():
            run.item(number, "processing")
            run.item(number, status, error=f"row {number} is bad" if status == "failed" else None)
    return run


def test_failed_rows_are_listed_alone_page_by_page(store):
    run = batch(store, {number: "failed" if number % 3 == 0 else "completed" for number in range(20)})
    failed, count = pages(lambda **options: store.runs.items(run.id, status="failed", **options), limit=3)
    assert [item.row_number for item in failed] == [0, 3, 6, 9, 12, 15, 18] and count == 3
    assert failed[1].error == "row 3 is bad"
    done, _ = pages(lambda **options: store.runs.items(run.id, status="completed", **options), limit=4)
    assert [item.row_number for item in done] == [number for number in range(20) if number % 3]
    assert store.runs.items(run.id, status="pending").items == []


def test_retries_say_what_the_next_attempt_made_of_each_failed_row(store):
    first = batch(store, dict.fromkeys(range(6), "failed") | {6: "completed"})
    assert [(retry.run, retry.next) for retry in store.runs.retries(first.id).items] == [(None, None)] * 6
    batch(store, {0: "failed"}, parent=first.id)  # a child, and no further attempt
    second = batch(store, {0: "completed", 1: "failed", 2: "completed"}, parent=first.id, attempt=2)
    third = batch(store, {1: "completed"}, parent=second.id, attempt=3)
    batch(store, {3: "completed"}, parent=first.id, attempt=3)  # the next one is the second
    found, count = pages(lambda **options: store.runs.retries(first.id, **options), limit=4)
    told = [(retry.item.row_number, retry.run, retry.next and retry.next.status) for retry in found]
    statuses = ["completed", "failed", "completed", None, None, None]
    assert told == [(number, second.id, status) for number, status in enumerate(statuses)] and count == 2
    (again,) = store.runs.retries(second.id).items
    assert (again.item.row_number, again.run, again.next.status) == (1, third.id, "completed")
    assert again.item.error == "row 1 is bad" and again.next.run == third.id


def test_a_retry_of_another_session_is_not_told(store):
    first = batch(store, {1: "failed"}, session="ana")
    batch(store, {1: "completed"}, session="bob", parent=first.id, attempt=2)
    (retry,) = store.scoped(session="ana").runs.retries(first.id).items
    assert (retry.item.row_number, retry.run, retry.next) == (1, None, None)
    assert store.runs.retries(first.id).items[0].next.status == "completed"


# --- calls and their log lines -------------------------------------------------------------------------


def test_a_request_id_ties_log_lines_to_the_call_they_are_of(store):
    with store.run("w") as run:
        for number in range(6):
            request = f"req_{number}"
            run.debug("calling", request_id=request)
            run.warning("slow down", kind="api_call", request_id=request)
            run.cost(model="m", input_tokens=number, dollars="0.01", request_id=request)
        run.cost(model="m", output_tokens=1)
    calls = store.runs.cost_records(run.id)
    assert [call.request_id for call in calls] == [*(f"req_{number}" for number in range(6)), ""]
    (call,) = store.runs.cost_records(run.id, request_id="req_3")
    assert call == calls[3] and call.tokens.input == 3
    said = store.logs.query(run.id, LogFilter(request_id=call.request_id))
    assert [entry.message for entry in said] == ["calling", "slow down"]
    assert store.runs.event(run.id, call.seq).request_id == "req_3"
    assert store.runs.cost_records(run.id, request_id="nothing") == []


def test_lists_by_seq_go_on_where_the_last_one_ended(store):
    with store.run("w") as run:
        for number in range(7):
            run.cost(model="m", input_tokens=number, nanousd=1)
            run.artifact(f"/x/{number}", sha256="0" * 64)
            run.checkpoint({"n": number})
    for ask in (store.runs.cost_records, store.runs.artifacts, store.checkpoints.list):
        whole, found = ask(run.id), []
        assert len(whole) == 7
        while page := ask(run.id, after=found[-1].seq if found else 0, limit=3):
            assert len(page) <= 3
            found += page
        assert found == whole


def test_steps_and_children_are_read_page_by_page(store):
    with store.run("w") as run:
        for number in range(7):
            with run.step(f"step {number}"):
                pass
    for number in range(5):
        store.run("child", parent=run.id, name=str(number)).finish()
    whole, found = store.runs.steps(run.id), []
    assert len(whole) == 7
    while page := store.runs.steps(run.id, after=found[-1].id if found else None, limit=3):
        assert len(page) <= 3
        found += page
    assert found == whole
    with pytest.raises(NotFound):
        store.runs.steps(run.id, after="nowhere")
    oldest_first = Sort(descending=False)
    children, count = pages(
        lambda **options: store.runs.query(equals("parent", run.id), oldest_first, **options), limit=2
    )
    assert children == store.runs.children(run.id) and len(children) == 5 and count == 3


# --- edges, branches, snapshots ------------------------------------------------------------------------


def test_the_edges_of_a_declared_graph_are_there_before_and_after_it_runs(store):
    graph = [
        e.DeclaredStep(id="a", name="fetch"),
        e.DeclaredStep(id="b", name="left", depends_on=["a"]),
        e.DeclaredStep(id="c", name="right", depends_on=["a"]),
        e.DeclaredStep(id="d", name="join", depends_on=["b", "c"]),
    ]
    edges = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}
    writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow="w"))
    writer.append(e.GraphDeclared(steps=graph))
    assert {step.id: (step.status, step.depends_on) for step in store.runs.steps(writer.run)} == {
        id: ("pending", before) for id, before in edges.items()
    }
    for step in graph:
        writer.append(e.StepStarted(step=step.id, name=step.name))
        writer.append(e.StepFinished(step=step.id, status="completed"))
    writer.append(e.StepStarted(step="e", name="more", depends_on=["d", "a"], parent="d"))
    writer.append(e.RunFinished(status="completed"))
    writer.close()
    found = {step.id: step.depends_on for step in store.runs.steps(writer.run)}
    assert found == edges | {"e": ("d", "a")}


def test_a_second_child_and_a_run_from_anothers_checkpoint_are_branches(store):
    with store.run("w") as run:
        trunk = run.checkpoint({"n": 1})
        main = run.checkpoint({"n": 2})
        branch = run.checkpoint({"n": 3}, parent=trunk)
    with store.run("w", parent=run.id, from_checkpoint=branch) as other:
        pass
    parents = {point.id: point.parent for point in store.checkpoints.list(run.id)}
    assert parents == {trunk: None, main: trunk, branch: trunk}
    assert store.runs.get(other.id).from_checkpoint == branch
    assert store.checkpoints.state(store.checkpoints.list(other.id)[0].id) == {"n": 3}
    assert [child.id for child in store.runs.children(run.id)] == [other.id]


def test_a_plan_and_a_result_come_back_whole(store):
    plan = {"steps": [{"name": f"step {n}", "why": "ä" * 500, "n": n} for n in range(2000)], "odd": [None, 2**60, 1.5]}
    result = json.loads("[" * 100 + '{"deep": ""}' + "]" * 100)
    with store.run("w") as run:
        run.snapshot("plan", {"draft": True})
        run.snapshot("plan", plan)
        run.snapshot("result", result)
        run.snapshot("input", None)
    assert store.runs.snapshots(run.id) == {"plan": plan, "result": result, "input": None}


# --- meta ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("meta.customer:acme", {"a"}),
        ("meta.customer:ac*", {"a", "b"}),
        ("meta.customer=ac*", set()),
        ('meta.customer:"Acme & Söhne"', {"c"}),
        ("meta.tier:3", {"a"}),
        ("meta.tier>=3", {"a", "b"}),
        ("meta.tier<3.5", {"a"}),
        ("meta.live:true", {"a"}),
        ("meta.live:false", {"b"}),
        ('meta."a.b c":x', {"b"}),
        ("-meta.customer:acme", {"b", "c"}),
        ("meta.customer:acme|acorn", {"a", "b"}),
        ("meta.nothing:acme", set()),
        ("meta.changed:later", {"c"}),
        ("meta.dropped:soon", set()),
    ],
)
def test_runs_are_found_by_their_meta(store, query, wanted):
    metas = {
        "a": {"customer": "acme", "tier": 3, "live": True},
        "b": {"customer": "acorn", "tier": 4, "live": False, "a.b c": "x"},
        "c": {"customer": "Acme & Söhne", "tier": "3", "gone": None, "dropped": "soon"},
    }
    for name, meta in metas.items():
        writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow="w", name=name, meta=meta))
        if name == "c":
            writer.append(e.RunMeta(meta={"changed": "later", "dropped": None}))
        writer.append(e.RunFinished(status="completed"))
        writer.close()
    if query == "meta.tier:3":
        wanted = {"a", "c"}  # typed, a number and its text are the same
    assert {run.name for run in store.runs.query(parse(query)).items} == wanted
    assert store.runs.count(parse(query)) == len(wanted)


# --- who did what ------------------------------------------------------------------------------------------


def test_an_approval_says_who_decided_it_and_when(store):
    writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow="w"))
    for name in ("a1", "a2"):
        writer.append(e.ApprovalRequested(approval=name, question=f"{name}?", details={"mails": 14}))
    with pytest.raises(StorageError, match="nothing was added"):
        store.runs.decide(writer.run, "a1", "maybe")
    store.runs.decide(writer.run, "a1", "rejected", by="ana", note="not on a Friday")
    decision, by, note = store.recording.answer(writer.run, "a1")
    writer.append(e.ApprovalDecided(approval="a1", decision=decision, by=by, note=note))
    decided, waiting = store.runs.approvals(writer.run)
    assert (decided.status, decided.by, decided.note, decided.details) == (
        "rejected",
        "ana",
        "not on a Friday",
        {"mails": 14},
    )
    assert decided.requested < decided.decided == store.runs.get(writer.run).last_event
    assert waiting.status == "pending" and store.runs.approvals(writer.run, after=decided.seq) == [waiting]
    assert store.runs.approvals(writer.run, limit=1) == [decided]
    writer.close()


def everything_done(store):
    """Every kind of act; returns what is told of them, newest first."""
    with store.run("w", session="ana") as run:
        for number in range(4):
            run.checkpoint({"text": str(number) * 3000})
    writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow="v"))
    for name in ("a1", "a2"):
        writer.append(e.ApprovalRequested(approval=name, question=f"{name}?"))
    asked = writer.run
    store.workflows.store("kept", PLAN, author="ana", note="first")
    version = store.workflows.store("triage", PLAN, author="ana")
    store.runs.annotate(a.Pinned(run=run.id, by="bob"))
    store.runs.annotate(a.Pinned(run=run.id, by="bob", pinned=False))
    store.runs.annotate(a.Tagged(run=run.id, by="eva", tag="nightly"))
    store.runs.annotate(a.Tagged(run=run.id, by="eva", tag="nightly", tagged=False))
    store.runs.annotate(a.Noted(run=run.id, by="eva", text="the prompt had the wrong date"))
    store.runs.annotate(a.Scored(run=run.id, by="judge", name="quality", value=0.25))
    store.runs.decide(asked, "a1", "approved", by="ana")
    store.runs.decide(asked, "a2", "rejected", by="ana", note="no")
    dropped = store.upkeep.drop_states(run.id, [], by="ops")
    store.workflows.delete("triage", version.number, by="bob", note="wrong")
    writer.close()
    told = f"{dropped.values} values, {dropped.size_bytes} bytes; 0 states kept"
    return [
        ("bob", "delete", "triage", 1, "", "", "wrong"),
        ("ops", "drop-states", run.id, None, "", told, ""),
        ("ana", "reject", asked, None, "a2", "a2?", "no"),
        ("ana", "approve", asked, None, "a1", "a1?", ""),
        ("judge", "score", run.id, None, "quality", "0.25", ""),
        ("eva", "note", run.id, None, "the prompt had the wrong date", "", ""),
        ("eva", "untag", run.id, None, "nightly", "", ""),
        ("eva", "tag", run.id, None, "nightly", "", ""),
        ("bob", "unpin", run.id, None, "", "", ""),
        ("bob", "pin", run.id, None, "", "", ""),
        ("ana", "save", "triage", 1, "", "", ""),
        ("ana", "save", "kept", 1, "", "", "first"),
    ]


def rows_of(acts):
    return [(x.by, x.action, x.run or x.workflow, x.version, x.what, x.detail, x.note) for x in acts]


def test_the_audit_trail_tells_who_did_what_newest_first(store):
    expected = everything_done(store)
    whole = store.audit().items
    assert rows_of(whole) == expected
    assert [act.t for act in whole] == sorted((act.t for act in whole), reverse=True) and all(act.t for act in whole)
    for limit in (1, 2, 3, 10):
        found, count = pages(store.audit, limit=limit)
        assert found == whole and count == -(-len(whole) // limit)
    asked = store.audit(parse("workflow:v")).items
    assert rows_of(asked) == expected[2:4]
    found, _ = pages(lambda **options: store.runs.acts(EVERYTHING, **options), limit=2)
    assert found == [act for act in whole if act.run]
    assert rows_of(store.scoped(session="ana").runs.acts().items) == [
        row for row in expected if row[2] == expected[1][2]
    ]
    for cursor in ("nonsense", "~", "2026"):
        with pytest.raises(StorageError):
            store.audit(after=cursor)
        with pytest.raises(StorageError):
            store.runs.acts(after=cursor)


def test_the_audit_trail_outlives_the_process(kept):
    store = kept.open()
    expected = everything_done(store)
    store.close()
    assert rows_of(kept.open().audit().items) == expected


def test_nothing_is_told_of_what_was_not_done(store):
    with store.run("w") as run:
        run.checkpoint({"a": 1})
    store.upkeep.drop_states(run.id, [store.checkpoints.list(run.id)[0].id], by="ops")
    with pytest.raises(NotFound):
        store.runs.annotate(a.Pinned(run=new_ulid()))
    for value in (math.nan, math.inf, "high"):  # which nobody could read again
        with pytest.raises(StorageError, match=r"nothing was added.*finite number"):
            store.runs.annotate(a.Scored(run=run.id, name="quality", value=value))
    assert store.audit().items == [] == store.runs.metrics(run.id).items
    assert store.runs.damage().items == []


def test_the_trail_goes_on_behind_a_time_that_is_none(store, monkeypatch):
    # Versions before this one kept whatever text they were given.
    monkeypatch.setattr(adding, "given_time", lambda text, name: text)
    run = store.run("w")
    for n in range(3):
        store.runs.annotate(a.Noted(run=run.id, text=str(n), t=f"{n} ~ when"))
    run.finish()
    found, _ = pages(lambda **options: store.runs.acts(EVERYTHING, **options), limit=1)
    assert sorted(act.what or act.detail for act in found) == ["0", "1", "2"]
