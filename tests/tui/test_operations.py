"""Work on runs: one at a time, in a thread, told in the header, stopped between two runs, summed up at the end."""

import threading

import pytest
from flightlog.core.choosing import Survey
from flightlog.core.errors import Locked
from flightlog.core.operations import Chosen, Done
from flightlog.core.query.query import parse
from flightlog.tui.app import FlightlogApp
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.operations.operations import Outcome, Work, summary
from flightlog.tui.runs.annotating import Targets
from flightlog.tui.screens.run_operations import consequences, question, twin
from seeing import shows, until


def counted(*runs: Done) -> Outcome:
    """What so many runs came to."""
    outcome = Outcome()
    for run in runs:
        outcome.count(run)
    return outcome


def work(begin=list, total: int = 3, *, undo: bool = True) -> Work:
    """Three runs that are archived."""
    return Work("archiving", "archived", total, begin, undo)


DONE = Done(run="1", outcome="done", before_bytes=5_000_000, after_bytes=1_000_000)


def test_a_summary_counts_bytes_and_says_why_runs_stay():
    skipped = Done(run="2", outcome="skipped", why="it was pinned since")
    failed = Done(run="3", outcome="failed", why="no space left\x1b[2J")
    told = summary(work(), counted(DONE, skipped, failed))
    assert told.startswith("1 run archived: 5.0 MB are now 1.0 MB; 1 stays: it was pinned since; 1 failed: no space")
    assert "\x1b" not in told
    assert told.endswith("z takes it back")


def test_a_summary_names_the_two_most_frequent_reasons():
    runs = [Done(run=str(n), outcome="skipped", why=f"it is {n % 3}") for n in range(7)]
    assert summary(work(total=7), counted(*runs)) == "0 runs archived; 7 stay: it is 0 (3), it is 1 (2), …"


def test_a_question_names_counts_bytes_and_what_stays():
    stays = dict.fromkeys("abc", "is pinned")
    found = Survey(doing="trash", chosen=(Chosen(run="1"),) * 12, size_bytes=1_200_000_000, stays=stays)
    assert question(found) == "Delete 12 runs (1.2 GB)?"
    lines = consequences(found, hidden=2)
    assert lines[1:] == ["2 marked runs the filter does not show.", "3 stay: each is pinned."]


def test_the_command_line_that_does_the_same_survives_a_quote():
    assert twin("rm", Targets(frozenset({"b", "a"}))) == "flightlog rm a b"
    query = parse("error:don't")
    assert twin("rm", Targets(frozenset(), query)) == "flightlog rm --where 'error:don'\\''t' --yes"


def toasts(app: FlightlogApp) -> list[str]:
    """What was told."""
    return [note.message for note in app._notifications]


class Steps:
    """Work that goes on when it is told to."""

    def __init__(self) -> None:
        self.may = threading.Semaphore(0)
        self.closed = False
        self.begun = 0

    def __call__(self):
        try:
            for n in range(3):
                assert self.may.acquire(timeout=30)
                self.begun += 1
                yield Done(run=str(n), outcome="done", before_bytes=10)
        finally:
            self.closed = True


async def test_work_is_told_in_the_header_and_keys_answer_meanwhile(app):
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.store is not None)
        steps = Steps()
        app.operations.begin(work(steps))
        steps.may.release()
        await until(pilot, lambda: steps.begun == 1 and app.operations.line(UNICODE))
        await until(pilot, lambda: "archiving 1/3" in "".join(text for text, _ in app.operations.line(UNICODE)))
        at_hand = app.operations._outcome.progress
        at_hand.begin_part(100_000_000, 1)
        at_hand.go(50_000_000)
        told = "archiving 1/3 50.0 MB of 100 MB "
        assert told in "".join(text for text, _ in app.operations.line(UNICODE))
        await shows(pilot, "archiving 1/3", "X stops")
        before = app.home.run_list.cursor_line
        await pilot.press("j")
        assert app.home.run_list.cursor_line == before + 1
        assert not app.operations.begin(work(steps))
        await until(pilot, lambda: any("one thing at a time" in told for told in toasts(app)))
        steps.may.release(2)
        await until(pilot, lambda: not app.operations.busy)
        await until(pilot, lambda: "3 runs archived: 30 B freed; z takes it back" in toasts(app))


@pytest.mark.parametrize("keys", [("escape",), ("L", "X")])
async def test_a_key_stops_work_between_two_runs(app, keys):
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.store is not None)
        steps = Steps()
        app.operations.begin(work(steps))
        steps.may.release()
        await until(pilot, lambda: steps.begun == 1)
        await pilot.press(*keys)
        await until(pilot, lambda: app.operations._outcome.stopped)
        steps.may.release()
        await until(pilot, lambda: not app.operations.busy)
        assert steps.closed
        assert steps.begun == 2
        await until(pilot, lambda: any("stopped, 1 not looked at" in told for told in toasts(app)))


async def test_what_stops_the_whole_is_told_in_its_own_sentence(app):
    def refused():
        raise Locked("somebody else works", where="data", advice="wait")
        yield

    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.store is not None)
        app.operations.begin(work(refused))
        await until(pilot, lambda: not app.operations.busy)
        await until(pilot, lambda: any("somebody else works" in told for told in toasts(app)))
