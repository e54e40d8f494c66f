"""Data directories and databases that are damaged, newer, full, read-only, gone or huge: said, and survived."""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.backends.journal.layout import Layout
from flightlog.core import events as e
from flightlog.core.ids import new_ulid
from flightlog.tui.cli.main import main
from pty_terminal import FLIGHTLOG, terminal

STORAGES = ["file", "sqlite"]


def filled(folder, storage, runs=20):
    with flightlog.open(folder, storage=storage) as store:
        for n in range(runs):
            with store.run("triage", name=f"inbox-{n:02}") as run:
                for line in range(20):
                    run.log("hello " * 20, line=line)
    return folder


def call(*words, before=(), **environment):
    """Exit code, stdout and stderr of a verb; in a process of its own where something stands before it."""
    words = [str(word) for word in words]
    if not before:
        result = CliRunner(env=environment).invoke(main, words)
        crash = "" if result.exception is None or isinstance(result.exception, SystemExit) else "Traceback"
        return result.exit_code, result.stdout, result.stderr + crash
    done = subprocess.run([*before, *FLIGHTLOG, *words], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def is_sentence(text):
    return text.startswith("flightlog: ") and text.count("\n") == 1 and "Traceback" not in text


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- databases ------------------------------------------------------------------------------------


def heavy(*cases):
    return [pytest.param(case, marks=pytest.mark.heavy) for case in cases]


def newer(path):
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()


def header_gone(path):
    with path.open("r+b") as file:
        file.write(os.urandom(200))


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def pages_gone(path):
    with path.open("r+b") as file:
        for page in range(3, path.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xde\xad" * 512)


def another_program(path):
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE theirs (a)")
    database.close()


@pytest.mark.parametrize(
    "damage",
    [newer, *heavy(another_program, header_gone, cut, pages_gone)],
)
def test_a_database_that_cannot_be_read_is_named_and_never_touched(tmp_path, damage):
    data = filled(tmp_path / "data", "sqlite")
    path = data / "flightlog.db"
    damage(path)
    before = digest(path)
    for words in (["ls"], ["show", "inbox-01"], ["costs"], ["pin", "inbox-01"], ["search", "hello"]):
        code, out, err = call(*words, "--data", data)
        assert code == 1 and is_sentence(err) and str(path) in err, (words, code, out, err)
        assert digest(path) == before, words
    code, out, err = call("doctor", "--data", data)
    assert code in (1, 3) and "Traceback" not in err and str(path) in out + err
    assert digest(path) == before
    with terminal(data, columns=300, rows=36) as t:  # wide, so that no line end falls into the path
        t.until("flightlog.db")
        t.press("q")
        assert t.ended() == 0 and t.is_sane()
    assert digest(path) == before


def test_recording_beside_a_damaged_database_loses_nothing(tmp_path):
    data = filled(tmp_path / "data", "sqlite", runs=2)
    good = (data / "flightlog.db").read_bytes()
    header_gone(data / "flightlog.db")
    with flightlog.open(data) as store, store.run("triage", name="meanwhile"):
        pass
    (data / "flightlog.db").write_bytes(good)
    code, out, _ = call("ls", "--data", data)
    assert code == 0 and "meanwhile" in out and "inbox-01" in out


@pytest.mark.parametrize("damage", [header_gone, cut, pages_gone, another_program])
def test_a_damaged_index_is_remade_from_the_journals(tmp_path, damage):
    data = filled(tmp_path / "data", "file")
    assert call("ls", "--data", data)[0] == 0
    damage(data / ".flightlog" / "index.db")
    code, out, err = call("ls", "--limit", "50", "--data", data)
    if code != 0:  # damage that is met in the middle is said; the next look makes the index anew
        assert is_sentence(err)
        code, out, err = call("ls", "--limit", "50", "--data", data)
    assert code == 0 and out.count("inbox-") == 20, (code, out, err)
    assert call("search", "hello", "--data", data)[0] == 0


# --- places ---------------------------------------------------------------------------------------


def test_a_data_directory_that_is_not_there(tmp_path):
    for words in (["ls"], ["doctor"], ["show", "x"]):
        code, out, err = call(*words, "--data", tmp_path / "nothing")
        assert code == 1 and is_sentence(err) and not out
    assert not (tmp_path / "nothing").exists()
    with terminal(tmp_path / "nothing") as t:
        t.until("no data directory")
        t.press("q")
        assert t.ended() == 0
    assert not (tmp_path / "nothing").exists()


def test_a_data_directory_that_is_a_file_a_pipe_or_a_loop(tmp_path):
    (tmp_path / "file").write_text("hello")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "empty").write_bytes(b"")
    for name in ("file", "pipe", "loop", "empty", "file/below", "a" * 300, "/dev/null", "/proc/self/mem"):
        code, _, err = call("ls", "--data", tmp_path / name)
        assert code in (1, 2) and is_sentence(err), (name, code, err)


PLAIN = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
"""Runs a program as somebody whom modes stop, which root is not."""


def modes(folder, *, folders, files):
    for path in (folder, *folder.rglob("*")):
        path.chmod(folders if path.is_dir() else files)


@pytest.mark.skipif(
    bool(PLAIN) and not shutil.which("setpriv"), reason="root, and no program that takes its powers away"
)
@pytest.mark.heavy
@pytest.mark.parametrize("storage", STORAGES)
def test_what_may_only_be_read_is_read(tmp_path, storage):
    data = filled(tmp_path / "data", storage, runs=3)
    before = sorted(data.rglob("*"))
    modes(data, folders=0o500, files=0o400)
    try:
        code, out, err = call("ls", "--data", data, before=PLAIN)
        assert code == 0 and out.count("inbox-") == 3, (code, out, err)
        code, out, err = call("show", "inbox-01", "--data", data, before=PLAIN)
        assert code == 0 and "completed" in out, err
        code, out, err = call("note", "inbox-01", "hello", "--data", data, before=PLAIN)
        assert code == 1 and is_sentence(err), (code, err)
        with terminal(data, program=(*PLAIN, *FLIGHTLOG)) as t:
            t.until("inbox-01")
            t.press("q")
            assert t.ended() == 0
        record = f"import flightlog\nwith flightlog.open({str(data)!r}) as store, store.run('w'): pass"
        done = subprocess.run([*PLAIN, sys.executable, "-c", record], capture_output=True, text=True)
        assert done.returncode == 1 and "ReadOnly: " in done.stderr and str(data) in done.stderr, done.stderr
        assert [path for path in sorted(data.rglob("*")) if path not in before] == []
        (data / ("runs" if storage == "file" else "flightlog.db")).chmod(0)
        # (the list of a files store is in its index, and the folder's time has not changed)
        code, out, err = call(*(["logs", "inbox-01"] if storage == "file" else ["ls"]), "--data", data, before=PLAIN)
        assert code == 1 and is_sentence(err), (code, out, err)
    finally:
        modes(data, folders=0o700, files=0o600)


@pytest.mark.parametrize("storage", ["file", pytest.param("sqlite", marks=pytest.mark.heavy)])
def test_a_directory_that_goes_away_under_the_browser_and_comes_back(tmp_path, storage):
    data = filled(tmp_path / "data", storage, runs=3)
    with terminal(data) as t:
        t.until("inbox-02")
        t.read(quiet=0.3, limit=1)
        data.rename(tmp_path / "away")
        t.until("data directory is gone")
        t.press("j\rlso")
        t.press("\x1b[27u", quiet=0.3)
        assert t.process.poll() is None, t.written[-3000:]
        (tmp_path / "away").rename(data)
        with flightlog.open(data) as store, store.run("triage", name="came-later"):
            pass
        t.until("came-later")
        t.press("q")
        assert t.ended() == 0, t.written[-2000:]
    assert call("ls", "--data", data)[1].count("inbox-") == 3


def test_a_second_writer_is_told_who_writes(tmp_path):
    data = tmp_path / "data"
    for storage in STORAGES:
        with flightlog.open(data / storage, storage=storage) as store, store.run("triage") as run:
            again = (
                f"import flightlog\nstore = flightlog.open({str(data / storage)!r})\n"
                f"try: store.resume({run.id!r})\nexcept flightlog.core.errors.Conflict as error: print(error)"
            )
            done = subprocess.run([sys.executable, "-c", again], capture_output=True, text=True, timeout=60)
            assert str(os.getpid()) in done.stdout and "parent" in done.stdout, (done.stdout, done.stderr)
            run.log("goes on")
        with flightlog.open(data / storage) as store:
            assert store.runs.get(run.id).status == "completed" and store.runs.get(run.id).logs == 1


# --- no room --------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "flightlog-test", folder], capture_output=True)
    if made.returncode:
        pytest.skip("mounting needs root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_under_a_database(small_disk, caplog):
    data = small_disk / "data"
    filled(data, "sqlite", runs=2)
    with flightlog.open(data) as store:
        run = store.run("triage", name="in the dark")
        assert store.runs.get(run.id).name == "in the dark"
        ballast = small_disk / "ballast"
        free = shutil.disk_usage(small_disk).free
        ballast.write_bytes(b"x" * (free - 40_000))
        acknowledged, refused = 0, ""
        for n in range(400):
            try:
                run.log("y" * 100, n=n)
                acknowledged += 1
            except flightlog.core.errors.StorageError as error:
                refused = str(error)
                break
        assert "no room" in refused and str(data) in refused
        assert store.runs.query(flightlog.core.query.query.EVERYTHING).items
        end = time.monotonic() + 30
        while not any("full" in message or "room" in message for message in caplog.messages):
            assert time.monotonic() < end, caplog.messages
            time.sleep(0.1)
        code, out, err = call("ls", "--data", data)
        assert "Traceback" not in err and (code == 0 or is_sentence(err)), err
        ballast.unlink()
        run.log("room again")
        run.finish()
    code, out, err = call("logs", run.id, "--json", "--data", data)
    assert code == 0 and len(out.splitlines()) == acknowledged + 1, err
    assert not list((data / "spool").glob("*.jsonl"))


# --- huge -----------------------------------------------------------------------------------------

LOOK = """
import sys
import flightlog
from flightlog.core.query.query import parse, EVERYTHING
from flightlog.core.pages import Sort
with flightlog.open(sys.argv[1]) as store:
    run = store.runs.query(EVERYTHING).items[0].id
    store.logs.query(run); store.logs.counts(run); list(store.upkeep.check()); store.runs.damage(run)
    print([entry.message for entry in store.logs.query(run)])
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024)
"""
# Not ru_maxrss: a child begins with its parent's, and the tests before this one may have needed more than it may.


@pytest.mark.parametrize("storage", [pytest.param("file"), pytest.param("sqlite", marks=pytest.mark.heavy)])
def test_a_line_of_100_mb_is_passed_over_in_bounded_memory(tmp_path, storage):
    long_line(tmp_path, storage)
    done = subprocess.run([sys.executable, "-c", LOOK, tmp_path], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    said, megabytes = done.stdout.splitlines()
    assert said == "['after it']" and int(megabytes) < 300


def long_line(tmp_path, storage):
    """Writes a run with an entry of 100 MB before another one."""
    run = new_ulid()
    (tmp_path / "runs").mkdir() if storage == "file" else flightlog.open(tmp_path, storage=storage).close()
    path = Layout(tmp_path, spooled=storage == "sqlite").journal(run)
    path.parent.mkdir(exist_ok=True)
    stamp = "2026-11-20T10:00:00.000000Z"
    with path.open("wb") as file:
        file.write(e.encode(e.RunStarted(seq=1, t=stamp, run=run, workflow="w")) + b"\n")
        file.write(b'{"type":"log","seq":2,"t":"","level":"INFO","message":"')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n' + e.encode(e.Logged(seq=3, t=stamp, level="INFO", message="after it")) + b"\n")


@pytest.mark.heavy
@pytest.mark.parametrize("storage", STORAGES)
def test_the_browser_passes_over_a_line_of_100_mb_in_bounded_memory(tmp_path, storage):
    long_line(tmp_path, storage)
    with terminal(tmp_path) as t:
        t.read(quiet=0.5, limit=3)
        t.press("\rl", quiet=0.3)
        t.until("after it")
        with open(f"/proc/{t.process.pid}/status") as status:
            (peak,) = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
        assert peak < 500_000
        t.press("q")
        assert t.ended() == 0


@pytest.mark.heavy
def test_a_long_message_is_cut_before_it_is_drawn(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store, store.run("triage") as run:
        run.log("begin " + "x" * 30_000_000)
        run.checkpoint({"big": "y" * 10_000_000})
        run.log("last")
    with terminal(tmp_path / "data", columns=80, rows=24) as t:
        t.until("watching")
        t.press("\r", quiet=0.3)
        t.until("completed")
        t.press("l", quiet=0.3)
        t.until("last")
        began = len(t.written)
        for key in ("v", "k", "\r", "j", "t", "*", "\x1b[B", "\r", "q"):
            t.press(key, quiet=0.2)
        assert t.ended() == 0
        assert len(t.written) - began < 2_000_000


# --- configuration ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "storag: {}\n",
        "storage: {logs: {type: oracle}}\n",
        "storage: {logs: 7}\n",
        "storage: [\n",
        "storage: {logs: {type: file, path: 3}}\n",
        "!!python/object/apply:os.system ['touch PWNED']\n",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "\x00\x01",
        "storage: {logs: {type: file, pth: \x1b]2;PWNED}}\n",
    ],
)
def test_a_mistake_in_the_configuration_is_one_line(tmp_path, text):
    data = filled(tmp_path / "data", "file", runs=1)
    (data / "flightlog.yaml").write_text(text)
    code, out, err = call("ls", "--data", data)
    assert code == 2 and is_sentence(err) and "flightlog.yaml" in err and not out, (code, out, err)
    assert "\x1b" not in err and not list(tmp_path.rglob("PWNED"))


def test_a_configuration_that_is_not_there(tmp_path):
    data = filled(tmp_path / "data", "file", runs=1)
    for words, environment in (
        (["--config", tmp_path / "no.yaml"], {}),
        ([], {"FLIGHTLOG_CONFIG": str(tmp_path / "no.yaml")}),
    ):
        code, _, err = call("ls", "--data", data, *words, **environment)
        assert code == 2 and is_sentence(err) and "no.yaml" in err
