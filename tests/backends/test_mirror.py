"""The mirror: a second copy that is fed after the first, never in its way, and made good whatever was missed."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import flightlog
import msgspec
import pytest
from flightlog.backends.mirror import feeder
from flightlog.core.annotations import Noted, Pinned
from flightlog.core.errors import Corrupt, ReadOnly, StorageError
from flightlog.core.events import decode, encode
from flightlog.core.metrics import Pattern
from flightlog.core.query.query import EVERYTHING

pytestmark = pytest.mark.usefixtures("patient_mirror")

MIXES = {
    "file": "{type: file}",
    "sqlite": "{type: sqlite}",
    "all in one": "{type: sqlite}, workflows: {type: sqlite}, metrics: {type: sqlite}",
}


@pytest.fixture(params=MIXES)
def data(request, tmp_path) -> Path:
    """A data directory with a mirror beside it."""
    return configured(tmp_path, MIXES[request.param])


def configured(tmp_path: Path, logs: str) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "flightlog.yaml").write_text(
        f"storage: {{logs: {logs}, mirror: {{type: file, path: {mirror_of(folder)}}}}}"
    )
    return folder


def mirror_of(data: Path) -> Path:
    return data.with_name("mirror")


@pytest.fixture
def quick(monkeypatch):
    """A mirror that failed is tried again at once."""
    monkeypatch.setattr(feeder, "_AGAIN_S", 0.05)


def until(condition, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def record(store, events: int = 5) -> str:
    """A run with some of everything."""
    with store.run("w", definition="a: 1", session="s") as run:
        with run.step("plan", input={"x": 1}) as step:
            for n in range(events):
                step.log("thinking \x1b[2J", n=n)
        run.checkpoint({"list": [1, 2], "blob": b"\x80\x04."})
        run.checkpoint({"list": [1, 2, 3]})
    return run.id


def everything(store) -> dict:
    """All that a store and its mirror have in common."""
    found: dict = {}
    for run in store.runs.query(EVERYTHING, limit=1000).items:
        found[run.id] = (
            msgspec.structs.replace(run, size_bytes=0),
            store.runs.events(run.id, limit=10_000),
            store.runs.notes(run.id).items,
            [store.checkpoints.state(point.id) for point in store.checkpoints.list(run.id)],
        )
    for workflow in store.workflows.list_all():
        metrics = store.metrics
        found[workflow.id] = [read(workflow.id) for read in (metrics.outcomes, metrics.trends, metrics.reported)]
        for version in store.workflows.list(workflow.id, deleted=True):
            whole = version if version.deleted else store.workflows.get(workflow.id, version.number)
            found[workflow.id, version.number] = whole
    return found


def same(data: Path) -> bool:
    """Whether the mirror says what its store says, opened without feeding it."""
    with flightlog.open(data, read_only=True) as store, flightlog.open(mirror_of(data), storage="file") as mirror:
        said, told = everything(store), everything(mirror)
        assert said.keys() == told.keys()
        for key, what in said.items():
            assert what == told[key]
        return True


def findings(store) -> list[str]:
    return [found.kind for found in store.upkeep.check() if found.kind.startswith("mirror")]


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


# --- never in the way ----------------------------------------------------------------------------------


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


def test_a_mirror_that_fails_hinders_nobody_is_told_and_made_good(data, quick, caplog):
    mirror_of(data).mkdir()
    (mirror_of(data) / "runs").write_text("a file where a folder is wanted")
    with flightlog.open(data) as store:
        run = record(store)
        watch = store.feed.watch(lambda: None)
        until(lambda: "the mirror is behind" in watch.problem)
        assert store.runs.get(run).status == "completed"
        assert "mirror-behind" in findings(store)
        assert "the mirror is behind" in caplog.text
        (mirror_of(data) / "runs").unlink()
        until(lambda: not watch.problem)
        watch.close()
    assert same(data)


def test_a_mirror_whose_folder_goes_is_not_made_anew_behind_a_persons_back(data, quick):
    with flightlog.open(data) as store:
        record(store)
        watch = store.feed.watch(lambda: None)
        journals = mirror_of(data) / "runs"
        until(lambda: any(b'"run.finished"' in path.read_bytes() for path in journals.rglob("*.jsonl")))
        until(lambda: (mirror_of(data) / "workflows" / "w" / "v0001.yaml").exists())
        mirror_of(data).rename(data.with_name("away"))
        record(store)
        until(lambda: "gone" in watch.problem)
        assert not mirror_of(data).exists()
        data.with_name("away").rename(mirror_of(data))
        until(lambda: not watch.problem)
        watch.close()
    assert same(data)


def test_where_no_mirror_can_be_the_place_is_named(tmp_path, quick):
    data = configured(tmp_path, "{type: file}")
    (data / "flightlog.yaml").write_text("storage: {logs: {type: file}, mirror: {type: file, path: no/such/mirror}}")
    with flightlog.open(data) as store:
        record(store)
        watch = store.feed.watch(lambda: None)
        until(lambda: "the folder of the mirror is gone" in watch.problem and "no/such/mirror" in watch.problem)
        watch.close()


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
from flightlog.backends.mirror import feeder
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


# --- what differs is named -----------------------------------------------------------------------------


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


# --- shown in the place of the store -------------------------------------------------------------------


def broken(data: Path) -> None:
    path = data / "flightlog.db"
    path.write_bytes(path.read_bytes()[:100] + os.urandom(3996) + path.read_bytes()[4096:])


def test_the_mirror_is_shown_read_only_when_the_database_is_damaged(tmp_path):
    data = configured(tmp_path, MIXES["all in one"])
    with flightlog.open(data) as store:
        run = record(store)
        expected = everything(store)
    broken(data)
    before = (data / "flightlog.db").read_bytes()
    with flightlog.open(data) as store:
        assert "damaged" in store.instead and str(mirror_of(data)) in store.instead
        assert store.read_only and everything(store) == expected
        watch = store.feed.watch(lambda: None)
        until(lambda: "mirror, read-only" in watch.problem)
        watch.close()
        for change in (
            lambda: store.runs.annotate(Pinned(run=run)),
            lambda: store.workflows.store("w", "a: 3"),
        ):
            with pytest.raises(ReadOnly):
                change()
        assert next(iter(store.upkeep.check())).kind == "damaged-database"
    assert (data / "flightlog.db").read_bytes() == before


def test_without_a_mirror_to_show_the_error_is_that_of_the_store(tmp_path):
    data = configured(tmp_path, MIXES["sqlite"])
    with flightlog.open(data) as store:
        record(store)
    broken(data)
    subprocess.run(["rm", "-r", mirror_of(data)], check=True)
    with flightlog.open(data) as store:
        assert store.instead == ""
        with pytest.raises(Corrupt, match=r"flightlog\.db"):
            store.runs.totals()


def test_what_is_recorded_while_the_database_is_damaged_waits_in_the_spool(tmp_path):
    data = configured(tmp_path, MIXES["sqlite"])
    with flightlog.open(data) as store:
        record(store)
    whole = (data / "flightlog.db").read_bytes()
    broken(data)
    with flightlog.open(data) as store:
        run = record(store)
        assert store.runs.totals().runs == 1
    (data / "flightlog.db").write_bytes(whole)
    with flightlog.open(data) as store:
        assert store.runs.get(run).status == "completed" and store.instead == ""
    assert same(data)


def test_the_mirror_is_shown_when_the_data_directory_is_gone(tmp_path):
    data = configured(tmp_path, MIXES["file"])
    config = tmp_path / "mine.yaml"
    (data / "flightlog.yaml").rename(config)
    with flightlog.open(data, config=config) as store:
        run = record(store)
    data.rename(tmp_path / "away")
    with flightlog.open(data, config=config, create=False) as store:
        assert "no data directory" in store.instead
        assert store.runs.get(run).status == "completed"
        with pytest.raises(ReadOnly):
            store.run("w")
    assert not data.exists()


def test_the_mirror_is_shown_to_who_has_no_rights_on_the_store(tmp_path):
    data = configured(tmp_path, MIXES["file"])
    with flightlog.open(data) as store:
        run = record(store)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(0o755)
    for path in (data, *mirror_of(data).rglob("*"), mirror_of(data)):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (data / "flightlog.yaml").chmod(0o644)
    (data / "runs").chmod(0o000)
    code = f"""
import os
os.environ["XDG_CACHE_HOME"] = "/nonexistent"
import flightlog
with flightlog.open({str(data)!r}, create=False) as store:
    print(store.instead)
    assert store.runs.get({run!r}).logs == 5
"""
    words = [sys.executable, "-c", code]
    if os.geteuid() == 0:
        words = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *words]
    done = subprocess.run(words, capture_output=True, text=True)
    (data / "runs").chmod(0o700)
    assert done.returncode == 0, done.stderr
    assert "cannot be opened" in done.stdout and "read-only" in done.stdout


def test_a_newer_database_is_shown_from_the_mirror_too(tmp_path):
    data = configured(tmp_path, MIXES["sqlite"])
    with flightlog.open(data) as store:
        run = record(store)
    with sqlite3.connect(data / "flightlog.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with flightlog.open(data) as store:
        assert "newer Flightlog" in store.instead
        assert store.runs.get(run).logs == 5


def test_a_store_without_a_mirror_opens_nothing_to_say_so(tmp_path):
    with flightlog.open(tmp_path) as store:
        assert store.instead == "" and not (tmp_path / "flightlog.db").exists()
    with pytest.raises(StorageError), flightlog.open(tmp_path / "none", create=False) as store:
        pass
