"""The mirror: a second copy that is fed after the first, never in its way, and made good whatever was missed."""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import flightlog
import msgspec
import pytest
from click.testing import CliRunner
from flightlog.backends.journal.layout import Layout
from flightlog.backends.journal.reader import LONGEST
from flightlog.backends.mirror import divergence, feeder
from flightlog.backends.mirror.follower import Follower
from flightlog.backends.replay.carrying import Carrier
from flightlog.core.annotations import Noted, Pinned
from flightlog.core.errors import ReadOnly, Stopped, StorageError
from flightlog.core.events import decode, encode, seal
from flightlog.core.metrics import Pattern
from flightlog.core.operations import Chosen, new_order
from flightlog.core.progress import Progress, telling
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.cli.bar import line
from flightlog.tui.cli.main import main
from mirrored import MIXES, configured, everything, findings, mirror_of, record, same, until

pytestmark = pytest.mark.usefixtures("patient_mirror")


@pytest.fixture(params=MIXES)
def data(request, tmp_path) -> Path:
    """A data directory with a mirror beside it."""
    return configured(tmp_path, MIXES[request.param])


def test_what_is_recorded_is_in_the_mirror_when_the_store_is_closed(data):
    with flightlog.open(data) as store:
        runs = [record(store) for _ in range(3)]
        store.runs.annotate(Pinned(run=runs[0]))
        store.runs.annotate(Noted(run=runs[1], text="\x1b]52;", by="b"))
        store.workflows.store("v", "b: 1", author="ana", note="n")
        store.workflows.store("v", "b: 2")
        store.workflows.delete("v", 1, force=True)
    assert same(data)
    with flightlog.open(data) as store:
        assert findings(store) == []
        assert len(everything(store)) == 3 + 2 + 1 + 2


def test_what_closing_waits_for_is_told_and_left_to_the_next_opening_by_who_is_stopped(tmp_path, monkeypatch):
    data = configured(tmp_path, MIXES["file"])
    may, came, progress = threading.Semaphore(0), threading.Event(), Progress()
    carry = Follower._carry

    def held(follower, run):
        came.set()
        assert may.acquire(timeout=60)
        return carry(follower, run)

    def close():
        with telling(progress):
            store.close()

    monkeypatch.setattr(Follower, "_carry", held)
    monkeypatch.setattr(feeder, "_RECORDED_S", 1000.0)  # so that only who is asked to stop comes to an end
    store = flightlog.open(data)
    record(store)
    assert came.wait(30)
    for _ in range(4):
        record(store)
    closing = threading.Thread(target=close)
    closing.start()
    until(lambda: (at := progress.look()) is not None and at.what == feeder.FEEDING and at.total == 1)
    may.release(3)  # the first one, and two of those that came since, which may be told of a second time
    until(lambda: (at := progress.look()) is not None and at.done == 2 and at.total in (4, 5))
    assert re.fullmatch(f"{feeder.FEEDING} [▇·]+ 2 of [45](, .+ left)?", line(progress.look(), told=str))
    progress.stop()
    closing.join(30)
    assert not closing.is_alive() and progress.look() is None
    may.release(1000)
    until(lambda: not any(thread.name == "flightlog-mirror" for thread in threading.enumerate()))
    with flightlog.open(data) as store:
        assert store.runs.totals().runs == 5
    assert same(data)


def test_what_doctor_carries_into_a_mirror_is_told_and_stopped_between_two_runs(tmp_path, monkeypatch):
    class Told(Progress):
        whats: list[str] = []

        def call(self, what):
            self.whats.append(what)
            if len(self.whats) == 2:
                self.stop()

    def there():
        journals = mirror_of(data).glob("runs/*/*.jsonl")
        return sum(path.stat().st_size > 0 for path in journals if ".states." not in path.name)

    data = configured(tmp_path, MIXES["file"])
    monkeypatch.setattr(divergence, "_PATIENCE_S", 0.0)
    with flightlog.open(data) as store:
        for _ in range(5):
            record(store)
    shutil.rmtree(mirror_of(data) / "runs")
    with flightlog.open(data) as store:
        (finding,) = [found for found in store.upkeep.check() if found.kind == "mirror-behind"]
        with pytest.raises(Stopped), telling(Told()):
            store.upkeep.repair(finding)
        assert Told.whats == [f"{feeder.FEEDING}, {number} of 5" for number in (1, 2)]
        assert there() == 1
        store.upkeep.repair(finding)
        assert there() == 5 and not findings(store)
    assert same(data)


def test_patterns_are_in_the_mirror(data):
    with flightlog.open(data) as store:
        run = record(store)
        for name in ("slow", "slow", "fast"):
            store.metrics.record_pattern(Pattern(workflow="w", name=name, description="d", evidence=(run,)))
        expected = store.metrics.patterns("w")
    with flightlog.open(mirror_of(data)) as mirror:
        assert mirror.metrics.patterns("w") == expected
        assert {pattern.name: pattern.count for pattern in expected} == {"slow": 2, "fast": 1}
    with flightlog.open(data) as store:
        store.metrics.record_pattern(Pattern(workflow="w", name="fast", description="d", evidence=(run,)))
    with flightlog.open(mirror_of(data)) as mirror:
        assert {found.name: found.count for found in mirror.metrics.patterns("w")} == {"slow": 2, "fast": 2}


def test_the_folder_of_a_mirror_is_read_only_until_it_is_made_a_store_of_its_own(data):
    """What is recorded or removed there would be nowhere else, and who feeds the mirror would not know it."""
    with flightlog.open(data) as store:
        run = record(store)
    folder = mirror_of(data)
    bookmark = folder / "mirror.json"
    said = f"this is the mirror of {data}, and read-only; to make it a store of its own delete {bookmark}"
    before = {path: path.read_bytes() for path in folder.rglob("*.json*")}
    with flightlog.open(folder) as mirror:
        assert mirror.runs.get(run).status == "completed" and mirror.instead == said and mirror.read_only
        watch = mirror.feed.watch(lambda: None)
        assert watch.problem == said
        watch.close()
        changes = (
            lambda: mirror.run("w"),
            lambda: mirror.runs.annotate(Noted(run=run, text="x")),
            lambda: list(mirror.upkeep.trash(new_order(), [Chosen(run=run)])),
            lambda: mirror.workflows.store("w", "steps: []"),
        )
        for change in changes:
            with pytest.raises(ReadOnly) as told:
                change()
            assert str(told.value) == said
    for words in (("rm", run, "--yes"), ("pin", run), ("retain", "--auto")):
        done = CliRunner().invoke(main, [*words, "--data", str(folder)])
        assert done.exit_code == 1 and said in done.stderr, done.output
    shown = CliRunner().invoke(main, ["ls", "--data", str(folder)])
    assert shown.exit_code == 0 and said in shown.stderr and run in shown.stdout
    assert {path: path.read_bytes() for path in folder.rglob("*.json*")} == before
    bookmark.unlink()
    with flightlog.open(folder) as own:
        own.run("w").finish()
        assert own.runs.count(EVERYTHING) == 2 and not own.read_only


def test_a_running_run_is_in_the_mirror_soon(data):
    with flightlog.open(data) as store, store.run("w") as run:
        for n in range(3):
            run.log("x", n=n)
            until(lambda n=n: f'"n":{n}'.encode() in b"".join(map(Path.read_bytes, mirror_of(data).rglob("*.jsonl"))))


def test_what_was_recorded_while_nobody_fed_it_is_made_good_at_the_next_opening(data):
    with flightlog.open(data) as store:
        record(store)
    before = (data / "flightlog.yaml").read_text()
    (data / "flightlog.yaml").write_text(before.split(", mirror")[0] + "}")
    with flightlog.open(data) as store:
        run = record(store)
        store.runs.annotate(Pinned(run=run))
    (data / "flightlog.yaml").write_text(before)
    with flightlog.open(data) as store:
        assert store.runs.totals().runs == 2
    assert same(data)


def test_a_mirror_that_was_removed_is_made_anew(data):
    with flightlog.open(data) as store:
        record(store)
        store.runs.annotate(Pinned(run=record(store)))
    subprocess.run(["rm", "-r", mirror_of(data)], check=True)
    with flightlog.open(data) as store:
        record(store)
    assert same(data)


def test_an_index_that_was_removed_costs_a_look_and_carries_nothing_twice(tmp_path):
    data = configured(tmp_path, MIXES["file"])
    with flightlog.open(data) as store:
        store.runs.annotate(Pinned(run=record(store)))
    before = {path: path.read_bytes() for path in mirror_of(data).rglob("*.jsonl")}
    subprocess.run(["rm", "-r", data / ".flightlog"], check=True)
    with flightlog.open(data) as store:
        store.runs.totals()
    assert before == {path: path.read_bytes() for path in mirror_of(data).rglob("*.jsonl")}


def test_a_bookmark_that_is_damaged_carries_nothing_twice(data):
    with flightlog.open(data) as store:
        store.runs.annotate(Pinned(run=record(store)))
    before = {path: path.read_bytes() for path in mirror_of(data).rglob("*.jsonl")}
    (mirror_of(data) / "mirror.json").write_bytes(b'{"format":1,"first":"\xff')
    with flightlog.open(data) as store:
        store.runs.totals()
    assert before == {path: path.read_bytes() for path in mirror_of(data).rglob("*.jsonl")}
    assert same(data)


def test_a_run_is_not_lost_in_the_mirror_while_its_writer_lives(data):
    code = f"""
import flightlog, sys
store = flightlog.open({str(data)!r})
print(store.run("w").id, flush=True)
sys.stdin.read()
"""
    agent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    run = agent.stdout.readline().strip()
    until(lambda: list(mirror_of(data).rglob(f"{run}.jsonl")))
    with flightlog.open(mirror_of(data), read_only=True) as mirror:
        assert mirror.runs.get(run).status == "running"
        agent.kill()
        agent.communicate()
        until(lambda: mirror.runs.get(run).status == "lost")


def test_an_agents_call_writes_what_it_writes_without_a_mirror(tmp_path, monkeypatch):
    """Counted: every write, open and sync of the thread that records."""
    calls: dict[int, list[str]] = {}
    for name in ("write", "open", "fsync", "fdatasync", "ftruncate", "pread", "rename", "replace", "unlink"):

        def counted(*args, real=getattr(os, name), name=name, **options):
            calls.setdefault(threading.get_ident(), []).append(name)
            return real(*args, **options)

        monkeypatch.setattr(os, name, counted)
    found = []
    for folder, text in (("plain", "{type: sqlite}"), ("mirrored", "{type: sqlite}, mirror: {type: file}")):
        place = tmp_path / folder
        place.mkdir()
        (place / "flightlog.yaml").write_text(f"storage: {{logs: {text}}}")
        with flightlog.open(place) as store:
            calls.clear()
            record(store, events=50)
            found.append(list(calls[threading.get_ident()]))
    assert found[0] == found[1]
    assert found[0].count("write") > 50


def test_one_feeds_and_another_takes_over(data):
    """Two stores, as two processes: the kernel's lock says whose turn it is."""
    one, two = flightlog.open(data), flightlog.open(data)
    first = record(one)
    until(lambda: list(mirror_of(data).rglob(f"{first}.jsonl")))
    run = two.run("w")
    one.close()
    run.log("alone")
    until(lambda: any(b"alone" in path.read_bytes() for path in mirror_of(data).rglob("*.jsonl")))
    run.finish()
    two.close()
    assert same(data)


def test_who_records_while_another_feeds_does_not_wait_for_the_end_of_that(data):
    with flightlog.open(data) as one:
        first = record(one)
        until(lambda: list(mirror_of(data).rglob(f"{first}.jsonl")))
        with flightlog.open(data) as two:
            run = record(two)
            begun = time.monotonic()
        assert time.monotonic() - begun < 30  # and not the minute that it would wait for a mirror of its own
        until(lambda: any(b"run.finished" in path.read_bytes() for path in mirror_of(data).rglob(f"{run}.jsonl")))
    assert same(data)


def test_a_forked_child_feeds_what_it_records(tmp_path):
    data = configured(tmp_path, MIXES["sqlite"])
    code = f"""
import os, flightlog
from flightlog.backends.replay.carrying import Carrier
from flightlog.backends.journal.layout import Layout
from flightlog.backends.journal.reader import LONGEST
from flightlog.backends.mirror import divergence, feeder
from flightlog.backends.mirror.follower import Follower
feeder._RECORDED_S = 60.0
store = flightlog.open({str(data)!r})
with store.run("w") as run:
    run.log("parent")
child = os.fork()
if child == 0:
    with store.run("w") as run:
        run.log("child")
    store.close()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
store.close()
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert same(data)
    with flightlog.open(mirror_of(data)) as mirror:
        assert mirror.runs.totals().runs == 2


def test_a_look_at_what_is_new_does_not_read_what_is_old(data, bytes_read):
    """Bytes read in the mirror's journals, when one event comes, of a run that has few and many."""
    counted = []
    for events in (2000, 8000):
        with flightlog.open(data) as store:
            run = store.run("w")
            for n in range(events):
                run.log("x" * 100, n=n)
            store.runs.totals()
        with flightlog.open(data) as store:
            store.runs.totals()
            bytes_read.clear()
            run.log("one more")
        counted.append(sum(bytes_read))
        run.finish()
    assert counted[1] < counted[0] + 200_000  # the run has 800,000 bytes more


def test_doctor_names_what_differs(data):
    with flightlog.open(data) as store:
        one, two, three = (record(store) for _ in range(3))
        store.runs.annotate(Pinned(run=one))
    journals = {path.name.split(".")[0]: path for path in mirror_of(data).rglob("*.jsonl") if "states" not in path.name}
    lines = journals[one].read_bytes().splitlines(keepends=True)
    journals[one].write_bytes(b"".join(lines[:-2]))
    lines = journals[two].read_bytes().splitlines(keepends=True)
    other = msgspec.structs.replace(decode(lines[-1][:-1]), status="cancelled")
    journals[two].write_bytes(b"".join(lines[:-1]) + encode(other) + b"\n")
    alone = journals[three].with_name(f"{two[:-4]}zzzz.jsonl")
    alone.write_bytes(journals[three].read_bytes())
    (mirror_of(data) / "annotations.jsonl").unlink()
    with flightlog.open(data, read_only=True) as store:
        told = [found for found in store.upkeep.check() if found.kind.startswith("mirror")]
    assert sorted(found.kind for found in told) == ["mirror-alone", "mirror-behind", "mirror-behind", "mirror-differs"]
    assert any(one in found.what for found in told) and any(two in found.what for found in told)
    alone.unlink()
    (mirror_of(data) / "mirror.json").unlink()
    with flightlog.open(data) as store:
        assert findings(store) == ["mirror-differs"]


def test_states_that_are_dropped_are_dropped_in_the_mirror(data):
    with flightlog.open(data) as store:
        with store.run("w") as run:
            secret = run.checkpoint({"text": "a planted string " * 10})
            kept = run.checkpoint({"other": [1, 2, 3]})
        store.runs.totals()
    with flightlog.open(data) as store:
        assert store.upkeep.drop_states(run.id, [kept]).values == 1
    assert not any(b"a planted string" in path.read_bytes() for path in mirror_of(data).rglob("*") if path.is_file())
    with flightlog.open(mirror_of(data)) as mirror:
        assert mirror.checkpoints.state(kept) == {"other": [1, 2, 3]}
        with pytest.raises(StorageError):
            mirror.checkpoints.state(secret)


@pytest.mark.parametrize("last", ["of a newer format", "longer than may be held"])
def test_how_far_a_run_was_carried_is_told_by_its_newest_event_whatever_that_is(tmp_path, last):
    with flightlog.open(tmp_path / "data", storage="file") as store, store.run("w") as run:
        run.log("one")
    layout = Layout(tmp_path / "data")
    facts = {"of a newer format": b'"later":1', "longer than may be held": b'"message":"' + b"x" * LONGEST + b'"'}
    with layout.journal(run.id).open("ab") as file:
        file.write(seal(b'{"type":"%s","seq":4,%s}' % (b"future" if "newer" in last else b"log", facts[last])) + b"\n")
    with closing(Carrier(None, layout)) as carrier:  # type: ignore[arg-type]
        assert carrier.written(run.id) == 4
