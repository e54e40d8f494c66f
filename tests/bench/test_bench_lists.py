"""Goals 1 to 5: pages of runs, at any depth, in either backend; filters, counts and sums of costs."""

from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection

import flightlog
import pytest
from flightlog.backends.sql.tables import runs
from flightlog.core.pages import Sort
from flightlog.core.query.query import EVERYTHING, parse
from measure import in_turn, say, told
from million import middle_id, write_costs

pytestmark = [pytest.mark.bench, pytest.mark.timeout(400)]

_COLUMNS = ", ".join(f"runs.{column.name}" for column in runs.columns if column.name not in ("recorded", "revision"))
_PAGE = (
    f"SELECT {_COLUMNS}, meta, writer FROM runs LEFT JOIN run_bodies ON run_bodies.run = runs.id "
    "{} ORDER BY started DESC, id DESC LIMIT 100"
)
_NARROW = (
    "SELECT id, workflow, version, status, started, took, tokens, nanousd FROM runs "
    "ORDER BY started DESC, id DESC LIMIT 100"
)


def raw_page(connection: Connection, where: str = "", *values: object) -> Callable[[], object]:
    """The floor: a page of the same columns, fetched by the driver and not looked at."""
    statement = _PAGE.format(where)
    return lambda: connection.execute(statement, values).fetchall()


@pytest.mark.parametrize(("count", "limit"), [(10_000, 9.5), (100_000, 6)])
def test_first_page_of_files(files_of, raw, count, limit):
    """At 10k, 5,000 times quicker than a FileStore whose page takes 47,600 raw pages."""
    folder: Path = files_of(count)
    with flightlog.open(folder, storage="file") as store:
        assert len(store.runs.query(EVERYTHING).items) == 100
        index = raw(folder / ".flightlog" / "index.db")
        ours, base, narrow = in_turn(
            lambda: store.runs.query(EVERYTHING), raw_page(index), lambda: index.execute(_NARROW).fetchall(), calls=10
        )
    what = f"files, {count // 1000}k runs: first page, after a look"
    say(1, what, ours / base, limit, f"{told(ours)} / {told(base)}; a page of 8 columns {told(narrow)}")


def test_any_page_of_a_million(million):
    with flightlog.open(million) as store:
        cursor = store.runs.cursor_after(EVERYTHING, Sort(), 500_000)
        assert cursor
        first, deep, last, middle = in_turn(
            lambda: store.runs.query(EVERYTHING),
            lambda: store.runs.query(EVERYTHING, after=cursor),
            lambda: store.runs.query(EVERYTHING, last=True),
            lambda: store.runs.query(EVERYTHING, before=cursor),
            calls=10,
        )
    worst = max(deep, last, middle)
    say(2, "1M runs: the slowest of any page, to the first", worst / first, 1.5, f"{told(worst)} / {told(first)}")


def test_page_of_sqlite(million, raw):
    with flightlog.open(million) as store:
        floor = raw(million / "flightlog.db")
        ours, base = in_turn(lambda: store.runs.query(EVERYTHING), raw_page(floor), calls=10)
        say(3, "SQLite, 1M runs: page", ours / base, 2, f"{told(ours)} / {told(base)}")
        by_cost = Sort(field="cost")
        sorted_floor = _PAGE.format("").replace("started DESC", "nanousd DESC")
        ours, base = in_turn(
            lambda: store.runs.query(EVERYTHING, by_cost), lambda: floor.execute(sorted_floor).fetchall(), calls=10
        )
        say(3, "SQLite, 1M runs: page by cost", ours / base, 2, f"{told(ours)} / {told(base)}")
        id = middle_id()
        found = store.runs.query(EVERYTHING, last=True).items[0].id
        one, raw_one = in_turn(
            lambda: store.runs.get(found),
            lambda: floor.execute("SELECT * FROM runs WHERE id = ?", [id]).fetchone(),
            calls=20,
        )
        say(3, "SQLite, 1M runs: one run by its id, ms", one * 1e3, 5, f"{told(one)} / {told(raw_one)}", "ms")


def test_filters_and_counts_of_a_million(million, raw):
    with flightlog.open(million) as store:
        floor = raw(million / "flightlog.db")
        of = "WHERE workflow = ? AND status = ?"
        query = parse("workflow:triage status:failed")
        page = store.runs.query(query)
        assert len(page.items) == 100
        ours, base = in_turn(lambda: store.runs.query(query), raw_page(floor, of, "triage", "failed"), calls=10)
        say(4, "1M runs: page of a workflow and status", ours / base, 2, f"{told(ours)} / {told(base)}")
        assert (
            store.runs.count(query)
            == floor.execute(f"SELECT count(*) FROM runs {of}", ["triage", "failed"]).fetchone()[0]
        )
        totals, count = in_turn(store.runs.totals, lambda: store.runs.count(query), calls=10)
        say(4, "1M runs: the header's counts", totals * 1e3, 1, "from counters", "ms")
        say(4, "1M runs: count of a workflow and status", count * 1e3, 1, "from counters", "ms")


def test_costs_of_a_million_calls(bench_data, raw):
    """The goal is a 500th of the scan's time; printed the other way round, as a part of it."""
    folder: Path = bench_data("costs", lambda path: write_costs(path / "flightlog.db"))
    scan = "SELECT workflow, sum(costs.nanousd) FROM costs JOIN runs ON runs.id = costs.run GROUP BY 1"
    with flightlog.open(folder) as store:
        floor = raw(folder / "flightlog.db")
        found = {group.key: group.money.recorded_nanousd for group in store.runs.costs("workflow", EVERYTHING)}
        assert found == dict(floor.execute(scan).fetchall())
        ours, base = in_turn(
            lambda: store.runs.costs("workflow", EVERYTHING), lambda: floor.execute(scan).fetchall(), rounds=5
        )
    say(5, "1M calls: cost by workflow, to the scan", ours / base, 1 / 500, f"{told(ours)} / {told(base)}")
