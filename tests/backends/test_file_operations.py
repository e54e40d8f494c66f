"""Operations in a data directory: a full disk, symlinks, damage, many processes, and what a look costs."""

import errno
import os
import shutil
import subprocess
import sys

import flightlog
import pytest
from flightlog.backends.journal import disk
from flightlog.backends.journal.layout import Layout
from flightlog.backends.operations.on_files import audit_lines
from flightlog.backends.operations.on_files.record import FileRecord
from flightlog.backends.operations.record import Elsewhere
from flightlog.backends.operations.reserve import of_index
from flightlog.core.annotations import Noted
from flightlog.core.clock import now
from flightlog.core.errors import Conflict
from flightlog.core.ids import new_ulid
from flightlog.core.operations import Chosen, Done, Order, new_order
from flightlog.core.pages import each
from flightlog.core.query.query import EVERYTHING
from flightlog.core.store import Store
from statements import executed


@pytest.fixture
def store(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as found:
        yield found


def record(store: Store, name: str = "n") -> str:
    with store.run("triage", name=name) as run:
        run.checkpoint({"a": name})
    return run.id


def ids(store: Store) -> set[str]:
    return {run.id for run in store.runs.query(EVERYTHING).items}


def trash(store: Store, *runs: str) -> tuple[str, list[Done]]:
    order = new_order(by="ana")
    return order.id, list(store.upkeep.trash(order, [Chosen(run=run) for run in runs]))


# --- a full disk -------------------------------------------------------------------------------------

FULL = """
import os, sys, tempfile, flightlog
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import EVERYTHING
root, uid = sys.argv[1], int(sys.argv[2])
if uid:
    # All is imported before, for what an ordinary user may not read may be where Python lies.
    with tempfile.TemporaryDirectory() as warm, flightlog.open(warm, storage="file") as store:
        store.run("triage").finish()
        list(store.upkeep.trash(new_order(), [Chosen(run=store.runs.query(EVERYTHING).items[0].id)]))
        list(store.upkeep.purge(new_order()))
    os.setgid(uid), os.setuid(uid)
store = flightlog.open(root, storage="file")
runs = []
for number in range(40):
    with store.run("triage", name=str(number)) as run:
        run.checkpoint({"a": "x" * 500})
    runs.append(run.id)
store.runs.totals()
fd = os.open(root + "/filler", os.O_WRONLY | os.O_CREAT)
for size in (65536, 4096, 512, 1):
    try:
        while True:
            os.write(fd, b"x" * size)
    except OSError:
        pass
found = list(store.upkeep.trash(new_order(), [Chosen(run=run) for run in runs[:30]]))
print(*{one.outcome + one.why for one in found})
lies = [one.run for one in store.upkeep.trashed(limit=100).items]
print(sorted(lies) == sorted(runs[:30]))
found = list(store.upkeep.purge(new_order()))
print(*{one.outcome + one.why for one in found}, len(found))
print(len(store.runs.query(EVERYTHING).items), store.upkeep.trashed().items)
"""


def in_small_disk(code: str, user: int) -> "subprocess.CompletedProcess[str]":
    """Runs Python with the path of a folder on a disk of 4 MB, which is there for it alone."""
    script = (
        f"mount -t tmpfs -o size=4m,mode=777 tmpfs /mnt && mkdir -m 777 /mnt/data && "
        f'exec {sys.executable} -c "$0" /mnt/data {user}'
    )
    command = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"]), "sh", "-c", script, code]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def can_mount() -> bool:
    return shutil.which("unshare") is not None and in_small_disk("print(1)", 0).stdout == "1\n"


@pytest.mark.parametrize("user", [0, 65534] if os.getuid() == 0 else [0])
def test_a_full_disk_is_no_hindrance_to_trash_and_purge(user):
    if not can_mount():
        return  # the faults that are injected tell the same (tests/faults/test_operation_kills.py)
    found = in_small_disk(FULL, user)
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines() == ["done", "True", "done 30", "10 []"]


# --- what may lie there --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["trash", "runs"])
def test_a_folder_that_is_a_symlink_is_refused_in_one_sentence(store, tmp_path, name):
    run = record(store)
    elsewhere = tmp_path / "elsewhere"
    place = tmp_path / "data" / name
    if place.exists():
        place.rename(elsewhere)
    else:
        elsewhere.mkdir()
    before = sorted(elsewhere.rglob("*"))
    place.symlink_to(elsewhere)
    _, (found,) = trash(store, run)
    assert found.outcome == "failed"
    assert "a symlink lies where a folder of the store should be" in found.why
    assert sorted(elsewhere.rglob("*")) == before


def test_a_damaged_line_of_the_record_hides_no_other(store, tmp_path):
    made = [trash(store, record(store))[0] for _ in range(3)]
    path = tmp_path / "data" / "audit.jsonl"
    lines = path.read_bytes().split(b"\n")
    at = next(n for n, line in enumerate(lines) if made[1].encode() in line and b'"type":"run"' in line)
    lines[at] = lines[at][:-20] + b"x" * 20
    path.write_bytes(b"\n".join(lines) + b'{"type":"torn')
    found = store.upkeep.operations().items
    assert [one.id for one in found] == made[::-1]
    assert [len(one.runs) for one in found] == [1, 0, 1]
    assert len(list(audit_lines.damaged(path))) == 1
    assert [one.kind for one in store.upkeep.check() if "record" in one.kind] == ["damaged-record"]
    again, _ = trash(store, record(store))
    assert [one.id for one in store.upkeep.operations().items] == [again, *made[::-1]]


def test_without_its_info_a_run_in_the_trash_is_told_from_its_files(store, tmp_path):
    run = record(store, "one")
    seen = store.runs.get(run)
    operation, _ = trash(store, run)
    (tmp_path / "data" / "trash" / operation / f"{run}.json").unlink()
    (told,) = store.upkeep.trashed().items
    assert (told.run, told.name, told.workflow, told.status) == (run, "one", "triage", "completed")
    assert (told.started, told.finished, told.operation) == (seen.started, seen.finished, operation)


def test_a_new_run_of_the_same_id_is_never_overwritten(store, tmp_path):
    run = record(store)
    operation, _ = trash(store, run)
    store.runs.totals()
    path = tmp_path / "data" / "runs" / next((tmp_path / "data" / "runs").iterdir()).name / f"{run}.jsonl"
    path.write_bytes(b"another\n")
    (found,) = store.upkeep.undo(new_order(), operation)
    assert (found.outcome, found.why) == ("skipped", "a run of this id is there again")
    assert path.read_bytes() == b"another\n"
    assert [one.run for one in store.upkeep.trashed().items] == [run]


def test_an_archive_stays_in_the_trash_while_another_run_of_its_id_is_there(store, tmp_path, monkeypatch):
    run, layout = record(store), Layout(tmp_path / "data")
    list(store.upkeep.archive(new_order(), [Chosen(run=run)]))
    operation, _ = trash(store, run)

    def link(*given, **options):
        # Somebody begins a run of this id in the moment before the archive is shown, which then fails.
        layout.journal(run).parent.mkdir(parents=True, exist_ok=True)
        layout.journal(run).write_bytes(b"another\n")
        raise OSError(errno.EIO, "the disk says no")

    monkeypatch.setattr(os, "link", link)
    (found,) = store.upkeep.undo(new_order(), operation)
    assert found.outcome == "failed" and "the disk says no" in found.why
    assert layout.journal(run).read_bytes() == b"another\n"
    assert (layout.trash / operation / f"{run}.flz").exists()


def test_a_live_run_is_never_overwritten_by_a_restored_one(store, tmp_path):
    run = record(store)
    list(store.upkeep.archive(new_order(), [Chosen(run=run)]))
    layout = Layout(tmp_path / "data")
    real, written = os.link, []

    def link(name, as_name, **options):
        # Somebody begins a run of this id in the moment before the journal is shown.
        if as_name == layout.journal(run).name and not written:
            layout.journal(run).write_bytes(b"another\n")
            written.append(as_name)
        return real(name, as_name, **options)

    os.link = link
    try:
        (found,) = store.upkeep.restore(new_order(), [run])
    finally:
        os.link = real
    assert written
    assert (found.outcome, "is there already" in found.why) == ("failed", True)
    assert layout.journal(run).read_bytes() == b"another\n"
    assert layout.archived(run).exists()


def test_what_is_packed_is_on_the_disk_before_the_original_goes(store, tmp_path, monkeypatch):
    run = record(store)
    layout, calls = Layout(tmp_path / "data"), []

    def watched(name):
        real = getattr(os, name)

        def call(*args, **options):
            what = args[0] if isinstance(args[0], str) else os.readlink(f"/proc/self/fd/{args[0]}")
            calls.append((name, what.removeprefix(f"{layout.root}/")))
            return real(*args, **options)

        monkeypatch.setattr(os, name, call)

    for name in ("fsync", "fdatasync", "link", "unlink", "pread"):
        watched(name)
    order = new_order()
    list(store.upkeep.archive(order, [Chosen(run=run)]))
    part, month = f".{order.id}-{run}.part", f"archive/{layout.archived(run).parent.name}"
    steps = [
        ("fdatasync", f"archive/{part}"),  # written
        ("pread", f"archive/{part}"),  # read back
        ("link", part),  # shown
        ("fsync", month),
        ("unlink", layout.journal(run).name),  # and only then
        ("unlink", layout.states(run).name),
    ]
    at = [calls.index(step) for step in steps]
    assert at == sorted(at), calls


def test_what_was_noted_of_a_new_run_of_the_same_id_outlives_the_old_one(store, tmp_path):
    run = record(store)
    files = {path: path.read_bytes() for path in (tmp_path / "data" / "runs").rglob(f"{run}*")}
    trash(store, run)
    for path, text in files.items():
        path.write_bytes(text[: text.rfind(b"\n", 0, -1) + 1])  # another one: its last line is missing
    store.runs.annotate(Noted(run=run, text="of the new one"))
    assert [one.outcome for one in store.upkeep.purge(new_order())] == ["done"]
    assert [note.text for note in store.runs.notes(run).items] == ["of the new one"]


def test_what_was_half_written_or_set_aside_of_a_run_is_purged_with_it(store, tmp_path):
    run = record(store)
    layout = Layout(tmp_path / "data")
    left = [
        layout.folder(run) / f".{run}.states.jsonl.new",
        layout.folder(run) / f".{run}.jsonl.mending",
        layout.torn(run),
        layout.quarantine / f"{run}.states.jsonl",
    ]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"PLANTED")
    trash(store, run)
    list(store.upkeep.purge(new_order()))
    assert not [path for path in layout.root.rglob("*") if path.is_file() and b"PLANTED" in path.read_bytes()]


# --- what it costs ---------------------------------------------------------------------------------------


def test_a_page_of_operations_costs_what_is_returned(tmp_path, monkeypatch):
    record = FileRecord(tmp_path / "audit.jsonl", of_index(tmp_path / "index.db"))
    monkeypatch.setattr(disk, "sync", lambda fd: None)
    costs = []
    for _ in range(2):
        for _ in range(400):
            with record.hold() as held:
                order = new_order()
                held.begin(order, "trash")
                held.end(order.id)
        read, real = [0], os.pread

        def pread(fd, length, offset, read=read, real=real):
            found = real(fd, length, offset)
            read[0] += len(found)
            return found

        monkeypatch.setattr(os, "pread", pread)
        assert len(record.operations(10, None).items) == 10
        monkeypatch.setattr(os, "pread", real)
        costs.append(read[0])
    assert costs[1] < costs[0] * 1.3
    assert len(list(each(lambda after: record.operations(7, after)))) == 800


def begun_after(path, carried: int, monkeypatch) -> int:
    """Bytes that are read to begin an operation in a record to which so many were just carried, 50 at a time."""
    record, first = FileRecord(path, of_index(path.with_name("index.db"))), new_order()
    old = [new_ulid(1_790_000_000_000 + number) for number in range(carried)]
    with record.hold() as held:
        held.begin(first, "trash")
        held.end(first.id)
    for begin in range(0, carried, 50):
        with record.hold() as held:
            for id in old[begin : begin + 50]:
                held.begin(Order(id=id), "trash", "", Elsewhere(now(), "a", True))
                held.end(id)
    read, real = [0], os.pread

    def pread(fd, length, offset):
        found = real(fd, length, offset)
        read[0] += len(found)
        return found

    with record.hold() as held:
        monkeypatch.setattr(os, "pread", pread)
        order = new_order()
        assert held.begin(order, "trash") == {}
        monkeypatch.setattr(os, "pread", real)
        held.end(order.id)
    # What lies behind them, and among them, is found all the same.
    assert record.operation(first.id).id == first.id and record.operation(old[carried // 2]).elsewhere == "a"
    for known in (first, Order(id=old[3])):
        with record.hold() as held, pytest.raises(Conflict):
            held.begin(known, "archive")
    assert len(list(each(lambda after: record.operations(700, after)))) == carried + 2
    return read[0]


def test_to_begin_an_operation_costs_the_same_however_many_were_carried(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "sync", lambda fd: None)
    few, many = (begun_after(tmp_path / f"{count}.jsonl", count, monkeypatch) for count in (300, 1500))
    assert many < few * 1.3, (few, many)


def test_the_folder_of_an_operation_is_listed_once_for_all_pages_of_the_trash(store, tmp_path, monkeypatch):
    runs = [record(store) for _ in range(30)]
    operation, _ = trash(store, *runs)
    folder = tmp_path / "data" / "trash" / operation
    os.utime(folder, (1e9, 1e9))
    listed, real = [], os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: listed.append(len(real(path))) or real(path))
    page = store.upkeep.trashed(limit=4)
    gone, came = page.items[0].run, [one.run for one in page.items]
    while page.next:
        page = store.upkeep.trashed(limit=4, after=page.next)
        came += [one.run for one in page.items]
    assert came == sorted(runs, reverse=True)
    assert sum(count > len(runs) for count in listed) == 1, listed
    page = store.upkeep.trashed(limit=4)
    folder.joinpath(f"{gone}.jsonl").unlink()  # what changes meanwhile is seen
    assert gone not in [one.run for one in store.upkeep.trashed(limit=4).items]


def test_which_of_many_runs_go_before_others_is_asked_for_all_of_them_at_once(store):
    parent = record(store)
    runs = [parent, *(store.run("triage", parent=parent).id for _ in range(19))]
    for run in runs[1:]:
        store.resume(run).finish()
    store.runs.totals()
    first = store.upkeep.trash(new_order(), [Chosen(run=run) for run in runs])
    with executed() as statements:
        assert next(first).run != parent
    assert sum("runs.parent IS NOT NULL" in one for one in statements) == 1
    assert len(statements) < 20, statements
    assert [one.run for one in first][-1] == parent


def test_an_order_may_be_gone_on_with_any_number_of_times(tmp_path):
    path, order, at, before = tmp_path / "audit.jsonl", new_order(), len(audit_lines.HEADER), 0
    times, run = sys.getrecursionlimit() + 50, new_ulid()
    with path.open("wb") as file:
        file.write(audit_lines.HEADER)
        for number in range(times):
            told = dict(id=order.id, t=now())
            lines = [
                audit_lines.Begun(**told, kind="trash", before=before, by=str(number)),
                audit_lines.Told(**told, run=run, act="trash", outcome="done" if number + 1 == times else "skipped"),
                audit_lines.Ended(**told, since=at, whole=True, done=int(number + 1 == times)),
            ]
            before, at = at, at + file.write(b"".join(map(audit_lines.encode, lines)))
    found = FileRecord(path, of_index(tmp_path / "index.db")).operation(order.id)
    assert (found.by, found.done) == ("0", 1)
    assert [(one.run, one.outcome) for one in found.runs] == [(run, "done")]


# --- many at once ------------------------------------------------------------------------------------------

WORKER = """
import sys, time, flightlog
from flightlog.core.errors import Locked
from flightlog.core.operations import Chosen, new_order
root, runs = sys.argv[1], sys.argv[2:]
with flightlog.open(root) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    until = time.monotonic() + 60
    while True:
        try:
            found = list(store.upkeep.trash(new_order(), [Chosen(run=run) for run in runs]))
            break
        except Locked as error:
            assert "works on this store" in str(error), error
            assert time.monotonic() < until
            time.sleep(0.01)
    print(*(one.run for one in found if one.outcome == "done"), flush=True)
"""


@pytest.mark.heavy
def test_eight_processes_at_once_do_each_run_once(store, tmp_path):
    runs = [record(store, str(number)) for number in range(20)]
    command = [sys.executable, "-c", WORKER, str(tmp_path / "data"), *runs]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(command, **pipes) for _ in range(8)]
    try:
        assert all(worker.stdout.readline() == "ready\n" for worker in workers)
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        done = [run for worker in workers for run in worker.communicate(timeout=120)[0].split()]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert sorted(done) == sorted(runs)
    assert not ids(store)
    assert sorted(one.run for one in store.upkeep.trashed(limit=100).items) == sorted(runs)


def test_a_writer_that_takes_a_run_up_wins_or_comes_too_late(store):
    run = store.run("triage")
    run.pause("later")
    writer = store.recording.resume(run.id)
    _, (found,) = trash(store, run.id)
    assert (found.outcome, found.why) == ("skipped", "somebody records into it")
    writer.close()


def test_notes_that_others_write_while_a_run_is_purged_stay(store, tmp_path):
    stays, gone = record(store, "stays"), record(store, "gone")
    for number in range(50):
        store.runs.annotate(Noted(run=gone if number % 2 else stays, text=f"PLANTED{number % 2} {number}"))
    trash(store, gone)
    list(store.upkeep.purge(Order(id=new_order().id)))
    store.runs.annotate(Noted(run=stays, text="later"))
    assert len(store.runs.notes(stays).items) == 26
    assert b"PLANTED1" not in (tmp_path / "data" / "annotations.jsonl").read_bytes()
    shutil.rmtree(tmp_path / "data" / ".flightlog")
    with flightlog.open(tmp_path / "data") as again:
        assert len(again.runs.notes(stays).items) == 26
        assert not again.runs.totals().damaged
