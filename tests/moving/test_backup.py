"""A backup holds everything, byte for byte, between any two kinds of store; what is read stays as it was."""

from itertools import product

import flightlog
import pytest
from flightlog.core.annotations import Noted
from flightlog.core.errors import ConfigError
from moving_stores import KINDS, copy, differences, fill, tree


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
