"""RunRepository: lists of runs and of what they have in common, page by page, and finding in them."""

import msgspec
import pytest
from flightlog.core import events as e
from flightlog.core.annotations import Noted, Scored
from flightlog.core.clock import pretending
from flightlog.core.errors import Conflict, NotFound, StorageError
from flightlog.core.ids import new_ulid
from flightlog.core.pages import Sort
from flightlog.core.query.query import EVERYTHING, equals, parse
from flightlog.core.runs import Group
from flightlog.tui.runs.groups import within
from flightlog.tui.runs.ranges import Range
from flightlog.tui.runs.sections import Head
from recorded_runs import record
from statements import executed


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


def test_sessions_and_projects_most_recently_active_first(store):
    for session in ("old", "new", "old2"):
        record(store, session=session, project="p")
    assert [group.id for group in store.runs.sessions().items] == ["old2", "new", "old"]
    assert [(group.id, group.runs) for group in store.runs.projects().items] == [("p", 3)]


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


@pytest.mark.parametrize(("by", "field"), [("session", "started"), ("project", "cost")])
def test_a_range_over_groups_is_what_is_unfolded_of_them_and_costs_as_many_questions_as_groups(store, by, field):
    groups, sort = ["a", "b", "", "c"], Sort(field=field)
    for n in range(24):
        cost = e.CostRecorded(model="m", nanousd=n % 7 if n % 5 else None)
        record(store, cost, tags=["odd"] if n % 2 else [], **({by: groups[n % 4]} if n % 4 != 2 else {}))
    query = parse("-tag:odd | name:nobody") if by == "project" else EVERYTHING
    shown = {group: store.runs.query(within(query, by, group), sort).items for group in groups}
    runs = [(place, run) for place, group in enumerate(groups) for run in shown[group]]
    folded = tuple((group, group != "b") for group in groups)
    whole = tuple((group, True) for group in groups)
    ends = [(0, 0), (3, 5), (2, -3), (7, 9), (len(runs) - 1, 4)]
    for first, last in ends:
        start, end = runs[first][1], runs[last][1]
        low, high = sorted((first % len(runs), last % len(runs)))
        between = [(place, run.id) for place, run in runs[low : high + 1]]
        for unfolded in (whole, folded):
            asked = Range(query, sort, start.id, end, by, unfolded)
            assert sorted(asked.found(store).ids) == sorted(id for place, id in between if unfolded[place][1])
    last_head = Head(Group(id=groups[-1], runs=6), by, open=True)
    down = Range(query, sort, runs[3][1].id, last_head, by, whole)
    assert sorted(down.found(store).ids) == sorted(run.id for place, run in runs[3:] if place < 3)
    up = Range(query, sort, runs[-1][1].id, Head(Group(id="", runs=6), by, open=True), by, whole)
    assert sorted(up.found(store).ids) == sorted(run.id for place, run in runs if place >= 2)
    with executed(here=True) as statements:
        costs = []
        for first, last in ((0, 1), (0, 4), (0, -1)):
            statements.clear()
            Range(query, sort, runs[first][1].id, runs[last][1], by, whole).found(store)
            costs.append(len(statements))
    assert costs[1] <= costs[0] + 2 <= 20, costs  # within a group as many as to the next run
    assert costs[2] <= costs[0] + 4 * 4, costs  # two for each end of it and two for each stretch
    with pytest.raises(NotFound, match="has no such"):
        Range(query, sort, runs[0][1].id, runs[-1][1], by, whole[:2]).found(store)
