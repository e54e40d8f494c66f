"""A backup holds everything, byte for byte, between any two kinds of store; what is read stays as it was."""

from contextlib import closing
from itertools import product

import flightlog
import pytest
from flightlog.backends.moving import migrating
from flightlog.backends.moving.backing_up import backup
from flightlog.backends.moving.ends import source_end, target_end
from flightlog.backends.moving.verifying import verify
from flightlog.core.annotations import Noted
from flightlog.core.errors import ConfigError
from flightlog.core.progress import LOOKING, Progress
from moving_stores import KINDS, copy, differences, fill, move, tree


@pytest.mark.parametrize(("a", "b"), list(product(KINDS, KINDS)))
def test_everything_is_copied_between_any_two_kinds(place, tmp_path, a, b):
    one, other = place(a, "a"), place(b, "b")
    fill(one)
    before = tree(tmp_path / "a")
    move = copy(one, other)
    assert (move.runs, move.annotations, move.versions, move.patterns) == (5, 5, 4, 1)
    assert (move.verified.runs, move.verified.values, move.findings) == (5, 8, ())
    assert differences(one, other) == differences(other, one) == []
    assert tree(tmp_path / "a") == before


def test_the_second_one_carries_what_is_new(place):
    one, other = place("file", "a"), place("sqlite", "b")
    runs = fill(one)
    copy(one, other)
    again = copy(one, other)
    assert (again.runs, again.events, again.annotations, again.verified.runs) == (0, 0, 0, 0)
    with flightlog.open(one) as store:
        with store.resume(runs[4]) as run:
            run.checkpoint({"a": 1})
        store.runs.annotate(Noted(run=runs[0], text="later"))
        store.workflows.delete("w", 3)
    move = copy(one, other)
    assert (move.runs, move.annotations, move.versions, move.verified.runs, move.findings) == (1, 1, 1, 1, ())
    assert differences(one, other) == []


def test_a_run_that_goes_on_is_copied_as_far_as_it_is(place):
    one, other = place("sqlite", "a"), place("file", "b")
    with flightlog.open(one) as store, store.run("w") as run:
        run.log("so far")
        store.runs.totals()
        assert copy(one, other).findings == ()
        run.log("later")
    assert copy(one, other).events == 2
    assert differences(one, other) == []


def test_a_copy_of_itself_is_refused(place, tmp_path):
    one = place("file", "a")
    fill(one)
    with pytest.raises(ConfigError, match="it lies there already"):
        copy(one, str(tmp_path / "a"))
    with pytest.raises(ConfigError, match="a folder of its own"):
        copy(one, f"sqlite:{tmp_path / 'a' / 'flightlog.db'}")


@pytest.mark.parametrize("work", [backup, lambda *ends: list(verify(*ends))])
def test_that_a_store_is_brought_up_to_date_is_told_for_very_many_runs_may_be_read_for_that(place, work):
    fill(place("file", "a"))
    progress, told = Progress(), []

    def telling(end):
        def refresh():
            told.append(progress.look())
            end.truth.refresh()

        return end._replace(truth=end.truth._replace(refresh=refresh))

    with closing(source_end(place("file", "a"))) as one, closing(target_end(place("sqlite", "b"))) as other:
        work(telling(one), telling(other), progress)
    assert [at.what for at in told[:2]] == [LOOKING, LOOKING]


def test_a_move_tells_it_from_its_beginning(place, tmp_path, monkeypatch):
    fill(place("file", "a"))
    progress, told, real = Progress(), [], migrating.running
    monkeypatch.setattr(migrating, "running", lambda end: told.append(progress.look()) or real(end))
    move(tmp_path / "a", f"sqlite:{tmp_path / 'b' / 'flightlog.db'}", progress)
    assert told[0].what == LOOKING
