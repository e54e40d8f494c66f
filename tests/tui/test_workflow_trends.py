"""What versions do now and lately did, beside their numbers: live marks, cost by run, success by day."""

import flightlog
import pytest
from counting import Counting
from flightlog.core.clock import pretending
from flightlog.core.version_history import history
from flightlog.tui.app import FlightlogApp
from flightlog.tui.glyphs import ASCII, UNICODE
from flightlog.tui.workflows.version_cells import COLUMNS, TREND, cells_of
from flightlog.tui.workflows.version_trends import DAYS, MOST, RUNS, with_trends
from seeing import shows, until
from workflow_scene import SIZES, to_triage

NOON = 1_795_262_400


def cells(entry, glyphs=UNICODE) -> dict[str, str]:
    told = zip(COLUMNS, cells_of(entry, glyphs), strict=True)
    return {column.head: text for column, (text, _) in told if column.head in ("", "By day", "By run")}


@pytest.fixture
def folder(tmp_path):
    """Ten days of runs of version 1, which gets dearer and fails more; of version 2 one run ended, and one goes on."""
    at = [0]
    with flightlog.open(tmp_path / "data", storage="file") as store, pretending(lambda: at[0] * 10**9):
        store.workflows.store("triage", "limit: 1\n")
        store.workflows.store("triage", "limit: 2\n")
        for day in range(10):
            for n in range(2):
                at[0] = NOON + day * 86_400 + n
                run = store.run("triage", version=1)
                run.cost("m", input_tokens=1, output_tokens=1, dollars=f"0.{day + 1:02}")
                run.finish("failed" if day > 5 else "completed")
        store.run("triage", version=2).finish()
    return tmp_path / "data"


def look(store):
    return with_trends(store, "triage", history(store.workflows.list("triage"), store.metrics.outcomes("triage")))


def test_trends_go_from_old_to_new_and_runs_under_way_are_counted(folder):
    with flightlog.open(folder) as store, store.run("triage", version=2):
        one, two = look(store).entries
        assert (one.running, two.running) == (0, 1)
        assert len(one.costs) == RUNS
        assert list(one.costs) == sorted(one.costs)
        assert len(one.days) == DAYS
        assert cells(one)["By day"] == "████▁▁▁▁"
        assert len(cells(one)["By run"]) == TREND
        assert cells(one)["By run"][-1] == "█"
        assert cells(two) == {"": "●1", "By day": "", "By run": ""}
        assert cells(two, ASCII)[""] == "*1"
        assert cells(one, ASCII)["By day"].isascii()


def test_a_call_without_a_price_is_a_blank_and_no_zero(folder):
    with flightlog.open(folder) as store:
        with pretending(lambda: (NOON + 20 * 86_400) * 10**9):
            run = store.run("triage", version=1)
        run.cost("a-model-nobody-sells", input_tokens=1, output_tokens=1)
        run.finish()
        (one, _) = look(store).entries
        assert one.costs.count(None) == 1
        assert cells(one)["By run"].count(" ") == 1


def test_of_many_versions_the_newest_are_looked_at(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for number in range(MOST + 20):
            store.workflows.store("triage", f"limit: {number}\n")
        for number in (1, MOST + 20):
            store.run("triage", version=number).finish()
        reading = store.reading
        metrics, runs = Counting(reading.metrics), Counting(reading.runs)
        store._reading = reading._replace(metrics=metrics, runs=runs)
        look(store)
        assert metrics.names == ["outcomes", "newest", "trends"]
        assert set(runs.names) == {"count"}


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_that_begins_is_marked_at_its_version_while_one_looks(folder, size):
    app = FlightlogApp(lambda: flightlog.open(folder))
    async with app.run_test(size=size) as pilot:
        screen = await to_triage(pilot)
        if size[0] > 100:
            await shows(pilot, "By day", "████▁▁▁▁", "By run")
        with flightlog.open(folder) as store:
            run = store.run("triage", version=1)
            await shows(pilot, "●1")
            run.finish()
        await until(pilot, lambda: not any(entry.running for entry in screen.versions.entries))
    app.close()


async def test_in_80_columns_what_a_version_made_dearer_is_in_sight_while_runs_of_it_go_on(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for version, dollars in ((1, "0.001"), (2, "0.020")):
            store.workflows.store("triage", f"limit: {version}\n", author="ana", note="what is said of it at length")
            for _ in range(6):
                run = store.run("triage", version=version)
                run.cost("m", input_tokens=1, output_tokens=1, dollars=dollars)
                run.finish("failed" if version == 2 else "completed")
        store.workflows.store("triage", "limit: 3\n", parents=[1, 2], note="of both")
        with store.run("triage", version=2):
            async with FlightlogApp(lambda: flightlog.open(tmp_path / "data")).run_test(size=(80, 24)) as pilot:
                await to_triage(pilot)
                await shows(pilot, "●1", "Success  Points", " -100 ", "Cost/run", "+1900%", "of both")
