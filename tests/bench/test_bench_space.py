"""Place 4 and `flightlog space` over 100,000 runs: sums that are kept, and one workflow's runs by size."""

import sys

import flightlog
import pytest
from flightlog.core.query.query import EVERYTHING
from measure import in_turn, say, seconds, told
from million import write_million

pytestmark = [pytest.mark.bench, pytest.mark.timeout(400)]


def test_space_of_100_000_runs_in_files(files_of):
    folder = files_of(100_000)
    with flightlog.open(folder, storage="file") as store:
        store.runs.query(EVERYTHING, limit=1)
        first = seconds(store.upkeep.space)
        again, runs = in_turn(store.upkeep.space, lambda: store.upkeep.space(("triage",), limit=500), calls=3)
        top = store.upkeep.space()
        assert top.node.count == 100_000
        found = [node.name for node in store.upkeep.space(("triage",), limit=50).children]
        (inside,) = in_turn(lambda: store.upkeep.space(("triage", found.pop())))
    say(0, "files, 100k runs: what takes the room, ms", again * 1e3, 100, f"the first time {told(first)}", "ms")
    say(0, "files, 100k runs: a workflow's 500 largest runs, ms", runs * 1e3, 100, told(runs), "ms")
    say(0, "files, 100k runs: inside one run, ms", inside * 1e3, 100, told(inside), "ms")
    sys.stdout.write(f"{[(node.name, node.size_bytes) for node in top.children][:4]}\n")


def test_space_of_100_000_runs_in_sqlite(bench_data):
    folder = bench_data("sqlite-100k", lambda path: write_million(path / "flightlog.db", 100_000))
    with flightlog.open(folder) as store:
        store.runs.query(EVERYTHING, limit=1)
        workflow = next(node.name for node in store.upkeep.space().children if node.kind == "workflow")
        again, runs = in_turn(store.upkeep.space, lambda: store.upkeep.space((workflow,), limit=500), calls=3)
    say(0, "SQLite, 100k runs: what takes the room, ms", again * 1e3, 100, told(again), "ms")
    say(0, "SQLite, 100k runs: a workflow's 500 largest runs, ms", runs * 1e3, 100, told(runs), "ms")
