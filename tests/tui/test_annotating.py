"""Pins, tags and notes for all that are marked: what that costs."""

import flightlog
from flightlog.backends.files.index import Index
from flightlog.core.annotations import Pinned
from flightlog.core.ids import new_ulid
from flightlog.tui.runs.annotating import Targets, annotate


def test_all_that_are_marked_are_pinned_after_one_look_at_what_is_new(tmp_path, monkeypatch):
    with flightlog.open(tmp_path, storage="file") as store:
        runs, gone = [store.run("w") for _ in range(20)], new_ulid()
        [run.finish() for run in runs]
        runs = [run.id for run in runs]
        store.runs.totals()
        looks, look = [], Index._catch_up_with_all
        monkeypatch.setattr(Index, "_catch_up_with_all", lambda self: looks.append(1) or look(self))
        outcome = annotate(store, Targets(frozenset([*runs, gone])), lambda run: Pinned(run=run))
        assert (outcome.runs, outcome.gone) == (tuple(sorted(runs)), 1)
        assert len(looks) == 1
        assert all(run.pinned for run in store.runs.some(runs))
