"""RunRepository: finding runs, everything they are made of, and what others add."""

import msgspec
import pytest
from flightlog.core import events as e
from flightlog.core.annotations import Noted, Pinned, Scored, Tagged
from flightlog.core.clock import pretending, to_seconds
from flightlog.core.errors import Conflict, NotFound, StorageError
from flightlog.core.ids import new_ulid
from flightlog.core.pages import Sort
from flightlog.core.query.query import EVERYTHING, equals, of_call, parse
from flightlog.core.runs import FINISHED


def record(store, *recorded, run=None, finish="completed", **facts):
    """A run with these events; returns its id."""
    facts.setdefault("workflow", "w")
    writer = store.recording.begin(e.RunStarted(run=run or new_ulid(), **facts))
    for event in recorded:
        writer.append(event)
    if finish:
        writer.append(e.RunFinished(status=finish))
    writer.close()
    return writer.run


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


def test_resolve_by_beginning_end_or_name(store):
    run = record(store, name="nightly")
    assert {store.runs.resolve(text) for text in (run, run[:20], run[-6:], "nightly")} == {run}


def test_resolve_conflict_if_there_are_several_naming_up_to_five(store):
    made = [record(store, name="same") for _ in range(7)]
    with pytest.raises(Conflict) as error:
        store.runs.resolve("same")
    assert 1 < sum(run in str(error.value) for run in made) <= 5


SORTS = [
    Sort(field=field, descending=down) for field in ("started", "took", "cost", "name", "status") for down in (0, 1)
]


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: f"{sort.field}-{sort.descending}")
def test_pages_continue_exactly_where_the_last_one_ended_in_both_directions(store, sort):
    sort = msgspec.structs.replace(sort, descending=bool(sort.descending))
    for n in range(11):
        cost = e.CostRecorded(model="m", nanousd=n % 3)
        record(store, *([cost] if n % 2 else []), name=f"n{n % 4}", finish="completed" if n % 3 else "failed")
    whole = [run.id for run in store.runs.query(EVERYTHING, sort, limit=100).items]
    assert len(set(whole)) == 11
    seen, cursor = [], None
    while True:
        page = store.runs.query(EVERYTHING, sort, limit=3, after=cursor)
        seen += [run.id for run in page.items]
        if (cursor := page.next) is None:
            break
    assert seen == whole
    back, page = [], store.runs.query(EVERYTHING, sort, limit=4, last=True)
    while True:
        back = [run.id for run in page.items] + back
        if page.previous is None:
            break
        page = store.runs.query(EVERYTHING, sort, limit=4, before=page.previous)
    assert back == whole
    assert [
        r.id for r in store.runs.query(EVERYTHING, sort, after=store.runs.cursor_at(whole[5], sort)).items
    ] == whole[5:]


def test_unknown_values_come_last_both_ways(store):
    priced = record(store, e.CostRecorded(model="m", nanousd=5))
    unpriced = record(store, e.CostRecorded(model="m"))
    for descending in (True, False):
        page = store.runs.query(EVERYTHING, Sort(field="cost", descending=descending))
        assert [run.id for run in page.items] == [priced, unpriced]


def test_a_cursor_of_another_query_or_sort_is_a_storage_error(store):
    for _ in range(3):
        record(store)
    cursor = store.runs.query(EVERYTHING, limit=1).next
    for query, sort in ((parse("status:completed"), Sort()), (EVERYTHING, Sort(field="name")), (EVERYTHING, Sort())):
        if (query, sort) == (EVERYTHING, Sort()):
            cursor = "nonsense"
        with pytest.raises(StorageError):
            store.runs.query(query, sort, after=cursor)


def test_count_and_totals_say_what_there_is(store):
    record(store, session="ana")
    record(store, finish="failed")
    going = store.recording.begin(e.RunStarted(run=new_ulid(), workflow="v", version=3))
    assert store.runs.count(EVERYTHING) == 3
    for query, number in (("status:failed", 1), ("workflow:w", 2), ("session:ana", 1), ("workflow:v version:3", 1)):
        assert store.runs.count(parse(query)) == number, query
    totals = store.runs.totals()
    assert (totals.runs, totals.by_status["running"], totals.by_status["completed"]) == (3, 1, 1)
    assert totals.size_bytes == sum(run.size_bytes for run in store.runs.query(EVERYTHING).items)
    going.close()


def test_values_are_real_values_by_prefix_sorted(store):
    for workflow in ("beta", "alpha", "alpine"):
        record(store, workflow=workflow, session="s", tags=["nightly"])
    assert store.runs.values("workflow") == ["alpha", "alpine", "beta"]
    assert store.runs.values("workflow", "alp", limit=1) == ["alpha"]
    assert store.runs.values("session") == ["s"] and store.runs.values("tag") == ["nightly"]


def test_values_of_names_steps_and_metrics(store):
    for name, score in (("backfill", "score"), ("back up", "seconds"), ("other", "score")):
        with store.run("w", name=name, session=name[:4]) as run, run.step("fetch"), run.step(f"find {name}"):
            run.metric(score, 1.0)
    assert store.runs.values("name", "back") == ["back up", "backfill"]
    assert store.runs.values("step") == ["fetch", "find back up", "find backfill", "find other"]
    assert store.runs.values("step", "find b", limit=1) == ["find back up"]
    assert store.runs.values("metric") == ["score", "seconds"]
    within = equals("session", "othe")
    assert [store.runs.values(key, within=within) for key in ("name", "step", "metric")] == [
        ["other"],
        ["fetch", "find other"],
        ["score"],
    ]


def test_recent_and_children(store):
    parent = record(store)
    kids = [record(store, parent=parent, version=2) for _ in range(3)]
    assert [run.id for run in store.runs.children(parent)] == kids
    assert [run.id for run in store.runs.recent("w", 2, limit=2)] == kids[:0:-1]
    assert len(store.runs.recent("w")) == 4 and store.runs.recent("unknown") == []


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


def test_messages_in_the_order_they_were_sent_contents_included(store):
    contents = ["héllo", {"a": [1, None]}, "x" * 100_000, "", [1.5]]
    run = record(store, *(e.MessageSent(sender="a", recipient="b", content=content) for content in contents))
    first = store.runs.messages(run, limit=3)
    rest = store.runs.messages(run, limit=3, after=first.next)
    assert [message.content for message in first.items + rest.items] == contents and rest.next is None


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


def test_sessions_and_projects_most_recently_active_first(store):
    for session in ("old", "new", "old2"):
        record(store, session=session, project="p")
    assert [group.id for group in store.runs.sessions().items] == ["old2", "new", "old"]
    assert [(group.id, group.runs) for group in store.runs.projects().items] == [("p", 3)]


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


def test_no_text_that_is_recorded_keeps_others_from_being_found(store):
    hostile = "nul\0 \1\2 \\u0000\0\0"
    run = record(store, tags=[hostile], meta={"k": hostile, hostile: "v", "n": 1})
    assert store.runs.get(run).tags == (hostile,)
    assert store.runs.get(run).meta == {"k": hostile, hostile: "v", "n": 1}
    other = record(store, meta={"k": "plain"})
    assert [found.id for found in store.runs.query(parse("meta.k:plain")).items] == [other]
    assert [found.id for found in store.runs.query(parse("meta.n>0")).items] == [run]


def test_bytes_that_are_no_text_are_looked_for_as_they_were_recorded(store):
    half = "half \ud800"
    with store.run("w", name=half, objective=half, tags=[half], meta={half: half}) as run:
        run.log(half)
    for query in (f'name:"{half}"', f'tag="{half}"', f'meta."{half}":"{half}"', f'objective:"{half[-2:]}"'):
        assert [found.id for found in store.runs.query(parse(query)).items] == [run.id], query
        assert parse(str(parse(query))) == parse(query)
    assert store.runs.count(parse('name:"\udfff"')) == 0


def test_a_long_name_hides_nothing_else_that_words_are_looked_for_in(store):
    run = record(store, workflow="triage", name="x" * 3000, objective="sort the inbox")
    for word in ("triage", "inbox", run[-8:]):
        assert store.runs.count(parse(word)) == 1


def check_pages(page, whole, sizes=(1, 2, 3, 100)):
    """Whatever their size, the pages of a list are the list, and another's cursor is refused."""
    assert len(whole) > 2
    for size in sizes:
        found, after, asked = [], None, 0
        while asked == 0 or after is not None:
            one = page(limit=size, after=after)
            assert 0 < len(one.items) <= size
            found, after, asked = found + one.items, one.next, asked + 1
        assert found == whole and asked == -(-len(whole) // size)
    for cursor in ("", "x", "WzFd", "é", "~", "1.2", "W10", page(limit=1).next[:-4]):
        with pytest.raises(StorageError, match="is not a cursor of this list"):
            page(after=cursor)


def test_metrics_and_notes_come_by_pages_in_order(store):
    at = [1_795_262_400 * 10**9]
    with pretending(lambda: at[0]):  # all at one moment: only numbers tell them apart
        run = record(store, *(e.MetricReported(name=f"m{n}", value=n) for n in range(5)), finish=None)
        for n in range(4):
            store.runs.annotate(Noted(run=run, text=f"n{n}", by="ana"))
            store.runs.annotate(Scored(run=run, name=f"s{n}", value=n))
            at[0] += n % 2 * 10**9
    record(store, e.MetricReported(name="other", value=1))
    metrics, notes = store.runs.metrics(run).items, store.runs.notes(run).items
    assert [one.name for one in metrics] == ["m0", "m1", "m2", "m3", "m4", "s0", "s1", "s2", "s3"]
    assert [one.text for one in notes] == ["n0", "n1", "n2", "n3"]
    check_pages(lambda **given: store.runs.metrics(run, **given), metrics)
    check_pages(lambda **given: store.runs.notes(run, **given), notes)
    scoped = store.scoped(session="ana").runs
    with pytest.raises(NotFound):
        scoped.notes(run, after=store.runs.notes(run, limit=1).next)


def test_sessions_and_projects_come_by_pages_most_recently_active_first(store):
    at = [1_795_262_400 * 10**9]
    with pretending(lambda: at[0]):
        for n in range(12):
            record(store, session=f"s{n % 5}", project=f"p{n % 4}", tags=["some"] if n % 3 else [])
            at[0] += n % 3 * 10**9
    record(store)
    for page in (store.runs.sessions, store.runs.projects):
        whole = page().items
        assert sum(group.runs for group in whole) == 12
        assert whole == sorted(whole, key=lambda group: (group.last_event, group.id), reverse=True)
        check_pages(page, whole)
        some = page(parse("tag:some")).items
        assert sum(group.runs for group in some) == 8
        check_pages(lambda page=page, **given: page(parse("tag:some"), **given), some, (1, 3))
    first, before = store.runs.sessions(limit=2), store.runs.sessions().items
    record(store, session=before[-1].id)  # it is at the beginning now
    assert store.runs.sessions().items[0].id == before[-1].id
    assert store.runs.sessions(after=first.next).items == before[2:-1]


def test_pending_approvals_come_by_pages_oldest_first(store):
    at = [1_795_262_400 * 10**9]
    with pretending(lambda: at[0]):
        for n in range(4):
            asked = [e.ApprovalRequested(approval=f"a{m}", question="?") for m in range(2)]
            decided = e.ApprovalDecided(approval="a0", decision="approved")
            record(store, *asked, *([decided] if n == 3 else []), finish=None, session="ana" if n % 2 else "bo")
            at[0] += n % 2 * 10**9
    pending = store.runs.pending().items
    assert len(pending) == 7 and pending == sorted(pending, key=lambda one: (one.requested, one.run, one.seq))
    check_pages(store.runs.pending, pending)
    of_ana = [one for one in pending if store.runs.get(one.run).session == "ana"]
    assert store.runs.pending(equals("session", "ana")).items == of_ana
    check_pages(store.scoped(session="ana").runs.pending, of_ana, (1, 2))


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


def test_workflows_are_listed_by_id_with_how_their_runs_stand(store):
    for workflow, error in (("b", ""), ("a", ""), ("b", "gone")):
        run = store.run(workflow, version=1 if error else None)
        run.finish("failed" if error else "completed", error=error or None)
    going_on = store.run("b")
    one, two = store.runs.workflows()
    assert (one.id, one.runs, one.completed, one.success) == ("a", 1, 1, 1.0)
    assert (two.id, two.runs, two.running, two.completed, two.failed) == ("b", 3, 1, 1, 1)
    assert two.last_run == max(run.started for run in store.runs.recent("b"))
    assert (two.versions, two.success) == (0, 0.5)
    going_on.finish()
