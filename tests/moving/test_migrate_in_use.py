"""A store that moves is read all the while and written by nobody: who records is waited for, who begins is refused."""

import threading

import flightlog
import pytest
from flightlog.core.annotations import Pinned
from flightlog.core.errors import Conflict, Locked
from flightlog.core.metrics import Pattern
from moving_stores import AfterOne, fill, move


def test_running_runs_are_named_and_waited_for(tmp_path):
    folder = tmp_path / "data"
    fill(f"file:{folder}")
    asked = []
    with flightlog.open(folder) as store:
        run = store.run("w")
        with pytest.raises(Conflict, match=f"1 run is being written: {run.id}"):
            move(folder, "sqlite")

        def wait(runs):
            asked.append(list(runs))
            run.finish()

        moved = move(folder, "sqlite", wait=wait)
    assert asked == [[run.id]]
    assert moved.switched and moved.runs == 6


def test_nothing_changes_the_store_while_it_moves(tmp_path):
    folder, refused = tmp_path / "data", []
    runs = fill(f"file:{folder}")
    store = flightlog.open(folder)
    changes = [
        lambda: store.run("w"),
        lambda: store.resume(runs[3]),
        lambda: store.runs.annotate(Pinned(run=runs[1])),
        lambda: store.workflows.store("w", "a: 5"),
        lambda: store.workflows.delete("w", 3),
        lambda: store.metrics.record_pattern(Pattern(workflow="w", name="new")),
        lambda: store.upkeep.drop_states(runs[0], []),
    ]

    def change():
        threads = [threading.Thread(target=attempt, args=[one]) for one in changes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.runs.get(runs[0]).status == "completed"  # it can be read

    def attempt(one):
        try:
            one()
        except Locked as error:
            refused.append(error.what)

    assert move(folder, "sqlite", AfterOne(change)).switched
    assert refused == ["the store is being moved to another place"] * len(changes)
    for one in changes:
        with pytest.raises(Conflict, match=r"the store was moved \(.*flightlog.db\); open it again"):
            one()
    store.close()
    with flightlog.open(folder) as store, store.run("w") as run:
        assert store.runs.get(run.id).status == "running"
