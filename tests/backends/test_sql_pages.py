"""Pages of runs: every row once, in order, in both directions, whatever comes and goes."""

from typing import get_args

import hypothesis.strategies as st
import pytest
from flightlog.backends.sql.run_repository import SqlRuns
from flightlog.backends.sql.tables import runs
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import NotFound, StorageError
from flightlog.core.pages import Sort, SortField
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.repositories import RunRepository
from hypothesis import given, settings
from sqlalchemy import delete, insert

COLUMN = {"cost": "nanousd", "size": "size_bytes"}
FIELDS = get_args(SortField)
TIME = st.none() | st.sampled_from(["2026-11-20T10:00:00.000000Z", "2026-11-21T10:00:00.000000Z"])
COUNT = st.integers(0, 3)
SORT = st.builds(Sort, field=st.sampled_from(FIELDS), descending=st.booleans())
ROW = st.fixed_dictionaries(
    {
        "workflow": st.sampled_from("abé"),
        "status": st.sampled_from(["running", "failed", "completed"]),
        "name": st.sampled_from(["", "x", "y"]),
        "started": TIME,
        "finished": TIME,
        "last_event": TIME,
        "took": st.none() | st.sampled_from([-1.0, 0.0, 0.1, 1e300]),
        "nanousd": st.none() | COUNT,
        "size_bytes": st.none() | COUNT,
        **{name: COUNT for name in ("tokens", "steps", "events", "errors")},
    }
)

WANTED = [
    ("", lambda row: True),
    ("status:failed", lambda row: row["status"] == "failed"),
    ("status:failed|running", lambda row: row["status"] != "completed"),
    ("status:finished tokens>0", lambda row: row["status"] != "running" and row["tokens"] > 0),
    ("workflow:a|b", lambda row: row["workflow"] in "ab"),
    ("cost>0 | errors>0", lambda row: (row["nanousd"] or 0) > 0 or row["errors"] > 0),
]


class Table:
    """Rows put straight into the query tables, of one database that is emptied for each example."""

    database = None

    def __init__(self, rows=()):
        Table.database = Table.database or open_database(None, truth=False)
        with self.database.write() as connection:
            connection.execute(delete(runs))
        self.repository = SqlRuns(self.database, None, lambda: None)
        self.rows = {}
        for number, row in enumerate(rows):
            self.put(f"r{number:03}", row)

    def put(self, run, row):
        self.rows[run] = row
        with self.database.write() as connection:
            connection.execute(insert(runs).values(id=run, recorded=row["status"], **row))

    def drop(self, run):
        del self.rows[run]
        with self.database.write() as connection:
            connection.execute(delete(runs).where(runs.c.id == run))

    def sorted(self, sort, among=None):
        column = COLUMN.get(sort.field, sort.field)
        kept = self.rows if among is None else among
        known = [run for run in kept if self.rows[run][column] is not None]
        unknown = [run for run in kept if self.rows[run][column] is None]
        known.sort(key=lambda run: (self.rows[run][column], run), reverse=sort.descending)
        return known + sorted(unknown, reverse=sort.descending)

    def page(self, sort, query=EVERYTHING, **options):
        page = self.repository.query(query, sort, **options)
        return [run.id for run in page.items], page


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(ROW, max_size=14), sort=SORT, limit=st.integers(1, 5), wanted=st.sampled_from(WANTED))
def test_pages_laid_end_to_end_are_the_sorted_list_in_both_directions(rows, sort, limit, wanted):
    table = Table(rows)
    text, fits = wanted
    query = parse(text)
    expected = table.sorted(sort, [run for run, row in table.rows.items() if fits(row)])
    forward, cursor = [], None
    while True:
        ids, page = table.page(sort, query, limit=limit, after=cursor)
        assert (page.previous is not None) == bool(forward)
        forward += ids
        cursor = page.next
        if cursor is None:
            break
    assert forward == expected
    backward, cursor, options = [], None, {"last": True}
    while True:
        ids, page = table.page(sort, query, limit=limit, **options)
        assert (page.next is not None) == bool(backward)
        backward = ids + backward
        cursor = page.previous
        if cursor is None:
            break
        options = {"before": cursor}
    assert backward == expected


@settings(max_examples=120, deadline=None)
@given(
    rows=st.lists(ROW, min_size=3, max_size=12),
    sort=SORT,
    limit=st.integers(1, 3),
    forward=st.booleans(),
    changes=st.lists(st.tuples(st.integers(0, 20), ROW), max_size=6),
)
def test_rows_that_stay_are_seen_once_while_others_come_and_go(rows, sort, limit, forward, changes):
    table = Table(rows)
    staying = set(table.rows)
    seen, cursor = [], None
    pending = list(changes)
    while True:
        options = {"after": cursor} if forward else {"before": cursor, "last": cursor is None}
        ids, page = table.page(sort, limit=limit, **options)
        seen = seen + ids if forward else ids + seen
        cursor = page.next if forward else page.previous
        if cursor is None:
            break
        if pending:
            number, row = pending.pop()
            if number % 2 and table.rows:
                gone = sorted(table.rows)[number % len(table.rows)]
                table.drop(gone)
                staying.discard(gone)
            else:
                table.put(f"n{len(pending)}{number}", row)
    assert len(seen) == len(set(seen))
    assert [run for run in seen if run in staying] == table.sorted(sort, staying)


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=12), sort=SORT, at=st.integers(0, 11))
def test_a_list_can_be_entered_at_a_run_or_at_a_number(rows, sort, at):
    table = Table(rows)
    expected = table.sorted(sort)
    at %= len(expected)
    cursor = table.repository.cursor_at(expected[at], sort)
    ids, page = table.page(sort, after=cursor)
    assert ids == expected[at:]
    assert (page.previous is None) == (at == 0)
    assert table.page(sort, before=cursor)[0] == expected[:at]
    after = table.repository.cursor_after(EVERYTHING, sort, at + 1)
    if at + 1 == len(expected):
        assert after is None
    else:
        assert table.page(sort, after=after)[0] == expected[at + 1 :]


@settings(max_examples=120, deadline=None)
@given(
    rows=st.lists(ROW, min_size=1, max_size=12),
    sort=SORT,
    ends=st.tuples(st.integers(0, 11), st.integers(0, 11)),
    text=st.sampled_from(["", "workflow:a", "status:failed|completed", "-status:running"]),
)
def test_what_lies_between_two_runs_of_a_list_is_found_whatever_its_order(rows, sort, ends, text):
    table, query = Table(rows), parse(text)
    expected = table.sorted(sort)
    low, high = sorted(end % len(expected) for end in ends)
    shown = {run.id for run in table.repository.query(query, limit=100).items}
    between = sorted(id for id in expected[low : high + 1] if id in shown)
    for one, other in ((low, high), (high, low)):
        assert sorted(table.repository.ids_between(query, sort, expected[one], expected[other])) == between
    if {expected[low], expected[high]} <= shown:  # as a repository walks that cannot compare places
        walked = RunRepository.ids_between(table.repository, query, sort, expected[high], expected[low])
        assert sorted(walked) == between
    with pytest.raises(NotFound):
        table.repository.ids_between(query, sort, expected[low], "nobody")


def test_when_all_rows_beyond_a_cursor_are_gone_the_way_back_is_open():
    row = {"workflow": "a", "status": "failed", "started": "2026-11-20T10:00:00.000000Z"}
    table = Table([row, row, row])
    ids, page = table.page(Sort(), limit=2)
    table.drop("r000")
    ids_beyond, beyond = table.page(Sort(), after=page.next)
    assert ids_beyond == []
    assert beyond.next is None
    assert table.page(Sort(), before=beyond.previous)[0] == ids == ["r002", "r001"]
    table.drop("r001")
    table.drop("r002")
    assert table.page(Sort(), after=page.next)[1].previous is None


@pytest.mark.parametrize("cursor", ["", "x", "äöü", "AAAA", "bnVsbA"])
def test_what_is_no_cursor_is_refused(cursor):
    with pytest.raises(StorageError):
        Table().page(Sort(), after=cursor)


def test_a_cursor_of_another_list_is_refused():
    row = {"workflow": "a", "status": "failed"}
    table = Table([row, row])
    cursor = table.page(Sort(), limit=1)[1].next
    for other in (Sort(descending=False), Sort(field="took")):
        with pytest.raises(StorageError):
            table.page(other, after=cursor)
    with pytest.raises(StorageError):
        table.page(Sort(), parse("status:failed"), after=cursor)
    everywhere = table.repository.cursor_at("r001", Sort())
    assert table.page(Sort(), parse("status:failed"), after=everywhere)[0] == ["r001", "r000"]
    with pytest.raises(NotFound):
        table.repository.cursor_at("r9", Sort())
