"""The list between store and screen: what it holds, what it reads, and that a refresh moves nothing."""

import msgspec
import pytest
from flightlog.core.pages import Sort
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.runs import Run
from flightlog.tui.runs.answers import Counted
from flightlog.tui.runs.run_list import RunList
from flightlog.tui.runs.sections import Head
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from little_store import Feed, Runs, make_run, make_store, run_id

HEIGHT = 20


def load(found: RunList, store, *, limit: int = 50) -> int:
    """Reads until nothing is left to be read; how many trips that took."""
    trips = 0
    while (read := found.next_read()) is not None:
        found.accept(read(store))
        trips += 1
        assert trips < limit
    return trips


def shown(found: RunList) -> list[str]:
    """Ids on screen."""
    lines = [found.line(n) for n in range(found.top, min(found.top + found.height, found.lines))]
    return [line.id if line else "?" for line in lines]


@pytest.fixture
def loaded(store) -> RunList:
    found = RunList()
    found.look(0, HEIGHT)
    load(found, store)
    return found


def go_to(found: RunList, store, line: int) -> None:
    """What the screen does when the cursor is put on a line."""
    found.move_to(line)
    found.look(min(max(found.top, line - HEIGHT + 1), line), HEIGHT)
    load(found, store)


def test_a_list_begins_with_its_newest_runs(loaded):
    assert shown(loaded) == [run_id(n) for n in range(999, 979, -1)]
    assert loaded.lines == 1000
    assert loaded.cursor == run_id(999)


def test_scrolling_a_million_runs_holds_some_hundreds():
    class Million(Runs):
        """Runs that are made when they are read."""

        def query(self, query, sort=Sort(), *, limit=100, after=None, before=None, last=False):
            self.asked["query"] += 1
            low = int(after) if after else max(int(before) - limit, 0) if before else 1_000_000 - limit if last else 0
            high = min(low + limit, int(before) if before else 1_000_000)
            self.rows += high - low
            items = [make_run(1_000_000 - n) for n in range(low, high)]
            return msgspec.structs.replace(
                super().query(parse("none"), sort),
                items=items,
                next=str(high) if high < 1_000_000 else None,
                previous=str(low) if low else None,
            )

        def cursor_after(self, query, sort, rows):
            self.asked["cursor_after"] += 1
            return str(rows)

        def totals(self):
            return msgspec.structs.replace(super().totals(), runs=1_000_000)

    runs = Million()
    store, found = make_store(runs), RunList()
    found.look(0, HEIGHT)
    load(found, store)
    most = 0
    for top in [*range(0, 5000, HEIGHT), 500_000, 500_020, 250_000, 999_990, 0]:
        found.move_to(top)
        found.look(top, HEIGHT)
        load(found, store)
        most = max(most, found.held)
        assert "?" not in shown(found)
        assert found.line(top).id == make_run(1_000_000 - top).id
    assert most <= 500
    assert runs.rows < 5000 + 15 * 300
    assert runs.asked["cursor_after"] == 2


def test_the_end_of_the_list_is_one_read_away(loaded, store, runs):
    before = runs.rows
    go_to(loaded, store, 999)
    assert loaded.line(999).id == run_id(0)
    assert loaded.cursor == run_id(0)
    assert runs.rows - before <= 300


def test_a_new_run_appears_at_its_place_and_the_cursor_stays_on_its_run(loaded, store, runs, feed):
    loaded.move_to(3)
    runs.put(make_run(1000))
    feed.note(run_id(1000))
    loaded.behind = True
    load(loaded, store)
    assert shown(loaded)[0] == run_id(1000)
    assert (loaded.cursor, loaded.cursor_line) == (run_id(996), 4)
    assert loaded.lines == 1001


def test_lines_on_screen_stay_where_they_are_when_runs_come_above(loaded, store, runs, feed):
    go_to(loaded, store, 50)
    before = shown(loaded)
    for n in range(1000, 1007):
        runs.put(make_run(n))
    feed.note(*(run_id(n) for n in range(1000, 1007)))
    loaded.behind = True
    load(loaded, store)
    assert shown(loaded) == before
    assert loaded.line(loaded.cursor_line).id == loaded.cursor == run_id(949)


def test_a_removed_run_leaves_the_cursor_on_its_neighbour(loaded, store, runs, feed):
    loaded.move_to(5)
    loaded.marks.put(run_id(994), True)
    runs.drop(run_id(994))
    feed.note(removed=(run_id(994),))
    loaded.behind = True
    load(loaded, store)
    assert (loaded.cursor, loaded.cursor_line) == (run_id(993), 5)
    assert loaded.marks.count(loaded.lines) == 0


def test_what_was_asked_before_the_cursor_left_a_page_does_not_put_it_back(loaded, store, runs, feed):
    go_to(loaded, store, 79)
    runs.put(msgspec.structs.replace(make_run(920), status="failed"))
    feed.note(run_id(920))
    loaded.behind = True
    late = loaded.next_read()(store)
    go_to(loaded, store, 100)
    there = loaded.current.id
    loaded.accept(late)
    assert loaded.cursor_line == 100
    load(loaded, store)
    assert loaded.current.id == there


def test_the_last_run_of_a_list_can_go(store, runs, feed):
    for n in range(1, 1000):
        runs.drop(run_id(n))
    found = RunList()
    found.look(0, HEIGHT)
    load(found, store)
    runs.drop(run_id(0))
    feed.note(removed=(run_id(0),))
    found.behind = True
    load(found, store)
    assert (found.lines, found.cursor, found.current) == (0, "", None)
    runs.put(make_run(7))
    feed.note(run_id(7))
    found.behind = True
    load(found, store)
    assert (found.lines, found.cursor) == (1, run_id(7))


def test_one_changed_run_reads_one_window_at_most(loaded, store, runs, feed):
    runs.put(make_run(990, status="failed"))
    feed.note(run_id(990))
    rows, queries = runs.rows, runs.asked["query"]
    loaded.behind = True
    load(loaded, store)
    assert runs.rows - rows <= loaded.page
    assert runs.asked["query"] - queries == 1
    assert loaded.line(9).status == "failed"


def test_changes_off_screen_read_nothing_but_counts(loaded, store, runs, feed):
    def change() -> int:
        feed.note(*(run_id(n) for n in range(30)))
        loaded.behind = True
        before = runs.rows
        load(loaded, store)
        return runs.rows - before

    assert change() <= loaded.page
    # From now on these are known to be elsewhere, and in this order they stay there.
    totals = runs.asked["totals"]
    assert change() == change() == 0
    assert runs.asked["totals"] == totals + 2


def test_a_notice_without_a_change_costs_one_question(loaded, store, runs):
    asked = runs.asked.copy()
    loaded.behind = True
    load(loaded, store)
    assert runs.asked == asked


def test_a_filter_shows_what_matches_and_counts_it(loaded, store):
    loaded.set_query(parse("workflow:flow-1"))
    load(loaded, store)
    assert loaded.matching is None
    loaded.accept_count(loaded.next_count()(store))
    assert loaded.matching == loaded.lines == 333
    assert all(loaded.line(n).workflow == "flow-1" for n in range(HEIGHT))


def test_a_count_of_an_earlier_filter_is_not_taken(loaded, store):
    loaded.set_query(parse("workflow:flow-1"))
    load(loaded, store)
    loaded.accept_count(Counted(parse("workflow:flow-2"), 7))
    assert loaded.matching is None


def test_an_answer_of_an_earlier_list_is_dropped(loaded, store):
    loaded.set_sort(Sort(field="cost"))
    late = loaded.next_read()
    loaded.set_sort(Sort(field="size"))
    loaded.accept(late(store))
    assert not loaded.ready
    load(loaded, store)
    assert loaded.line(0).id == run_id(999)


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("field", ["cost", "took", "name", "workflow", "size", "tokens"])
def test_every_order_is_shown_whole_from_top_to_end(store, runs, field, descending):
    found = RunList()
    found.set_sort(Sort(field=field, descending=descending))
    seen = []
    for top in range(0, 1000, HEIGHT):
        found.look(top, HEIGHT)
        load(found, store)
        seen += shown(found)
    assert seen == [run.id for run in runs.ordered(parse(""), found.sort)]


def test_marking_everything_holds_no_ids(loaded, store, runs, feed):
    loaded.marks.everything()
    loaded.marks.put(run_id(990), False)
    assert loaded.marks.count(loaded.lines) == 999
    assert run_id(990) not in loaded.marks
    assert run_id(3) in loaded.marks
    loaded.set_query(parse("workflow:flow-1"))
    assert loaded.marks.count(333) == 0


def test_follow_keeps_the_cursor_on_the_newest_run_that_goes_on(loaded, store, runs, feed):
    loaded.following = True
    runs.put(make_run(1000, status="running", finished=None))
    runs.put(make_run(1001))
    feed.note(run_id(1000), run_id(1001))
    loaded.behind = True
    load(loaded, store)
    assert loaded.cursor == run_id(1000)


def test_groups_are_heads_with_sums_and_unfold_to_their_runs(store, runs):
    for n in range(0, 1000, 2):
        runs.put(make_run(n, session="ana" if n % 4 else "bo"))
    found = RunList()
    found.set_grouping("session")
    found.look(0, HEIGHT)
    load(found, store)
    assert [found.line(n).group.id for n in range(found.lines)] == ["bo", "ana", ""]
    before = runs.asked["query"]
    ana = found.line(1)
    assert isinstance(ana, Head)
    assert before == 0
    found.move_to(1)
    found.fold(ana)
    load(found, store)
    assert found.cursor == ana.id
    assert found.lines == 3 + 250
    assert isinstance(found.line(2), Run)
    assert {found.line(n).session for n in range(2, 2 + HEIGHT)} == {"ana"}
    found.fold(found.line(1))
    load(found, store)
    assert found.lines == 3


def test_groups_under_a_filter_are_those_of_the_runs_it_shows_and_are_counted_apart(store, runs, feed):
    for n in range(0, 1000, 2):
        runs.put(make_run(n, session="ana" if n % 3 else "bo"))
    found = RunList()
    found.set_grouping("session")
    found.look(0, HEIGHT)
    load(found, store)
    found.set_query(parse("workflow:flow-1"))
    load(found, store)
    asked = runs.asked["session"]
    assert not found.ready
    late = found.next_count()
    found.accept_count(found.next_count()(store))
    load(found, store)
    heads = [found.line(n).group for n in range(found.lines)]
    assert [(group.id, group.runs) for group in heads] == [("ana", 166), ("", 167)]
    assert found.matching == 333
    found.fold(found.line(0))
    load(found, store)
    assert found.lines == 2 + 166
    # A list of which nothing is kept is not looked through with every change.
    for n in range(1000, 1010):
        runs.put(make_run(n))
        feed.note(run_id(n))
        found.behind = True
        load(found, store)
    assert runs.asked["session"] == asked + 1
    found.set_query(EVERYTHING)
    load(found, store)
    found.accept_count(late(store))
    assert [found.line(n).group.id for n in (0, found.lines - 1)] == ["ana", ""]


class Life(RuleBasedStateMachine):
    """Whatever happens to the store: the screen shows a part of the list as it is, and the cursor keeps its run."""

    def __init__(self) -> None:
        super().__init__()
        self.runs, self.feed = Runs([make_run(n) for n in range(0, 600, 2)]), Feed()
        self.store = make_store(self.runs, self.feed)
        self.found = RunList()
        self.found.look(0, HEIGHT)
        load(self.found, self.store)

    def settle(self) -> None:
        self.found.behind = True
        load(self.found, self.store)

    @rule(n=st.integers(0, 700), cost=st.integers(0, 99))
    def put(self, n, cost):
        run = make_run(n, status="running")
        self.runs.put(msgspec.structs.replace(run, money=msgspec.structs.replace(run.money, recorded_nanousd=cost)))
        self.feed.note(run_id(n))
        cursor = self.found.cursor
        self.settle()
        assert not cursor or self.found.cursor == cursor

    @rule(place=st.floats(0, 1))
    def drop(self, place):
        ids = list(self.runs.by_id)
        if ids:
            gone = ids[int(place * (len(ids) - 1))]
            self.runs.drop(gone)
            self.feed.note(removed=(gone,))
            self.settle()
            assert self.found.cursor != gone

    @rule(by=st.sampled_from([-25, -1, 1, 19, 25, 1000, -1000]))
    def move(self, by):
        line = self.found.cursor_line + by
        self.found.move_to(line)
        line = self.found.cursor_line
        go_to(self.found, self.store, line)

    @rule(field=st.sampled_from(["started", "cost", "size"]), descending=st.booleans())
    def sort(self, field, descending):
        self.found.set_sort(Sort(field=field, descending=descending))
        load(self.found, self.store)

    @invariant()
    def shows_a_part_of_the_list(self):
        order = [run.id for run in self.runs.ordered(parse(""), self.found.sort)]
        screen = shown(self.found)
        assert "?" not in screen
        if not order:
            assert screen == []
            return
        start = order.index(screen[0])
        assert screen == order[start : start + len(screen)]
        assert len(screen) == min(HEIGHT, len(order))
        assert self.found.cursor in order
        assert self.found.line(self.found.cursor_line).id == self.found.cursor


Life.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestLife = Life.TestCase
