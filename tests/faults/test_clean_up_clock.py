"""The clock of the machine says 2099, or 1970, and runs are dated so: what is not sure to be old is kept, and said."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core.clock import pretending
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.cli.main import main

NOW, LATE, EARLY = "2026-11-20", "2099-06-01", "1970-01-02"
POLICY = "retention: [{match: 'status:completed', keep: {within: 30d}, then: trash}]\ntrash_for: 7d\n"


def at(day: str) -> Callable[[], int]:
    moment = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1e9)
    return lambda: moment


class Place:
    """Runs of a year, one of 2099 and one of 1970, and a policy."""

    def __init__(self, folder: Path, storage: str) -> None:
        self.data, self.policy = folder / "data", folder / "policy.yaml"
        self.policy.write_text(POLICY)
        for day in ("2026-01-05", "2026-06-05", "2026-11-01", "2026-11-18", LATE, EARLY):
            self.record(day, storage)

    def record(self, day: str, storage: str | None = None) -> None:
        with pretending(at(day)), flightlog.open(self.data, storage=storage) as store:
            run = store.run("triage", name=day)
            run.log("said")
            run.finish()

    def call(self, day: str, *words: str) -> str:
        with pretending(at(day)):
            done = CliRunner(env={"FLIGHTLOG_DATA": str(self.data)}).invoke(main, [*words])
        assert done.exit_code in (0, 3) and (done.exception is None or isinstance(done.exception, SystemExit))
        return done.output

    def retain(self, day: str, *words: str) -> str:
        return self.call(day, "retain", *words, "--policy", str(self.policy))

    def there(self) -> set[str]:
        with flightlog.open(self.data) as store:
            return {run.name for run in store.runs.query(EVERYTHING).items}


@pytest.fixture(params=["file", pytest.param("sqlite", marks=pytest.mark.heavy)])
def place(request, tmp_path) -> Place:
    return Place(tmp_path, request.param)


def test_a_run_of_the_future_is_kept_and_shown_as_one(place):
    told = place.retain(NOW)
    assert "keep: dated in the future, 2099-06-01" in told
    place.retain(NOW, "--apply", "--yes")
    assert place.there() == {"2026-11-01", "2026-11-18", LATE}
    place.call(NOW, "undo", "--yes")
    assert len(place.there()) == 6


@pytest.mark.heavy
def test_with_a_clock_of_1970_nothing_is_old(place):
    for words in (("--apply", "--yes"), ("--auto",)):
        place.retain("1970-01-03", *words)
        assert len(place.there()) == 6
    place.call("1970-01-03", "rm", "--where", "tag:none", "--yes")
    place.call("1970-01-03", "trash", "empty", "--yes")
    assert len(place.there()) == 6


def test_a_clock_that_jumps_removes_nothing_for_good_by_itself(place):
    place.retain(NOW, "--apply", "--yes")
    assert len(place.call(NOW, "trash", "ls", "--json").splitlines()) == 3
    place.retain("2099-12-01", "--auto")
    assert place.call(NOW, "trash", "ls", "--json").count('"2026-11-20') >= 3
    place.record("2026-11-27")
    place.retain("2026-11-28", "--auto")
    assert not place.call(NOW, "trash", "ls", "--json").count('"2026-11-20')


def test_a_clock_that_jumps_to_2099_takes_nothing_unsaid_and_all_of_it_comes_back(place):
    """The newest of each workflow stays whatever the clock says; the rest goes to the trash, and is said to."""
    assert "only shown: it would take 5 runs" in place.retain("2099-12-01", "--auto")
    assert len(place.there()) == 6  # by itself a policy that was never applied does nothing
    told = place.retain("2099-12-01", "--apply", "--yes")
    assert "5 runs moved to the trash" in told and "flightlog undo" in told
    assert place.there() == {LATE}
    # With the right clock again nothing of it is overdue, and the operation can be taken back.
    place.retain(NOW, "--apply", "--yes")
    place.call(NOW, "undo", "--yes")
    assert len(place.there()) == 6
