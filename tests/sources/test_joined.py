"""Sources in a configuration: their runs beside a directory's own, in one list, and none of them in the others' way."""

import json
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from types import SimpleNamespace

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.backends.joined import joined_depth, parts
from flightlog.backends.joined.joined_feed import JoinedWatch
from flightlog.backends.joined.joined_pages import one_after_another
from flightlog.backends.sources.langgraph.index import LangGraphIndex
from flightlog.backends.sources.langgraph.telling import Telling
from flightlog.core.annotations import Noted, Pinned
from flightlog.core.errors import Conflict, NotFound, ReadOnly, StorageError
from flightlog.core.logs import LogFilter
from flightlog.core.pages import Page, Sort
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.repositories import RunRepository
from flightlog.tui import format
from flightlog.tui.app import FlightlogApp
from flightlog.tui.cli.main import main

FIELDS = ("started", "finished", "last_event", "took", "tokens", "cost", "size", "workflow", "name", "status", "events")


def name_sources(folder, *paths):
    """Writes the configuration of a data directory."""
    lines = [f"  - {{type: langgraph, path: {json.dumps(str(path))}}}" for path in paths]
    (folder / "flightlog.yaml").write_text("sources:\n" + "\n".join(lines) + "\n")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(params=["file", "sqlite"])
def folder(request, tmp_path):
    """A data directory with runs of its own, of which one goes on and one has no cost."""
    folder = tmp_path / "data"
    with flightlog.open(folder, storage=request.param) as store:
        for n in range(7):
            with (
                store.run("triage", name=f"own {n}", session="ana" if n % 2 else None) as run,
                run.step("plan") as step,
            ):
                step.log(f"needle {n}")
                if n:
                    step.cost("gpt-4o", input_tokens=10 * n, output_tokens=n, dollars=f"0.00{n}")
    return folder


@pytest.fixture
def store(folder, twenty):
    name_sources(folder, twenty.path)
    with flightlog.open(folder) as store:
        yield store


def foreign(store, thread):
    return next(
        run for run in store.runs.query(parse("workflow:mail-bot"), limit=1000).items if run.source_id == thread
    )


def everything(store, query=EVERYTHING, sort=Sort()):
    return store.runs.query(query, sort, limit=1000).items


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


def test_a_page_reads_at_most_a_page_of_each_part(store, monkeypatch):
    everything(store)
    read, queried = [], RunRepository.__subclasses__()
    (sql,) = [one for one in queried if one.__name__ == "SqlRuns"]
    real = sql.query

    def counting(self, *given, **named):
        page = real(self, *given, **named)
        read.append(len(page.items))
        return page

    monkeypatch.setattr(sql, "query", counting)
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
        read, (sql,) = [], [one for one in RunRepository.__subclasses__() if one.__name__ == "SqlRuns"]
        real = sql.query

        def counting(self, *given, **named):
            page = real(self, *given, **named)
            read.append(len(page.items))
            return page

        monkeypatch.setattr(sql, "query", counting)
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


def until(ask, holds):
    end = time.monotonic() + 30
    while not holds(found := ask()):
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return found


def damage(path):
    path.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)


def make_other(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mails (id TEXT)")


WRONG = {
    "gone": lambda path: None,
    "damaged": damage,
    "text": lambda path: path.write_text("no database" * 1000),
    "other": make_other,
    "folder": lambda path: path.mkdir(),
}


def test_a_source_that_comes_while_its_watch_is_closed_is_watched_by_nobody():
    """It may take long to open one, and who leaves the browser does not wait for that."""
    noticed, closed = [], []

    class OfOne:
        def close(self):
            closed.append(self)

    def watch(on_change):
        noticed.append(on_change)
        return OfOne()

    reading = SimpleNamespace(feed=SimpleNamespace(watch=watch))

    class Late:
        def ask(self, question):
            both.close()
            return question(reading)

    whole = SimpleNamespace(own=reading, sources=[])
    both = JoinedWatch(whole, lambda: None)
    whole.sources.append(Late())
    noticed[0]()
    assert len(noticed) == len(closed) == 2


@pytest.mark.parametrize("wrong", WRONG)
def test_a_source_that_cannot_be_opened_keeps_nothing_else_from_being_shown(folder, twenty, tmp_path, wrong):
    bad = tmp_path / "bad.sqlite"
    WRONG[wrong](bad)
    name_sources(folder, bad, twenty.path)
    with flightlog.open(folder) as store:
        assert {run.workflow for run in everything(store)} == {"triage", "mail-bot"}
        assert store.runs.get(foreign(store, "agent-1").id).source == "langgraph"
        with pytest.raises(StorageError):
            store.runs.get("nowhere")
        watch = store.feed.watch(lambda: None)
        assert watch.problem.startswith("source bad.sqlite: ")
        watch.close()
        (finding,) = [one for one in store.upkeep.check() if one.kind == "unreadable-source"]
        assert (finding.severity, finding.where) == ("error", str(bad)) and finding.advice


def test_a_missing_source_is_said_once_and_its_path_acts_on_no_terminal(folder, caplog):
    name_sources(folder, folder.parent / "\x1b]2;PWNED\x07.sqlite")
    with flightlog.open(folder) as store:
        for _ in range(3):
            assert store.runs.totals().runs == 7
    (record,) = caplog.records
    assert "PWNED" in record.getMessage() and "\x1b" not in record.getMessage() and "\x07" not in record.getMessage()


def test_a_source_that_goes_and_comes_back_is_named_and_shown_again(folder, twenty, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "AGAIN_S", 0.0)
    path = tmp_path / "live.sqlite"
    name_sources(folder, path)
    with flightlog.open(folder) as store:
        cursor = store.feed.cursor()
        watch = store.feed.watch(lambda: None)
        assert store.runs.totals().runs == 7 and "live.sqlite" in watch.problem
        shutil.copy(twenty.path, path)
        changes = until(lambda: store.feed.changes(cursor), lambda found: len(found.changed) > 20)
        assert watch.problem == ""
        whole = store.runs.totals().runs
        assert whole == 7 + len(changes.changed)
        path.rename(tmp_path / "away.sqlite")
        until(store.runs.totals, lambda totals: totals.runs == 7)
        assert "live.sqlite" in watch.problem
        assert store.feed.changes(changes.cursor).changed == ()
        (tmp_path / "away.sqlite").rename(path)
        until(store.runs.totals, lambda totals: totals.runs == whole)
        assert watch.problem == ""
        watch.close()


def test_what_may_be_in_a_source_that_cannot_be_read_is_not_said_to_be_nowhere(folder, twenty, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "AGAIN_S", 0.0)
    path = tmp_path / "live.sqlite"
    shutil.copy(twenty.path, path)
    name_sources(folder, path)
    unless = "unless in what cannot be read just now: source live.sqlite: "
    with flightlog.open(folder) as store:
        run = next(run.id for run in everything(store) if run.source and run.checkpoints)
        point = store.checkpoints.list(run)[-1].id
    away = tmp_path / "away.sqlite"
    path.rename(away)
    with flightlog.open(folder) as store:
        asked = (store.runs.get, store.runs.resolve, store.checkpoints.get, store.runs.steps)
        for ask, id in zip(asked, (run, run[:20], point, run), strict=True):
            with pytest.raises(StorageError, match=unless) as told:
                ask(id)
            assert not isinstance(told.value, NotFound) and told.value.where == str(path)
        assert store.runs.totals().runs == 7
        away.rename(path)
        assert store.runs.get(run).source == "langgraph"
        with pytest.raises(NotFound):
            store.runs.get("nowhere")
        path.rename(away)
        # Also where it was read before, and where it is known that it has the run.
        with pytest.raises(StorageError, match=unless):
            store.runs.get("nowhere")
        with pytest.raises(StorageError, match=r"^source live\.sqlite cannot be read just now: "):
            store.runs.get(run)


def test_what_is_nearly_named_so_is_told_of_all_parts(store):
    run = foreign(store, "agent-1").id
    with pytest.raises(NotFound, match=f"did you mean '{run}'"):
        store.runs.resolve(f"{run[:14]}0000{run[18:]}")


def test_a_source_named_twice_has_its_runs_once_and_a_read_only_store_shows_them_too(folder, twenty):
    name_sources(folder, twenty.path, twenty.path.parent / "." / twenty.path.name)
    with flightlog.open(folder, read_only=True) as store:
        runs = [run.id for run in everything(store)]
        assert len(runs) == len(set(runs)) == store.runs.totals().runs > 27


def call(*words, code=0):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result


def test_the_verbs_show_both_and_name_what_is_missing(folder, twenty, tmp_path):
    name_sources(folder, twenty.path, tmp_path / "gone.sqlite")
    rows = [json.loads(line) for line in call("ls", "--json", "--limit", "99", "--data", folder).stdout.splitlines()]
    assert {row.get("source") for row in rows} == {None, "langgraph"}
    (run,) = [row for row in rows if row.get("source_id") == "asked"]
    assert "mail-bot" in call("ls", "--data", folder).stdout
    assert "langgraph asked" in call("show", run["id"], "--data", folder).stdout
    assert "needle 3" in call("search", "needle", "--data", folder).stdout
    assert "gpt-4o" in call("costs", "--by", "model", "--data", folder).stdout
    refused = call("pin", run["id"], "--data", folder, code=1)
    assert "a LangGraph database is only read" in refused.output
    assert "gone.sqlite" in call("doctor", "--data", folder, code=3).stdout


def screen_text(screen):
    return "\n".join(strip.text for strip in screen._compositor.render_strips(screen.size))


async def test_the_browser_lists_both_and_names_what_is_missing(folder, twenty, tmp_path):
    name_sources(folder, twenty.path, tmp_path / "gone.sqlite")
    app = FlightlogApp(lambda: flightlog.open(folder))
    async with app.run_test(size=(140, 50)) as pilot:
        end = time.monotonic() + 30
        while not all(text in (shown := screen_text(app.screen)) for text in ("gone.sqlite", "mail-bot", "own 6")):
            assert time.monotonic() < end, shown
            await pilot.pause(0.05)
    app.close()


def close_meanwhile(app, progress, may):
    """Closes the program while a thread is held, which may go on when it was told to stop."""
    closing, end = threading.Thread(target=app.close), time.monotonic() + 30
    closing.start()
    while not progress.stopped:
        assert time.monotonic() < end
        time.sleep(0.01)
    may.set()
    closing.join(60)
    assert not closing.is_alive()


async def test_who_quits_while_an_index_is_made_waits_for_one_thread_of_it_and_the_next_start_goes_on(
    folder, twenty, monkeypatch
):
    came, may, indexes, threads = threading.Event(), threading.Event(), [], []
    take, tell = LangGraphIndex._take_group, Telling._told

    def taken(index, *words):
        indexes.append(index)
        return take(index, *words)

    def told(telling, *words):
        threads.append(words)
        if len(threads) == 3:
            came.set()
            assert may.wait(60)
        return tell(telling, *words)

    async def until(condition):
        end = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < end, screen_text(app.screen)
            await pilot.pause(0.02)

    monkeypatch.setattr(LangGraphIndex, "_take_group", taken)
    monkeypatch.setattr(Telling, "_told", told)
    name_sources(folder, twenty.path)
    app = FlightlogApp(lambda: flightlog.open(folder))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(came.is_set)
        await until(lambda: f" threads of {twenty.path.name} read" in screen_text(app.screen))
        await pilot.press("X")
        await until(lambda: any("q quits, and the next start goes on" in note.message for note in app._notifications))
        await pilot.press("q")
        await until(lambda: app._exit)
    close_meanwhile(app, indexes[0].progress, may)
    assert len(threads) == 3
    with flightlog.open(folder) as store:
        assert store.runs.totals().runs > 20 and not [one for one in store.upkeep.check() if one.severity == "error"]


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
