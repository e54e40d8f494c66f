"""The index costs what is new: files looked at and bytes read are counted, not timed."""

import os
import shutil
import time
from collections import Counter
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.files.index import Index
from flightlog.backends.journal.layout import Layout
from flightlog.core import events as e
from flightlog.core.annotations import Noted, Pinned
from flightlog.core.errors import StorageError
from flightlog.core.ids import day_of, new_ulid
from flightlog.core.query.query import EVERYTHING

DAY_MS = 86_400_000


def record(folder: Path, number: int, *, days: int = 20, logs: int = 2) -> list[str]:
    """Finished runs, spread over days; returns their ids."""
    runs = []
    for n in range(number):
        run = new_ulid(1_790_000_000_000 + n % days * DAY_MS + n)
        path = Layout(folder).journal(run)
        path.parent.mkdir(parents=True, exist_ok=True)
        t = "2026-11-20T10:00:00.000000Z"
        events = [e.RunStarted(seq=1, t=t, run=run, workflow="w")]
        events += [e.Logged(seq=seq + 2, t=t, level="INFO", message="x") for seq in range(logs)]
        events.append(e.RunFinished(seq=logs + 2, t=t, status="completed"))
        path.write_bytes(b"".join(e.encode(event) + b"\n" for event in events))
        runs.append(run)
    return runs


class Counting:
    """Counts system calls on journals and folders of one data directory, and the bytes read from journals."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: Counter[str] = Counter()
        self.bytes = 0
        self._folder, self._names = str(folder), {}
        for name in ("stat", "scandir", "open", "pread"):
            monkeypatch.setattr(os, name, self._counted(name, getattr(os, name)))

    def _counted(self, name, real):
        def call(first, *args, **options):
            found = real(first, *args, **options)
            if name == "pread":
                self.bytes += len(found)
            elif not isinstance(first, int) and str(first).startswith(self._folder) and ".flightlog" not in str(first):
                self.calls[f"{name} {'journal' if str(first).endswith('.jsonl') else 'folder'}"] += 1
            return found

        return call

    def taken(self) -> tuple[dict[str, int], int]:
        """What was counted since the last call."""
        found = (dict(self.calls), self.bytes)
        self.calls.clear()
        self.bytes = 0
        return found


@pytest.fixture
def old_folders():
    """Makes folder times old, as they are when nobody has recorded for a while."""

    def make(folder: Path) -> None:
        for path in [folder / "runs", *(folder / "runs").iterdir()]:
            os.utime(path, (1_790_000_000, 1_790_000_000))

    return make


def test_a_second_opening_of_2000_finished_runs_looks_at_folders_only(tmp_path, monkeypatch, old_folders):
    record(tmp_path, 2000)
    old_folders(tmp_path)
    with flightlog.open(tmp_path) as store:
        assert store.runs.totals().runs == 2000
    counting = Counting(tmp_path, monkeypatch)
    with flightlog.open(tmp_path) as store:
        counting.taken()
        assert store.runs.totals().runs == 2000
        calls, read = counting.taken()
    assert read == 0
    assert sum(calls.get(f"{name} journal", 0) for name in ("open", "scandir")) == 0
    assert calls.get("stat journal", 0) <= 1  # annotations.jsonl
    assert 0 < calls["stat folder"] <= 20 + 5 and calls.get("scandir folder", 0) == 0


def test_one_new_event_reads_only_its_own_bytes(tmp_path, monkeypatch, old_folders):
    record(tmp_path, 300)
    old_folders(tmp_path)
    with flightlog.open(tmp_path) as store:
        run = store.run("w")
        for n in range(1000):
            run.log(f"{n} " + "x" * 100)
        store.runs.totals()
        time.sleep(0.15)
        store.runs.totals()
        counting = Counting(tmp_path, monkeypatch)
        path = Layout(tmp_path).journal(run.id)
        before = path.stat().st_size
        run.log("one more")
        grown = path.stat().st_size - before
        counting.taken()
        assert store.runs.get(run.id).logs == 1001
        calls, read = counting.taken()
        assert read == grown + 1  # and the end of the line before
        assert calls["open journal"] <= 2 and calls.get("scandir folder", 0) == 0
        run.finish()


def test_a_new_run_lists_one_folder_and_reads_one_journal(tmp_path, monkeypatch, old_folders):
    record(tmp_path, 300)
    old_folders(tmp_path)
    with flightlog.open(tmp_path) as store:
        with store.run("w"):
            pass
        store.runs.totals()
        time.sleep(0.15)
        store.runs.totals()
        counting = Counting(tmp_path, monkeypatch)
        with store.run("w"):
            pass
        counting.taken()
        assert store.runs.totals().runs == 302
        calls, _ = counting.taken()
    assert calls["open journal"] == 1 and calls["scandir folder"] == 1


def test_the_index_may_be_deleted_at_any_time(tmp_path):
    runs = record(tmp_path, 50)
    with flightlog.open(tmp_path) as store:
        store.runs.annotate(Pinned(run=runs[3]))
        store.runs.annotate(Noted(run=runs[4], text="hello"))
        before = ([store.runs.get(run) for run in runs], store.runs.totals(), store.runs.notes(runs[4]).items)
    shutil.rmtree(tmp_path / ".flightlog")
    with flightlog.open(tmp_path) as store:
        assert ([store.runs.get(run) for run in runs], store.runs.totals(), store.runs.notes(runs[4]).items) == before


def test_a_damaged_index_is_made_anew(tmp_path):
    runs = record(tmp_path, 20)
    with flightlog.open(tmp_path) as store:
        assert store.runs.totals().runs == 20
    index = tmp_path / ".flightlog" / "index.db"
    index.write_bytes(b"\0" * 100 + os.urandom(5000))
    with flightlog.open(tmp_path) as store:
        assert store.runs.totals().runs == 20 and store.runs.get(runs[0]).logs == 2


def test_removed_days_and_runs_are_forgotten(tmp_path):
    runs = record(tmp_path, 40)
    with flightlog.open(tmp_path) as store:
        assert store.runs.totals().runs == 40
        gone = day_of(runs[0])
        shutil.rmtree(tmp_path / "runs" / gone)
        left = [run for run in runs if day_of(run) != gone]
        assert {run.id for run in store.runs.query(EVERYTHING).items} == set(left)
        Layout(tmp_path).journal(left[0]).unlink()
        assert store.runs.totals().runs == len(left) - 1
        shutil.rmtree(tmp_path / "runs")
        assert store.runs.totals().runs == 0


def test_a_data_directory_that_is_gone_is_an_error_and_comes_back(tmp_path):
    data, away = tmp_path / "data", tmp_path / "away"
    data.mkdir()
    record(data, 30)
    with flightlog.open(data) as store:
        assert store.runs.totals().runs == 30
        data.rename(away)
        for _ in range(3):
            with pytest.raises(StorageError, match="gone"):
                store.runs.totals()
        data.mkdir()
        with pytest.raises(StorageError, match="another folder"):
            store.runs.totals()
        data.rmdir()
        away.rename(data)
        assert store.runs.totals().runs == 30
        cursor = store.feed.cursor()
        assert store.feed.changes(0).removed == () and store.feed.changes(cursor).changed == ()


def test_annotations_are_read_by_offset_and_again_when_the_file_is_another(tmp_path, monkeypatch):
    runs = record(tmp_path, 5)
    with flightlog.open(tmp_path) as store:
        for n in range(50):
            store.runs.annotate(Noted(run=runs[0], text=f"{n}"))
        assert store.runs.get(runs[0]).notes == 50
        counting = Counting(tmp_path, monkeypatch)
        size = (tmp_path / "annotations.jsonl").stat().st_size
        store.runs.annotate(Noted(run=runs[1], text="one more"))
        grown = (tmp_path / "annotations.jsonl").stat().st_size - size
        counting.taken()
        assert store.runs.get(runs[1]).notes == 1
        assert counting.taken()[1] == grown
        lines = (tmp_path / "annotations.jsonl").read_bytes().splitlines(True)
        (tmp_path / "new").write_bytes(b"".join(lines[:3]) + b"damaged\n" + lines[-1])
        (tmp_path / "new").rename(tmp_path / "annotations.jsonl")
        assert (store.runs.get(runs[0]).notes, store.runs.get(runs[1]).notes) == (2, 1)
        assert ["annotations.jsonl" in damage.where for damage in store.runs.damage().items] == [True]


def test_the_index_lies_in_the_cache_where_the_directory_is_not_ours_to_write(tmp_path, monkeypatch):
    record(tmp_path / "data", 3)
    files = sorted(path.name for path in (tmp_path / "data").rglob("*"))
    with flightlog.open(tmp_path / "data", read_only=True) as store:
        assert store.runs.totals().runs == 3
    assert sorted(path.name for path in (tmp_path / "data").rglob("*")) == files
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    with flightlog.open(tmp_path / "data") as store:
        assert store.runs.totals().runs == 3
    assert not (tmp_path / "data" / ".flightlog").exists()


def test_the_index_is_kept_in_memory_where_nothing_can_be_written(tmp_path, monkeypatch):
    record(tmp_path / "data", 3)
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    with flightlog.open(tmp_path / "data", read_only=True) as store:
        assert store.runs.totals().runs == 3


def test_a_run_whose_own_id_is_old_is_found(tmp_path):
    record(tmp_path, 10)
    with flightlog.open(tmp_path) as store:
        assert store.runs.totals().runs == 10
        old = store.run("w", id=new_ulid(1_790_000_000_000))
        assert store.runs.get(old.id).status == "running"
        old.finish()
        assert store.runs.get(old.id).status == "completed"


def test_changes_within_one_tick_of_the_folders_clock_are_seen(tmp_path):
    with flightlog.open(tmp_path, storage="file") as store:
        for n in range(100):
            with store.run("w"):
                pass
            assert store.runs.totals().runs == n + 1


# --- bodies ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def huge(tmp_path_factory):
    """A journal of 64 MB with 1 kB lines, in a store that has read it."""
    folder = tmp_path_factory.mktemp("huge")
    run = new_ulid()
    path = Layout(folder).journal(run)
    path.parent.mkdir(parents=True)
    t = "2026-11-20T10:00:00.000000Z"
    with path.open("wb") as file:
        file.write(e.encode(e.RunStarted(seq=1, t=t, run=run, workflow="w")) + b"\n")
        for seq in range(2, 64_002):
            level = "ERROR" if seq % 1000 == 0 else "INFO"
            file.write(e.encode(e.Logged(seq=seq, t=t, level=level, message=f"{seq} " + "x" * 900)) + b"\n")
    with flightlog.open(folder) as store:
        store.runs.totals()
    return folder, run


def test_a_page_of_a_log_costs_what_it_shows_wherever_it_is(huge, monkeypatch):
    folder, run = huge
    with flightlog.open(folder) as store:
        store.runs.totals()
        counting = Counting(folder, monkeypatch)
        asked = {
            "last": lambda: store.logs.query(run, limit=100),
            "before": lambda: store.logs.query(run, limit=100, before=30_000),
            "after": lambda: store.logs.query(run, limit=100, after=50_000),
            "one": lambda: [store.runs.event(run, 41_234)],
        }
        for name, ask in asked.items():
            counting.taken()
            page = ask()
            _, read = counting.taken()
            assert len(page) == (1 if name == "one" else 100)
            assert read < 3 << 20, (name, read)
        assert store.logs.query(run, limit=2)[-1].message.startswith("64001 ")
        assert store.logs.query(run, limit=2, before=30_000)[-1].message.startswith("29999 ")
        assert store.logs.query(run, limit=2, after=50_000)[0].message.startswith("50001 ")
        counting.taken()
        store.logs.query(run, limit=100)
        assert counting.taken()[1] < 1 << 20


def test_many_events_are_picked_in_one_pass_over_what_lies_between(huge, monkeypatch):
    folder, run = huge
    with flightlog.open(folder) as store:
        store.runs.totals()
        counting = Counting(folder, monkeypatch)
        # 4 MB lie between the near ones; of what lies between the far ones most is passed over.
        for seqs in (range(30_000, 34_000, 20), [2, 31_337, 64_001]):
            counting.taken()
            found = store.runs.some_events(run, seqs)
            calls, read = counting.taken()
            assert sorted(found) == [*seqs] and all(event.seq == seq for seq, event in found.items())
            assert read < 6 << 20 and calls.get("open journal", 0) <= 8, (read, calls)


def test_marks_lead_to_every_event(huge):
    folder, run = huge
    with flightlog.open(folder) as store:
        for seq in (1, 2, 999, 1000, 1001, 31_337, 64_000, 64_001):
            assert store.runs.event(run, seq).seq == seq


def test_a_day_in_which_nothing_changed_costs_a_stat_and_no_path(tmp_path, monkeypatch, old_folders):
    record(tmp_path, 300, days=300)
    old_folders(tmp_path)
    with flightlog.open(tmp_path) as store:
        store.runs.totals()
        made, real = [], Layout.runs
        monkeypatch.setattr(Layout, "runs", property(lambda layout: (made.append(1), real.fget(layout))[1]))
        counting = Counting(tmp_path, monkeypatch)
        store.runs.totals()
        calls, _ = counting.taken()
        assert calls["stat folder"] >= 300
        assert len(made) < 10


def test_questions_of_one_moment_cost_one_look(tmp_path, monkeypatch):
    record(tmp_path, 40)
    looks, real = [], Index.look
    monkeypatch.setattr(Index, "look", lambda index: (looks.append(1), real(index))[1])
    with flightlog.open(tmp_path, storage="file") as store:
        going = store.run("w")
        since = store.feed.cursor()
        going.log("news")
        looks.clear()
        with store.moment():
            assert store.feed.changes(since).changed == (going.id,)
            assert store.runs.totals().runs == 41
            assert store.runs.query(EVERYTHING).items[0].logs == 1
        assert len(looks) == 1
        store.runs.totals()
        store.runs.query(EVERYTHING)
        assert len(looks) == 3
        going.finish()
