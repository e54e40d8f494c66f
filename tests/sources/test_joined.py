"""Sources in a configuration: their runs beside a directory's own, in one list, and none of them in the others' way."""

import threading

import flightlog
import pytest
from beside import everything, foreign, name_sources, until
from flightlog.backends.joined import joined_depth
from flightlog.backends.joined.joined_pages import one_after_another
from flightlog.backends.sources.langgraph.index import LangGraphIndex
from flightlog.core.annotations import Noted, Pinned
from flightlog.core.errors import Conflict, NotFound, ReadOnly
from flightlog.core.logs import LogFilter
from flightlog.core.pages import Page, Sort
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.repositories import RunRepository
from flightlog.tui import format

FIELDS = ("started", "finished", "last_event", "took", "tokens", "cost", "size", "workflow", "name", "status", "events")


def test_one_list_has_them_all_and_says_where_each_is_from(store):
    runs = everything(store)
    assert {run.source for run in runs} == {"", "langgraph"}
    assert len([run for run in runs if not run.source]) == 7
    assert all(run.source_id for run in runs if run.source)
    assert store.runs.count(EVERYTHING) == len(runs) == store.runs.totals().runs
    assert sum(store.runs.totals().by_status.values()) == len(runs)
    assert store.runs.count(parse("status:completed")) == len(everything(store, parse("status:completed")))
    assert store.runs.values("workflow") == ["mail-bot", "triage"]


def test_what_a_first_answer_waits_for_in_a_source_is_told(folder, twenty, monkeypatch):
    told, take = [], LangGraphIndex._take_group

    def seen(index, *words):
        told.append(store.catching_up())
        return take(index, *words)

    monkeypatch.setattr(LangGraphIndex, "_take_group", seen)
    name_sources(folder, twenty.path)
    with flightlog.open(folder) as store:
        assert store.catching_up() is None
        runs = store.runs.totals().runs
        assert told and (told[0].done, told[0].total) == (0, runs - 7)
        assert format.standing(told[0]) == f"0 of {runs - 7} threads of {twenty.path.name} read"
        assert store.catching_up() is None


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("descending", [True, False])
def test_pages_lie_end_to_end_in_order_both_ways(store, field, descending):
    sort = Sort(field=field, descending=descending)
    whole = [run.id for run in everything(store, sort=sort)]
    assert len(set(whole)) == store.runs.totals().runs

    def walk(**start):
        page = store.runs.query(EVERYTHING, sort, limit=4, **start)
        while True:
            yield [run.id for run in page.items], page
            cursor = page.next if "last" not in start else page.previous
            if cursor is None:
                return
            page = store.runs.query(EVERYTHING, sort, limit=4, **{"before" if "last" in start else "after": cursor})

    there = [page for page, _ in walk()]
    assert [run for page in there for run in page] == whole
    back = [page for page, _ in walk(last=True)]
    assert [run for page in reversed(back) for run in page] == whole
    middle = store.runs.query(EVERYTHING, sort, limit=4, after=store.runs.cursor_at(whole[9], sort))
    assert [run.id for run in middle.items] == whole[9:13]
    before = store.runs.query(EVERYTHING, sort, limit=4, before=middle.previous)
    assert [run.id for run in before.items] == whole[5:9]
    assert store.runs.cursor_after(EVERYTHING, sort, len(whole)) is None
    after = store.runs.cursor_after(EVERYTHING, sort, 11)
    assert store.runs.query(EVERYTHING, sort, limit=1, after=after).items[0].id == whole[11]


def pages_read(monkeypatch) -> list[int]:
    """How many runs each page has that is read from now on of any part."""
    read, (sql,) = [], [one for one in RunRepository.__subclasses__() if one.__name__ == "SqlRuns"]
    real = sql.query

    def counting(self, *given, **named):
        page = real(self, *given, **named)
        read.append(len(page.items))
        return page

    monkeypatch.setattr(sql, "query", counting)
    return read


def test_a_page_reads_at_most_a_page_of_each_part(store, monkeypatch):
    everything(store)
    read = pages_read(monkeypatch)
    page = store.runs.query(EVERYTHING, limit=5)
    assert read == [5, 5] and len(page.items) == 5
    for _ in range(3):
        read.clear()
        page = store.runs.query(EVERYTHING, limit=5, after=page.next)
        assert len(read) == 2 and sum(read) <= 10 and len(page.items) == 5


@pytest.mark.parametrize("field", ["started", "cost", "took"])
@pytest.mark.parametrize("descending", [True, False])
def test_a_place_at_any_depth_is_the_one_that_pages_come_to(store, monkeypatch, field, descending):
    monkeypatch.setattr(joined_depth, "_READ", 2)
    sort = Sort(field=field, descending=descending)
    for query in (EVERYTHING, parse("status:completed")):
        whole = [run.id for run in everything(store, query, sort)]
        for rows in range(len(whole) + 2):
            cursor = store.runs.cursor_after(query, sort, rows)
            if rows >= len(whole) or not rows:
                assert cursor is None
                continue
            found = store.runs.query(query, sort, limit=100, after=cursor)
            assert [run.id for run in found.items] == whole[rows:], rows
            if len(whole) > rows + 3:
                further = store.runs.cursor_after(query, sort, 3, after=cursor)
                assert store.runs.query(query, sort, limit=1, after=further).items[0].id == whole[rows + 3]


def test_a_deep_place_is_counted_and_no_runs_are_read_on_the_way(folder, monkeypatch):
    with flightlog.open(folder) as store:
        for _ in range(900):
            store.run("many").finish()
        whole = [run.id for run in store.runs.query(EVERYTHING, limit=2000).items]
        read = pages_read(monkeypatch)
        cursor = store.runs.cursor_after(EVERYTHING, Sort(), 800)
        assert sum(read) <= 2 * (joined_depth._READ + 1)
        assert store.runs.query(EVERYTHING, limit=1, after=cursor).items[0].id == whole[800]


def test_everything_inside_a_foreign_run_works(store):
    run = foreign(store, "agent-1")
    assert store.runs.get(run.id).tokens.total > 0
    assert store.runs.resolve(run.id[:-1]) == store.runs.resolve(run.id) == run.id
    assert len(store.runs.steps(run.id)) == run.steps
    assert store.runs.messages(run.id).items and store.runs.cost_records(run.id) and store.runs.events(run.id)
    assert store.runs.event(run.id, 1).run == run.id
    points = store.checkpoints.list(run.id)
    assert store.checkpoints.get(points[-1].id).run == run.id
    state = store.checkpoints.state(points[-1].id)
    assert set(state) == {key.key for key in store.checkpoints.keys(points[-1].id)}
    assert store.checkpoints.diff(points[0].id, points[-1].id).changes
    key = next(iter(state))
    assert store.checkpoints.blame(points[-1].id, key).key == key
    failed = foreign(store, "failed")
    assert store.logs.counts(failed.id)["ERROR"] == len(store.logs.query(failed.id, LogFilter(level="ERROR"))) == 1
    assert store.runs.approvals(foreign(store, "asked").id)[0].status == "pending"
    for question in (store.runs.get, store.runs.steps, store.checkpoints.list, store.logs.counts):
        with pytest.raises(NotFound, match="nowhere"):
            question("nowhere")
    with pytest.raises(NotFound):
        store.checkpoints.get("nowhere")


def test_foreign_runs_are_read_only_and_own_ones_are_not(store):
    run = foreign(store, "asked")
    (approval,) = store.runs.approvals(run.id)
    for change in (
        lambda: store.runs.annotate(Pinned(run=run.id)),
        lambda: store.runs.decide(run.id, approval.id, "approved"),
    ):
        with pytest.raises(ReadOnly, match="a LangGraph database is only read") as refused:
            change()
        assert refused.value.advice
    own = store.runs.resolve("own 3")
    store.runs.annotate(Noted(run=own, text="mine"))
    assert [note.text for note in store.runs.notes(own).items] == ["mine"]


def test_sums_are_those_of_the_parts(store, folder, twenty):
    with flightlog.open(twenty.path) as source, flightlog.open(folder, config=empty(folder)) as own:
        for by in ("day", "workflow", "model", "agent", "session", "run"):
            found = {group.key: group for group in store.runs.costs(by, EVERYTHING)}
            alone = [group for part in (own, source) for group in part.runs.costs(by, EVERYTHING)]
            assert found.keys() == {group.key for group in alone}
            for key, group in found.items():
                assert group.calls == sum(one.calls for one in alone if one.key == key)
                assert group.money.known_nanousd == sum(one.money.known_nanousd for one in alone if one.key == key)
                assert group.tokens.total == sum(one.tokens.total for one in alone if one.key == key)
        both = [part.runs.totals() for part in (own, source)]
        assert store.runs.totals().size_bytes == sum(totals.size_bytes for totals in both)
        assert store.metrics.summary("mail-bot") == source.metrics.summary("mail-bot")
        assert store.metrics.outcomes("triage") == own.metrics.outcomes("triage")
    (ana,) = store.runs.sessions().items
    assert (ana.id, ana.runs) == ("ana", 3)
    pending = store.runs.pending().items
    assert pending and [one.requested for one in pending] == sorted(one.requested for one in pending)
    assert set(store.upkeep.sizes()) > {"sources", "workflows"}


def empty(folder):
    path = folder.with_name("empty.yaml")
    path.write_text("{}\n")
    return path


def test_a_search_goes_through_all_logs_in_the_order_of_the_list(store):
    hits = list(store.logs.search("needle", EVERYTHING))
    assert [hit.message for hit in hits] == [f"needle {n}" for n in reversed(range(7))]
    errors = list(store.logs.search("no such", EVERYTHING))
    assert {store.runs.get(hit.run).source_id for hit in errors} == {"failed", "mended"}
    searched = []
    assert list(store.logs.search("", parse("workflow:nothing"), searched=lambda: searched.append(1))) == []
    list(store.logs.search("needle", EVERYTHING, searched=lambda: searched.append(1)))
    assert len(searched) == 7
    newest = [hit.run for hit in store.logs.search("", EVERYTHING)]
    order = {run.id: place for place, run in enumerate(everything(store))}
    assert [order[run] for run in newest] == sorted(order[run] for run in newest) and len(set(newest)) > 8
    assert len(everything(store, parse("log:needle"))) == store.runs.count(parse("log:needle")) == 7


def test_one_word_for_two_runs_is_a_conflict(store):
    with store.run("triage", name="agent-1"):
        pass
    own = store.runs.resolve("own 1")
    with pytest.raises(Conflict):
        store.runs.resolve(own[:3])
    with pytest.raises(NotFound):
        store.runs.resolve("nobody")


def test_states_of_two_parts_are_compared_and_a_run_may_start_at_a_foreign_checkpoint(store):
    point = store.checkpoints.list(foreign(store, "agent-1").id)[-1]
    with store.run("triage", from_checkpoint=point.id) as run:
        own = run.checkpoint({"messages": []})
    copy, last = store.checkpoints.list(run.id)
    assert store.checkpoints.state(copy.id) == store.checkpoints.state(point.id)
    assert not store.checkpoints.diff(point.id, copy.id).changes
    assert {change.kind for change in store.checkpoints.diff(point.id, own).changes} <= {"removed", "changed"}
    assert last.id == own and store.checkpoints.diff(copy.id, own).changes
    with pytest.raises(NotFound):
        store.checkpoints.diff(own, "nowhere")


def test_the_feed_tells_of_both_and_misses_nothing(folder, program, graphs):
    program.run("first", graphs["agent"]())
    name_sources(folder, program.path)
    with flightlog.open(folder) as store:
        assert len(store.feed.changes(0).changed) == 8
        cursor = store.feed.cursor()
        assert store.feed.changes(cursor).changed == ()
        woken = threading.Event()
        watch = store.feed.watch(woken.set)
        assert (watch.mode, watch.problem) == ("watching", "")
        program.run("second", graphs["agent"]())
        assert woken.wait(30)
        changes = until(
            lambda: store.feed.changes(cursor),
            lambda found: "second" in {store.runs.get(run).source_id for run in found.changed},
        )
        woken.clear()
        with store.run("triage") as run:
            pass
        assert woken.wait(30)
        assert run.id in store.feed.changes(changes.cursor).changed
        watch.close()
        watch.close()


def test_what_is_nearly_named_so_is_told_of_all_parts(store):
    run = foreign(store, "agent-1").id
    with pytest.raises(NotFound, match=f"did you mean '{run}'"):
        store.runs.resolve(f"{run[:14]}0000{run[18:]}")


def test_a_source_named_twice_has_its_runs_once_and_a_read_only_store_shows_them_too(folder, twenty):
    name_sources(folder, twenty.path, twenty.path.parent / "." / twenty.path.name)
    with flightlog.open(folder, read_only=True) as store:
        runs = [run.id for run in everything(store)]
        assert len(runs) == len(set(runs)) == store.runs.totals().runs > 27


def test_lists_that_have_no_order_in_common_follow_one_another():
    lists = [[], ["a", "b", "c"], None, ["d"], [], ["e", "f"], []]

    def part(items):
        def page(limit, after):
            begin = int(after or 0)
            found = items[begin : begin + limit]
            return Page(items=found, next=str(begin + limit) if begin + limit < len(items) else None)

        return lambda question: None if items is None else question(page)

    for size in range(1, 9):
        found, after = [], None
        while True:
            page = one_after_another([part(items) for items in lists], lambda of, **given: of(**given), size, after)
            found.append(page.items)
            if (after := page.next) is None:
                break
        assert "".join(map("".join, found)) == "abcdef" and all(len(page) == size for page in found[:-1]) and found[-1]
