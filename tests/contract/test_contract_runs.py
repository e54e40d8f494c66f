"""RunRepository: finding runs, everything they are made of, and what others add."""

import itertools

import msgspec
import pytest
from flightlog.core import events as e
from flightlog.core.annotations import Noted, Pinned, Scored, Tagged
from flightlog.core.clock import pretending, to_seconds
from flightlog.core.errors import Conflict, NotFound, StorageError
from flightlog.core.ids import new_ulid
from flightlog.core.pages import Page, Sort, to_cursor
from flightlog.core.query.query import EVERYTHING, equals, of_call, parse
from flightlog.core.runs import FINISHED
from recorded_runs import record
from statements import executed


def test_get_a_run_by_its_id(store):
    run = record(store, name="n", objective="o", session="ana", project="p", tags=["t"], meta={"k": 1}, attempt=2)
    found = store.runs.get(run)
    assert (found.id, found.name, found.objective, found.session, found.project) == (run, "n", "o", "ana", "p")
    assert (found.tags, found.meta, found.attempt, found.status) == (("t",), {"k": 1}, 2, "completed")
    assert found.writer and found.writer.pid


@pytest.mark.parametrize(
    "unknown", ["u", "", "../..", "01" * 13, "a\x00b", "é", "'; drop table runs; --", "%", "x" * 500]
)
def test_an_unknown_id_is_not_found_everywhere(store, unknown):
    record(store)
    runs, logs, checkpoints = store.runs, store.logs, store.checkpoints
    asked = [
        runs.get,
        runs.resolve,
        runs.children,
        runs.steps,
        runs.items,
        runs.messages,
        runs.approvals,
        runs.artifacts,
    ]
    asked += [runs.snapshots, runs.metrics, runs.notes, runs.events, runs.cost_records, runs.damage]
    asked += [logs.query, logs.counts, checkpoints.list, checkpoints.get, checkpoints.keys, checkpoints.state]
    asked += [lambda run: logs.scan(run, "x"), lambda run: runs.event(run, 1), lambda run: runs.cursor_at(run, Sort())]
    asked += [lambda run: runs.annotate(Pinned(run=run)), lambda run: runs.decide(run, "a", "approved")]
    for ask in asked:
        with pytest.raises(NotFound):
            ask(unknown)


def test_steps_in_the_order_they_began_then_the_pending_ones_as_declared(store):
    with store.run("w") as run:
        run.graph({"c": [], "a": ["c"], "b": ["a"]})
        with run.step("a", agent="x", input={"q": 1}) as step:
            step.log("in a")
        with run.step("extra"):
            pass
        steps = store.runs.steps(run.id)
    assert [(step.name, step.status) for step in steps] == [
        ("a", "completed"),
        ("extra", "completed"),
        ("c", "pending"),
        ("b", "pending"),
    ]
    assert steps[0].logs == 1 and steps[0].has_input and not steps[0].has_output
    assert store.runs.event(run.id, steps[0].started_seq).input == {"q": 1}


def test_items_failed_ones_first_each_group_by_row_number(store):
    events = [e.ItemChanged(row_number=n, status="failed" if n % 3 == 0 else "completed") for n in range(7, -1, -1)]
    run = record(store, *events)
    whole, cursor = [], None
    while True:
        page = store.runs.items(run, limit=3, after=cursor)
        whole += [item.row_number for item in page.items]
        if (cursor := page.next) is None:
            break
    assert whole == [0, 3, 6, 1, 2, 4, 5, 7]


def test_a_row_is_begun_when_it_is_taken_up_not_when_it_is_put_in_line(store):
    words = ["pending", "pending", "processing", "completed"]
    waiting = e.ItemChanged(row_number=2, status="pending")
    run = record(store, *(e.ItemChanged(row_number=1, status=status) for status in words), waiting)
    events = [e.decode(line) for _, line in store.runs.events(run)]
    times = [event.t for event in events if isinstance(event, e.ItemChanged)]
    one, two = store.runs.items(run).items
    assert (one.started, one.changed) == (times[2], times[3])
    assert (two.started, two.changed) == (None, times[4])


def test_messages_in_the_order_they_were_sent_contents_included(store):
    contents = ["héllo", {"a": [1, None]}, "x" * 100_000, "", [1.5]]
    run = record(store, *(e.MessageSent(sender="a", recipient="b", content=content) for content in contents))
    first = store.runs.messages(run, limit=3)
    rest = store.runs.messages(run, limit=3, after=first.next)
    assert [message.content for message in first.items + rest.items] == contents and rest.next is None


def test_messages_are_read_from_the_newest_back_and_on_again(store):
    said = [e.MessageSent(sender="a", recipient="b", content=n) for n in range(7)]
    run = record(store, *(event for one in said for event in (one, e.Logged(level="INFO", message="between"))))
    page = store.runs.messages(run, limit=3, last=True)
    assert page.next is None
    pages = [page]
    while pages[-1].previous:
        pages.append(store.runs.messages(run, limit=3, before=pages[-1].previous))
    assert [[one.content for one in page.items] for page in pages] == [[4, 5, 6], [1, 2, 3], [0]]
    for newer, page in itertools.pairwise(pages):
        assert store.runs.messages(run, limit=3, after=page.next).items == newer.items
    assert [store.runs.messages(run, limit=limit, last=True).previous is None for limit in (6, 7, 8)] == [
        False,
        True,
        True,
    ]
    beyond = store.runs.messages(run, after=pages[1].next, limit=3)
    at_end = store.runs.messages(run, after=to_cursor(beyond.items[-1].seq))
    assert at_end.items == [] and at_end.next is None
    assert store.runs.messages(run, before=at_end.previous, limit=3).items == beyond.items
    assert store.runs.messages(record(store), last=True) == Page(items=[])
    with pytest.raises(NotFound):
        store.runs.messages("01jd2k3m4n5p6q7r8s9t0v1w2x", last=True)


def test_approvals_of_one_run_in_the_order_asked_and_all_pending_ones_oldest_first(store):
    ask = [e.ApprovalRequested(approval=f"a{n}", question=f"{n}?") for n in range(2)]
    one = record(store, *ask, e.ApprovalDecided(approval="a0", decision="approved"), finish=None)
    two = record(store, *ask, finish=None)
    assert [approval.status for approval in store.runs.approvals(one)] == ["approved", "pending"]
    assert [(a.run, a.id) for a in store.runs.pending().items] == [(one, "a1"), (two, "a0"), (two, "a1")]
    assert store.runs.get(two).status in ("waiting", "lost")


def test_artifacts_snapshots_and_metrics_are_those_of_the_run(store):
    run = record(
        store,
        *(e.ArtifactMade(name=name, path=f"/x/{name}", size=3) for name in "ab"),
        e.SnapshotTaken(name="plan", value={"v": 1}),
        e.SnapshotTaken(name="plan", value={"v": 2}),
        e.SnapshotTaken(name="result", value=[1]),
        e.MetricReported(name="score", value=0.5),
        e.MetricReported(name="score", value=0.75),
    )
    assert [artifact.name for artifact in store.runs.artifacts(run)] == ["a", "b"]
    assert store.runs.snapshots(run) == {"plan": {"v": 2}, "result": [1]}
    assert [metric.value for metric in store.runs.metrics(run).items] == [0.5, 0.75]


def test_event_is_decoded_and_not_found_beyond_the_end(store):
    run = record(store, e.Logged(level="ERROR", message="boom", details={"k": [1, {"x": None}]}))
    assert store.runs.event(run, 2).details == {"k": [1, {"x": None}]}
    for seq in (0, 4, 10**12, -1):
        with pytest.raises(NotFound):
            store.runs.event(run, seq)


def test_some_events_are_told_as_one_is_and_others_are_left_out(store):
    logged = [e.Logged(level="INFO", message=f"{n}", details={"n": [n, {"x": None}]}) for n in range(120)]
    run, other = record(store, *logged, session="ana"), record(store, *logged, session="bob")
    seqs = [7, 2, 121, 7, 60, 1, 122]
    assert store.runs.some_events(run, seqs) == {seq: store.runs.event(run, seq) for seq in seqs}
    assert store.runs.some_events(run, [0, -1, 123, 10**12]) == store.runs.some_events(run, []) == {}
    assert store.runs.some_events(run, {3, 0, 500}) == {3: store.runs.event(run, 3)}
    with pytest.raises(NotFound):
        store.scoped(session="ana").runs.some_events(other, [1])
    with executed(here=True) as statements:
        store.runs.some_events(run, [2])
        few = len(statements)
        assert len(store.runs.some_events(run, range(2, 122))) == 120
        assert len(statements) <= 2 * few + 2, statements  # and not one an event


def test_events_come_in_the_bytes_that_were_recorded(store):
    writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow="w"))
    written = [e.Logged(level="INFO", message=text) for text in ("a", "ü\u202e\x1b]52;", "\u2028", "[/INST]" * 100)]
    for event in written:
        writer.append(event)
    lines = store.runs.events(writer.run, after=1)
    assert lines == [(event.seq, e.encode(event)) for event in written]
    assert [seq for seq, _ in store.runs.events(writer.run, after=2, limit=2)] == [3, 4]
    writer.close()


def test_text_comes_back_as_it_was_recorded(store):
    hostile = "\x1b[31mred\x07 [@click=app.bell()]x[/] \u202eabc \x9b \u0000 'q' \"d\" 🦊"
    run = record(store, e.Logged(level="INFO", message=hostile), name=hostile, objective=hostile)
    found = store.runs.get(run)
    assert (found.name, found.objective) == (hostile, hostile)
    assert store.logs.query(run)[0].message == hostile


def test_cost_records_and_costs_grouped_most_expensive_first(store):
    one = record(
        store,
        e.CostRecorded(model="big", input_tokens=10, output_tokens=1, nanousd=100),
        e.CostRecorded(model="small", input_tokens=5),
        e.CostPriced(cost=3, nanousd=7, prices="2026-01-01"),
        e.CostRecorded(model="mystery", input_tokens=1),
    )
    record(store, e.CostRecorded(model="small", nanousd=3), workflow="v")
    found = store.runs.cost_records(one)
    assert [(cost.model, cost.nanousd, cost.provenance) for cost in found] == [
        ("big", 100, "recorded"),
        ("small", 7, "computed"),
        ("mystery", None, "unknown"),
    ]
    groups = {group.key: group for group in store.runs.costs("model", EVERYTHING)}
    assert list(groups) == ["big", "small", "mystery"]
    assert (groups["small"].calls, groups["small"].money.nanousd, groups["small"].money.provenance) == (2, 10, "mixed")
    assert groups["mystery"].money.nanousd is None
    assert [group.key for group in store.runs.costs("workflow", parse("workflow:v"))] == ["v"]
    assert store.runs.get(one).money.provenance == "unknown"


def test_costs_are_grouped_on_every_axis_and_since_a_day(store):
    midnight = to_seconds("2026-11-20T00:00:00Z") * 1_000_000_000
    now = [int(midnight - 1_000_000)]
    with pretending(lambda: now[0]):
        one = store.recording.begin(e.RunStarted(run=new_ulid(), workflow="triage", session="ana"))
        one.append(e.CostRecorded(model="m", agent="planner", nanousd=100, input_tokens=2, cache_read_tokens=1))
        large = e.CostRecorded(model="m", nanousd=2**53 - 1)
        other = record(store, large, msgspec.structs.replace(large))
        now[0] = int(midnight)
        one.append(e.CostRecorded(model="m", agent="critic", nanousd=7))
        one.append(e.CostRecorded(output_tokens=1))
        one.append(e.RunFinished(status="completed"))
        one.close()
    one = one.run

    def spent(by, query=EVERYTHING, since=""):
        found = store.runs.costs(by, query, since=since)
        return {group.key: (group.money.known_nanousd, group.money.unknown) for group in found}

    assert spent("day") == {"2026-11-19": (2**54 + 98, 0), "2026-11-20": (7, 1)}
    assert spent("agent") == {"planner": (100, 0), "critic": (7, 0), "": (2**54 - 2, 1)}
    assert spent("session") == {"ana": (107, 1), "": (2**54 - 2, 0)}
    assert spent("model", equals("session", "ana")) == {"m": (107, 0), "": (0, 1)}
    for by, keys in {"day": ["2026-11-20"], "session": ["ana"], "run": [one], "workflow": ["triage"]}.items():
        for query in (EVERYTHING, parse("session:ana")):
            assert spent(by, query, "2026-11-20") == dict.fromkeys(keys, (7, 1)), by
    assert store.runs.costs("day", parse("session:ana"), since="2026-11-20")[0].tokens.output == 1
    assert spent("agent", since="2026-11-20") == {"critic": (7, 0), "": (0, 1)}
    assert spent("agent", since="2026-11-21") == {}
    for query, found in (
        (of_call("day", "2026-11-19"), {one, other}),
        (of_call("day", "2026-11-20"), {one}),
        (of_call("day", "2026-11-20", ">="), {one}),
        (of_call("model", ""), {one}),
        (of_call("agent", ""), {one, other}),
        (of_call("agent", "critic"), {one}),
        (of_call("agent", "crit*"), set()),
    ):
        assert {run.id for run in store.runs.query(query).items} == found, query
        assert store.runs.count(query) == len(found)


def test_annotate_adds_a_pin_tag_note_or_score_and_fills_in_the_time(store):
    run = record(store)
    for annotation in (
        Pinned(run=run),
        Tagged(run=run, tag="x"),
        Noted(run=run, text="n1", by="ana"),
        Noted(run=run, text="n2"),
    ):
        store.runs.annotate(annotation)
    store.runs.annotate(Scored(run=run, name="score", value=0.9))
    found = store.runs.get(run)
    assert (found.pinned, found.tags, found.notes) == (True, ("x",), 2)
    notes = store.runs.notes(run).items
    assert [(note.text, note.by) for note in notes] == [("n1", "ana"), ("n2", "")] and all(note.t for note in notes)
    assert [(metric.name, metric.value, metric.seq) for metric in store.runs.metrics(run).items] == [("score", 0.9, 0)]
    store.runs.annotate(Pinned(run=run, pinned=False))
    store.runs.annotate(Tagged(run=run, tag="x", tagged=False))
    found = store.runs.get(run)
    assert (found.pinned, found.tags) == (False, ())


def test_several_are_annotated_each_as_it_is_asked_for(store):
    runs = [record(store) for _ in range(3)]
    adding = store.runs.annotate_each([Tagged(run=run, tag="x") for run in (runs[0], new_ulid(), *runs[1:])])
    assert [next(adding) for _ in range(3)] == [True, False, True]
    assert [store.runs.get(run).tags for run in runs] == [("x",), ("x",), ()]
    assert list(adding) == [True] and store.runs.get(runs[2]).tags == ("x",)
    scoped = store.scoped(session="nobody's")
    assert list(scoped.runs.annotate_each([Pinned(run=run) for run in runs])) == [False] * 3
    assert not any(store.runs.get(run).pinned for run in runs)


def test_decide_conflict_if_it_is_decided_or_answered_already_or_the_run_is_finished(store):
    run = record(store, e.ApprovalRequested(approval="a", question="?"), finish=None)
    store.runs.decide(run, "a", "approved")
    with pytest.raises(Conflict):
        store.runs.decide(run, "a", "rejected")
    assert store.runs.approvals(run)[0].answered == "approved"
    with pytest.raises(NotFound):
        store.runs.decide(run, "other", "approved")
    over = record(store, e.ApprovalRequested(approval="a", question="?"))
    with pytest.raises(Conflict):
        store.runs.decide(over, "a", "approved")
    decided = [e.ApprovalRequested(approval="a", question="?"), e.ApprovalDecided(approval="a", decision="expired")]
    with pytest.raises(Conflict):
        store.runs.decide(record(store, *decided, finish=None), "a", "approved")


def test_an_answer_that_is_not_taken_up_ends_with_the_run(place):
    store = place.open()
    writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow="w"))
    writer.append(e.ApprovalRequested(approval="a", question="?"))
    store.runs.decide(writer.run, "a", "approved", by="ana")
    writer.append(e.RunFinished(status="failed"))
    (found,) = store.runs.approvals(writer.run)
    assert (found.status, found.answered, found.by) == ("expired", None, "")


def test_metrics_are_in_order_whoever_gave_them(store):
    writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow="w"))
    for number in range(3):
        store.runs.annotate(Scored(run=writer.run, name="given", value=number))
        writer.append(e.MetricReported(name="reported", value=number))
    found = [(metric.name, metric.value) for metric in store.runs.metrics(writer.run).items]
    assert found == [(name, number) for number in range(3) for name in ("given", "reported")]
    writer.close()


def test_damage_is_empty_for_what_is_whole(store):
    run = record(store)
    assert store.runs.damage().items == [] == store.runs.damage(run).items


def test_what_is_returned_never_changes_afterwards(store):
    writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow="w"))
    before = store.runs.get(writer.run)
    copy = msgspec.structs.asdict(before)
    writer.append(e.Logged(level="ERROR", message="x"))
    writer.append(e.RunFinished(status="failed"))
    assert store.runs.get(writer.run).status in FINISHED
    assert msgspec.structs.asdict(before) == copy
    with pytest.raises(AttributeError):
        before.status = "x"


def test_an_annotation_is_made_at_a_time_or_refused(store):
    run = record(store)
    with pytest.raises(StorageError, match="t is no time: 'yesterday'"):
        store.runs.annotate(Noted(run=run, text="x", t="yesterday"))
    store.runs.annotate(Noted(run=run, text="x", t="2026-11-20T02:00:00+02:00"))
    assert [note.t for note in store.runs.notes(run).items] == ["2026-11-20T00:00:00.000000Z"]
