"""An index made anew by several processes is the one that grew with the runs, whatever happens to the others."""

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from weakref import ref

import flightlog
import msgspec
import pytest
from flightlog.backends.files import index as files_index
from flightlog.backends.ingest import helper, prepared, taking_new
from flightlog.backends.ingest.finding import Journal
from flightlog.backends.ingest.helper import Helper, Helpers
from flightlog.backends.journal import annotations
from flightlog.backends.journal.layout import Layout
from flightlog.backends.sql.changes import AT_ONCE
from flightlog.core import events as e
from flightlog.core.annotations import Noted
from flightlog.core.ids import new_ulid

RUNS = 120
ODD = ["plan", "LONE", "nul\0", "東京", "x" * 3000]


def events_of(run: str, number: int) -> list[e.Event]:
    """A run with something of every kind, and now and then what cannot be kept as it is."""
    odd = ODD[number % len(ODD)]
    fault = e.Fault(type="Gone", message=odd)
    begin = e.RunStarted(run=run, workflow=f"w{number % 3}", version=number % 2 or None, session=f"s{number % 4}")
    begin.tags, begin.meta, begin.objective = ["a", odd], {"k": odd}, odd
    agent = odd if number % 2 else "worker"
    found: list[e.Event] = [
        begin,
        e.GraphDeclared(steps=[e.DeclaredStep(id="s", name="plan"), e.DeclaredStep(id="later", name="later")]),
        e.StepStarted(step="s", name="plan", agent=agent, attempt=1 + number % 2),
        e.Logged(level="WARNING", message="said", step="s"),
        e.CostRecorded(model="m", step="s", input_tokens=2**70 if number % 7 == 0 else number),
        e.CostPriced(cost=5, nanousd=number, prices="2026-01-01"),
        e.CheckpointSaved(checkpoint=new_ulid(), values={"k": "d"}, sizes={"k": 1}),
        e.MessageSent(sender="a", recipient="b", content=odd),
        e.ApprovalRequested(approval="q", question="Go?"),
        e.ArtifactMade(name="a", path="a.txt"),
        e.ItemChanged(row_number=2**70 if number % 9 == 0 else 1, status="failed", error=fault),
        e.MetricReported(name="score", value=number / 3),
        e.SnapshotTaken(name="plan", value=[odd]),
        e.RunMeta(meta={"k": None, "n": number}),
        e.StepFinished(step="s", status="failed", error=fault),
        e.RunFinished(status="failed" if number % 4 else "completed", error=fault),
    ]
    for seq, event in enumerate(found[: -1 if number % 11 == 0 else None], 1):
        event.seq, event.t = seq, f"2026-11-{1 + number % 20:02}T10:00:{seq:02}.{number:06}Z"
    return [event for event in found if event.seq]


def journals(folder: Path) -> dict[Path, list[bytes]]:
    """Lines by path: sound, unfinished, torn, damaged, with a hole, of another run, and empty ones."""
    found = {}
    for number in range(RUNS):
        run = new_ulid(1_790_000_000_000 + number * 3_600_000)
        bodies = [msgspec.json.encode(event).replace(b"LONE", b"\\ud800") for event in events_of(run, number)]
        lines = [e.seal(body) + b"\n" for body in bodies]
        if number % 13 == 1:
            lines[3] = lines[3].replace(b"said", b"SAID")
        elif number % 13 == 2:
            del lines[4]
        elif number % 13 == 3:
            lines[-1] = lines[-1][:-5]
        elif number % 13 == 4:
            lines[0] = e.encode(e.RunStarted(run=new_ulid(), workflow="other", seq=1, t="2026-11-20T10:00:00Z")) + b"\n"
        elif number % 13 == 5:
            lines = []
        found[Layout(folder).journal(run)] = lines
    return found


def grow(folder: Path, lines: dict[Path, list[bytes]]) -> None:
    """Writes them as agents do, while somebody looks."""
    for path in list(lines)[::6]:
        path.parent.mkdir(parents=True, exist_ok=True)
        Layout(folder).states(path.stem).write_bytes(b"what its checkpoints hold\n" * len(lines[path]))
    with flightlog.open(folder, storage="file") as store:
        for begin, end in ((0, 4), (4, 9), (9, None)):
            for path, some in lines.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("ab") as file:
                    file.write(b"".join(some[begin:end]))
            store.runs.totals()
        for path in list(lines)[::10]:
            said = Noted(run=path.stem, t="2026-11-22T10:00:00.000000Z", by="ana", text="look")
            annotations.append(Layout(folder).annotations, said)
        store.runs.totals()


def look(folder: Path) -> dict[str, list[Any]]:
    """All that an index holds but what is counted there: the numbers of changes and of rows."""
    with flightlog.open(folder, storage="file") as store:
        store.runs.totals()
    with closing(sqlite3.connect(folder / ".flightlog" / "index.db")) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for name in names:
            if name not in ("state", "folders") and not name.startswith(("log_words", "sqlite_", "worded")):
                rows = database.execute(f'SELECT * FROM "{name}"')
                columns = [column[0] for column in rows.description]
                left = {"revision"} | ({"id"} if name in ("metrics", "notes", "damage", "acts") else set())
                kept = [[value for at, value in zip(columns, row, strict=True) if at not in left] for row in rows]
                found[name] = sorted(kept, key=repr)
        return found


@pytest.fixture
def grown(tmp_path, monkeypatch) -> tuple[Path, dict[str, list[Any]]]:
    """A folder without an index, and what the index held that grew with it."""
    grow(tmp_path, journals(tmp_path))
    found = look(tmp_path)
    assert all(found[name] for name in ("runs", "steps", "items", "damage", "notes", "spreads", "checkpoints"))
    shutil.rmtree(tmp_path / ".flightlog")
    monkeypatch.setattr(files_index, "_BULK", 20)
    monkeypatch.setattr(taking_new, "_AT_ONCE", 10)
    monkeypatch.setattr(helper, "_PATIENCE_S", 100.0)  # it takes longer to start one where the machine is busy
    return tmp_path, found


def answered(monkeypatch: pytest.MonkeyPatch, then: Callable[[Helper], None] = lambda other: None, of=1) -> list[int]:
    """Has this process prepare nothing while another one lives; how many runs these prepared."""
    numbers, told, taken = [], Helper.told, Helpers.taken

    def noted(self, answer):
        done, found = told(self, answer)
        numbers.append(len(found.changes.new))
        then(self)
        return done, found

    monkeypatch.setattr(Helper, "told", noted)
    monkeypatch.setattr(Helpers, "taken", lambda self, parts, *, wait: taken(self, parts, wait=bool(self._living)))
    monkeypatch.setattr(taking_new, "how_many", lambda: of)
    return numbers


@pytest.mark.parametrize("others", [1, 3])
def test_by_several_as_it_grew(grown, monkeypatch, others):
    folder, found = grown
    numbers = answered(monkeypatch, of=others)
    assert look(folder) == found
    assert RUNS / 2 < sum(numbers) < RUNS


def test_by_one_as_it_grew(grown, monkeypatch):
    folder, found = grown
    monkeypatch.setattr(taking_new, "how_many", lambda: 0)
    monkeypatch.setattr(prepared, "BATCH_BYTES", 20_000)
    assert look(folder) == found


@pytest.mark.parametrize("others", [1, 2])
def test_one_of_the_others_may_be_killed(grown, monkeypatch, others):
    folder, found = grown
    killed: list[Helper] = []

    def kill(other: Helper) -> None:
        if not killed:
            killed.append(other)
            os.kill(other.pid, signal.SIGKILL)

    numbers = answered(monkeypatch, kill, of=others)
    assert look(folder) == found
    assert 0 < sum(numbers) < (RUNS / 2 if others == 1 else RUNS)


def test_a_program_that_python_is_only_a_part_of_is_not_started_again(monkeypatch):
    for program, some in (("/usr/bin/python3.12", True), ("/opt/agents/agents", False), ("", False), (None, False)):
        monkeypatch.setattr(helper.sys, "executable", program)
        monkeypatch.setattr(helper.os, "sched_getaffinity", lambda pid: range(64), raising=False)
        assert helper.how_many() == (3 if some else 0)


def test_one_that_says_nothing_is_not_waited_for(grown, monkeypatch):
    folder, found = grown
    monkeypatch.setattr(helper, "_PATIENCE_S", 0.5)
    monkeypatch.setattr(helper, "_MAIN", "import time; time.sleep(600)")
    numbers = answered(monkeypatch)
    assert look(folder) == found
    assert not numbers


@pytest.mark.skipif(helper.sys.platform != "linux", reason="elsewhere a pipe cannot be made to hold so much")
@pytest.mark.timeout(60)
def test_who_gives_them_work_does_not_stand_still_while_they_are_at_work(monkeypatch):
    monkeypatch.setattr(helper, "_MAIN", "import time; time.sleep(600)")
    path = "/data/" + "long/" * 20 + new_ulid()
    journals = [Journal(new_ulid(), f"{path}.jsonl", f"{path}.states.jsonl", path)] * taking_new._AT_ONCE
    with Helpers(1) as helpers:
        helpers.give(taking_new.Parts([journals, journals]))
        assert helpers.are_busy()


def test_of_runs_that_are_made_ready_few_are_in_memory_at_once(tmp_path, monkeypatch):
    (tmp_path / "runs").mkdir()
    found = []
    for number in range(300):
        run = new_ulid(1_790_000_000_000 + number)
        path = tmp_path / "runs" / f"{run}.jsonl"
        path.write_bytes(b"".join(e.encode(event) + b"\n" for event in events_of(run, number)))
        found.append(Journal(run, path, tmp_path / f"{run}.states.jsonl", path.name))
    apply, known = prepared.applied, list[ref[Any]]()
    most = 0

    def applied(*given: Any) -> Any:
        nonlocal most
        state = apply(*given)
        known.append(ref(state))
        most = max(most, sum(there() is not None for there in known))
        return state

    monkeypatch.setattr(prepared, "applied", applied)
    assert len(prepared.prepare(found).changes.new) == len(known) > 5 * AT_ONCE
    assert most <= 2 * AT_ONCE


def test_states_that_came_after_the_listing_are_counted(tmp_path):
    run = new_ulid(1_790_000_000_000)
    path, states = tmp_path / f"{run}.jsonl", tmp_path / f"{run}.states.jsonl"
    lines = [e.encode(event) + b"\n" for event in events_of(run, 1)]
    path.write_bytes(b"".join(lines))
    states.write_bytes(b"x" * 1000)
    journal = Journal(run, path, states, path.name, has_states=False)
    columns, (row,) = prepared.prepare([journal]).changes.kept["runs"]
    assert dict(zip(columns, row, strict=True))["size_bytes"] == sum(map(len, lines)) + 1000


def test_the_others_may_not_begin_at_all(grown, monkeypatch):
    folder, found = grown
    monkeypatch.setattr(taking_new, "how_many", lambda: 2)
    with monkeypatch.context() as patched:
        patched.setattr(helper.sys, "executable", "/nowhere/python")
        assert look(folder) == found
    shutil.rmtree(folder / ".flightlog")
    monkeypatch.setattr(helper, "_MAIN", "raise SystemExit(3)")
    assert look(folder) == found


def test_the_others_end_with_us_and_what_was_written_stays(grown, monkeypatch):
    folder, found = grown
    pids: list[int] = []

    def interrupt(other: Helper) -> None:
        pids.append(other.pid)
        if len(pids) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        answered(patched, interrupt, of=2)
        with pytest.raises(KeyboardInterrupt):
            look(folder)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert look(folder) == found
