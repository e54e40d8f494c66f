"""`retain --apply`, `--auto` and `--watch`: what was looked at is done, to no other run, and by itself only what was
agreed to by hand."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import flightlog
import msgspec
import pytest
from cleaning import FEW_KINDS, made
from click.testing import CliRunner
from flightlog.core.annotations import Pinned
from flightlog.core.clock import pretending
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import EVERYTHING
from flightlog.core.retention.meant import Meant
from flightlog.core.retention.policy import Policy
from flightlog.core.retention.saved import Taken
from flightlog.tui import format
from flightlog.tui.cli.main import main
from flightlog.tui.retention.applying import told

NOW_S = time.time()  # the real one, for a watch reads the machine's clock
POLICY = """
retention:
  - {match: "status:completed", keep: {last: 2}, then: trash}
  - {match: "status:failed", keep: {within: 35d}, then: trash}
"""
PROGRAM = (sys.executable, "-c", "from flightlog.tui.cli.main import main; main(prog_name='flightlog')")


def at(days: float) -> int:
    return int((NOW_S - days * 86_400) * 1e9)


class Place:
    """A store with completed and failed runs of many days, and a policy."""

    def __init__(self, name: str, storage: str | None, folder) -> None:
        self.name, self.folder, self.policy = name, folder, folder / "policy.yaml"
        self.env = os.environ | {"FLIGHTLOG_DATA": name}
        self.policy.write_text(POLICY)
        moment = [0]
        with pretending(lambda: moment[0]), flightlog.open(name, storage=storage) as store:
            for number in range(6):
                moment[0] = at(40 - number)
                with store.run("triage", name=f"n-{number}") as run:
                    run.log("x" * 2000)
                moment[0] = at(60 - number * 10)
                store.run("triage", name=f"f-{number}").finish("failed")

    def call(self, *words, code=0, days=0.0):
        with pretending(lambda: at(days)):
            words = ("retain", *words, "--policy", self.policy)
            done = CliRunner().invoke(main, list(map(str, words)), env=self.env)
        assert done.exit_code == code, (done.output, done.exception)
        return done

    def rows(self, *words, code=0, days=0.0):
        return [json.loads(line) for line in self.call(*words, "--json", code=code, days=days).stdout.splitlines()]

    def apply_by_hand(self) -> None:
        words = ["retain", "--apply", "--yes", "--policy", str(self.policy)]
        done = CliRunner().invoke(main, words, env=self.env)
        assert done.exit_code == 0, done.output

    def add_failed(self, *names: str, days: float) -> None:
        with pretending(lambda: at(days)), self.store() as store:
            for name in names:
                store.run("triage", name=name).finish("failed")

    def write_policy(self, text: str) -> None:
        """At once, as editors save: whoever watches it never finds half of it."""
        beside = self.policy.with_suffix(".new")
        beside.write_text(text)
        beside.replace(self.policy)

    def store(self):
        return flightlog.open(self.name)

    def standing(self) -> dict[str, str]:
        """Where each run is, by its name, but for those in the trash."""
        with self.store() as store:
            return {
                run.name: "archived" if run.archived else "live"
                for run in store.runs.query(EVERYTHING, limit=1000).items
            }

    def trashed(self) -> int:
        with self.store() as store:
            return len(store.upkeep.trashed(limit=1000).items)


@pytest.fixture(params=FEW_KINDS)
def place(request, tmp_path, new_postgres_url):
    return Place(*made(request.param, tmp_path / "data", new_postgres_url), tmp_path)


LIVE = {"n-4": "live", "n-5": "live", "f-3": "live", "f-4": "live", "f-5": "live"}


def test_what_is_shown_is_what_is_done_and_done_once(place):
    shown = {row["run"]: row["action"] for row in place.rows(code=3)[:-1]}
    done = place.call("--apply", "--yes")
    assert "7 runs (" in done.stderr and "go to the trash" in done.stderr
    trashed, hint = done.stdout.splitlines()
    assert trashed.startswith("7 runs moved to the trash: ") and hint.startswith("to take it back: flightlog undo ")
    assert place.standing() == LIVE and place.trashed() == 7
    with place.store() as store:
        gone = {one.run for one in store.upkeep.trashed().items}
        assert gone == {run for run, action in shown.items() if action == "trash"}
        assert {one.rule for one in store.upkeep.trashed().items} == {"retention[0]", "retention[1]"}
    again = place.call("--apply", "--yes")
    assert "The policy takes nothing now." in again.stderr and again.stdout == ""


def test_nobody_asked_nothing_done(place):
    said = place.call("--apply", code=2)
    assert "nothing was done; add --yes" in said.stderr and "7 runs (" in said.stderr
    assert "read-only" in place.call("--apply", "--yes", "--read-only", code=1).stderr
    assert set(place.standing().values()) == {"live"}
    for words in (("--plan", "x"), ("--apply", "--save-plan", "x"), ("--apply", "--auto")):
        place.call(*words, code=2)


def test_a_saved_plan_takes_the_runs_that_were_looked_at_and_are_as_they_were(place):
    plan = place.folder / "plan.json"
    place.call("--save-plan", plan, code=3)
    with place.store() as store:
        ids = {run.name: run.id for run in store.runs.query(EVERYTHING, limit=1000).items}
        store.run("triage", name="f-6").finish("failed")
        store.runs.annotate(Pinned(run=ids["n-0"]))
        child = store.run("other", name="child", parent=ids["f-0"])
        child.finish()
        list(store.upkeep.trash(new_order(), [Chosen(run=ids["f-1"])]))
    done = place.rows("--apply", "--plan", plan, "--yes", code=3)
    left = {row["run"]: row["why"] for row in done if row.get("outcome") == "skipped"}
    assert left == {
        ids["n-0"]: left[ids["n-0"]],
        ids["f-0"]: f"it is the parent of run {child.id}, which is there",
        ids["f-1"]: left[ids["f-1"]],
    }
    assert "pinned" in left[ids["n-0"]]
    assert place.standing() == LIVE | {"n-0": "live", "f-0": "live", "f-6": "live", "child": "live"}


def test_a_plan_of_another_store_policy_or_day_is_refused(place, tmp_path):
    plan = place.folder / "plan.json"
    place.call("--save-plan", plan, code=3)
    assert "may be carried out for a day" in place.call("--apply", "--plan", plan, "--yes", code=1, days=-2).stderr
    place.policy.write_text(POLICY + "trash_for: 3d\n")
    assert "the policy in force is another one" in place.call("--apply", "--plan", plan, "--yes", code=1).stderr
    place.policy.write_text(POLICY)
    other = Place(str(tmp_path / "other"), "file", tmp_path)
    assert "of another store" in other.call("--apply", "--plan", plan, "--yes", code=1).stderr
    assert "cannot be read" in place.call("--apply", "--plan", tmp_path / "none.json", "--yes", code=1).stderr
    assert set(place.standing().values()) == {"live"}


def test_what_has_lain_in_the_trash_for_long_enough_is_removed_for_good(place):
    place.policy.write_text(POLICY + "trash_for: 2d\n")
    place.call("--apply", "--yes")
    assert "The policy takes nothing now." in place.call("--apply", "--yes", days=-1).stderr
    shown = place.call(code=3, days=-3)
    assert shown.stdout.splitlines()[-2].split()[:3] == ["purge", "7", "runs"]
    assert place.rows(code=3, days=-3)[-1]["purge"]["runs"] == 7
    place.policy.write_text(POLICY)
    assert place.rows(days=-3)[-1]["purge"]["runs"] == 0
    place.policy.write_text(POLICY + "trash_for: 2d\n")
    done = place.rows("--apply", "--yes", days=-3)
    assert [row["did"] for row in done] == ["purge"] * 8 and done[-1]["done"] == 7
    assert place.trashed() == 0


def test_by_itself_it_acts_only_by_a_policy_that_was_applied_by_hand(place):
    shown = place.call("--auto", code=3)
    assert "only shown: it would take 7 runs and remove 0 from the trash" in shown.stdout
    assert set(place.standing().values()) == {"live"}
    place.call("--apply", "--yes")
    assert place.call("--auto").stdout.endswith("  nothing to do\n")
    place.add_failed("late", days=50)
    assert "1 run moved to the trash" in place.call("--auto").stdout
    assert place.standing() == LIVE
    place.policy.write_text("retention: [{match: 'workflow:triage', then: trash}]\nminimum: 0")
    place.call("--apply", "--yes")
    assert place.standing() == {} and place.call("--auto").stdout.endswith("  nothing to do\n")
    with place.store() as store:
        store.run("other", name="of another kind").finish()
    assert place.call("--auto").stdout.endswith("  nothing to do\n")  # that no run bears the name is no mistake by now
    assert "no run has the workflow 'triage'" in place.call(code=2).stderr
    place.policy.write_text("max_runs: 1\nminimum: 0\n")
    place.add_failed("one more", days=2)
    (told,) = place.rows("--auto", code=3)
    assert told["acted"] is False and told["would"] == {"take": 1, "purge": 0} and told["operations"] == []


def test_what_was_taken_back_is_not_done_again_by_itself(place):
    def undo() -> str:
        return CliRunner().invoke(main, ["undo", "--yes"], env=place.env, catch_exceptions=False).stderr

    before = place.standing()
    place.call("--apply", "--yes")
    assert "does nothing by itself until it is applied by hand again" in undo()
    assert place.standing() == before
    shown = place.call("--auto", code=3)
    assert "only shown: it would take 7 runs" in shown.stdout
    assert "what a policy did was taken back, and it acts by itself again once it was applied" in shown.stdout
    assert place.rows("--auto", code=3)[0]["taken_back"] is True
    assert place.standing() == before
    place.call("--apply", "--yes")
    assert place.standing() == LIVE
    place.add_failed("late", days=50)
    assert "1 run moved to the trash" in place.call("--auto").stdout
    undo()  # what it did by itself
    assert "only shown: it would take 1 run " in place.call("--auto", code=3).stdout


@contextmanager
def watching(place):
    """A watching process; it is told to end at the end, and must end well."""
    process = subprocess.Popen(
        [*PROGRAM, "retain", "--watch", "--json", "--policy", place.policy],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=place.env,
    )
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        assert "Traceback" not in errors
    finally:
        process.kill()
        process.wait()


def passes(process, wanted):
    """The next pass that is as wanted; one comes ten times a second."""
    for line in process.stdout:
        found = json.loads(line)
        if wanted(found):
            return found
    raise AssertionError("it ended: " + process.stderr.read())


def test_a_watch_makes_a_pass_each_time_and_ends_when_it_is_told(place):
    place.policy.write_text(POLICY + "every: 100ms\n")
    with watching(place) as process:
        assert passes(process, lambda one: True)["would"] == {"take": 7, "purge": 0}
        assert passes(process, lambda one: True)["acted"] is False
        place.apply_by_hand()
        passes(process, lambda one: one["acted"])
        place.add_failed("late", days=50)
        (told,) = passes(process, lambda one: one["operations"])["operations"]
        assert (told["did"], told["done"]) == ("trash", 1)
        place.write_policy("retention: 5")
        assert "trying again in" in process.stderr.readline()
        place.write_policy(POLICY + "every: 100ms\n")
        assert passes(process, lambda one: True)["acted"] is True
    assert place.standing() == LIVE


@pytest.mark.heavy
def test_a_watch_waits_for_whoever_is_at_work(place):
    place.policy.write_text(POLICY + "every: 100ms\n")
    place.apply_by_hand()
    place.add_failed("late", days=50)
    place.add_failed("later", days=51)
    with place.store() as store:
        chosen = [Chosen(run=store.runs.resolve(name)) for name in ("f-4", "f-5")]
        working = store.upkeep.trash(new_order(), chosen)
        next(working)
        with watching(place) as process:
            assert "waiting until that is done" in process.stderr.readline()
            working.close()
            (told,) = passes(process, lambda one: one["operations"])["operations"]
    assert told["done"] == 2


@pytest.mark.heavy
def test_eight_at_once_do_what_one_would(place):
    words = [*PROGRAM, "retain", "--apply", "--yes", "--json", "--policy", place.policy]
    place.add_failed(*(f"g-{number}" for number in range(100)), days=50)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": place.env}
    started = [subprocess.Popen(words, **pipes) for _ in range(8)]
    ended = [(process.communicate(timeout=300), process.returncode) for process in started]
    done = []
    for (out, errors), code in ended:
        assert code in (0, 1, 3) and "Traceback" not in errors, errors
        assert code != 1 or "operation" in errors or "works" in errors, errors
        done += [row["run"] for row in map(json.loads, out.splitlines()) if row.get("outcome") == "done"]
    assert len(done) == len(set(done)), "a run was taken twice"
    place.call("--apply", "--yes")  # what was left when somebody else was at work
    assert place.standing() == LIVE and place.trashed() == 107


def test_what_is_archived_and_what_is_removed_are_operations_of_their_own(place):
    block = '  - {match: "status:completed", keep: {last: 2}, then: archive}'
    place.policy.write_text("retention:\n" + block + POLICY[POLICY.index('\n  - {match: "status:failed"') :])
    done = place.call("--apply", "--yes")
    assert "4 runs (" in done.stderr and "go to the archive" in done.stderr and "3 runs (" in done.stderr
    archived, trashed, *hints = done.stdout.splitlines()
    assert archived.startswith("4 runs archived: ") and trashed.startswith("3 runs moved to the trash: ")
    assert [hint.startswith("to take it back: flightlog undo ") for hint in hints] == [True, True]
    assert place.standing() == LIVE | {f"n-{number}": "archived" for number in range(4)}
    assert place.call("--auto").stdout.endswith("  nothing to do\n")


def test_one_run_goes_and_several_go():
    def taken(run):
        return Taken(run=run, action="archive", why="", rule="", status="completed", last_seq=1, archived=False)

    small = ("It is so small that it takes", "They are so small that they take")
    for runs, goes, swell in ((["a"], "1 run ({}) goes", small[0]), (["a", "b"], "2 runs ({}) go", small[1])):
        for size, more in ((2000, []), (0, [f"{swell} more room in the archive."])):
            sized = tuple(msgspec.structs.replace(taken(run), size_bytes=size) for run in runs)
            words = goes.format(format.size(size * len(runs)))
            assert told(Meant(Policy(), sized)) == [f"{words} to the archive.", *more]
