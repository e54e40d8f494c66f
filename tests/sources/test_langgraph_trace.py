"""Reading leaves no trace: the database's bytes and the folder's list of files are the same before and after."""

import hashlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from flightlog.backends.sources.langgraph.original import Original
from flightlog.backends.sources.langgraph.rows import recognised
from flightlog.core.errors import Corrupt, NotFound, StorageError
from sqlalchemy import text

WRITER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("PRAGMA wal_autocheckpoint = 0")
connection.execute("CREATE TABLE IF NOT EXISTS extra (n)")
for n in range(50):
    connection.execute("INSERT INTO extra VALUES (?)", (n,))
    connection.commit()
print("ready", flush=True)
time.sleep(600)
"""


def trace(folder: Path) -> dict[str, str]:
    """Names of all files; for the database and its log also their bytes. (The -shm holds readers' marks.)"""
    return {
        path.name: "" if path.name.endswith("-shm") else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
    }


@pytest.fixture
def database(twenty):
    # Not in pytest's folder, which only its owner can enter.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder, "bot.sqlite")
        shutil.copy(twenty.path, path)
        yield path


@pytest.fixture
def writer(database):
    """Another process that has the database open and its last commits in the log."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, database], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def look(index_of, path: Path) -> int:
    """Lists, opens and reads a run as deeply as can be."""
    index = index_of(path)
    with index.database.read() as connection:
        runs = list(connection.execute(text("SELECT id FROM runs")).scalars())
    for run in runs:
        index.details(run)
    index.refresh()
    found = index.original.read(lambda c: c.execute("SELECT count(*) FROM checkpoints").fetchone()[0])
    index.original.close()
    return found


def extra(path: Path) -> int:
    original = Original(path)
    found = original.read(lambda c: c.execute("SELECT count(*) FROM extra").fetchone()[0])
    original.close()
    return found


def test_writer_closed(database, index_of):
    before = trace(database.parent)
    assert before.keys() == {"bot.sqlite"}
    assert look(index_of, database) > 100
    assert trace(database.parent) == before


def test_writer_open(database, writer, index_of):
    before = trace(database.parent)
    assert before.keys() == {"bot.sqlite", "bot.sqlite-wal", "bot.sqlite-shm"}
    look(index_of, database)
    assert extra(database) == 50
    assert trace(database.parent) == before


def test_writer_killed(database, writer, index_of):
    writer.kill()
    writer.wait()
    before = trace(database.parent)
    assert "bot.sqlite-wal" in before
    look(index_of, database)
    assert extra(database) == 50
    assert trace(database.parent) == before


def test_log_without_its_shm(database, writer, index_of):
    writer.kill()
    writer.wait()
    Path(f"{database}-shm").unlink()
    before = trace(database.parent)
    look(index_of, database)
    assert extra(database) == 50
    assert trace(database.parent) == before


def test_a_private_copy_is_removed(database, writer, tmp_path, monkeypatch):
    writer.kill()
    writer.wait()
    Path(f"{database}-shm").unlink()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    assert extra(database) == 50
    assert list(scratch.iterdir()) == []
    scratch.rmdir()
    with pytest.raises(StorageError, match="reading the database"):
        extra(database)


FORKING = """
import os, sys
from pathlib import Path
from flightlog.backends.sources.langgraph.original import Original
original = Original(Path(sys.argv[1]))
count = lambda: original.read(lambda c: c.execute("SELECT count(*) FROM checkpoints").fetchone()[0])
first = count()
if (child := os.fork()) == 0:
    original.close()
    sys.exit(0)
print(os.waitpid(child, 0)[1], count() == first)
original.close()
"""


def test_a_private_copy_is_not_removed_by_a_forked_child(database, writer):
    writer.kill()
    writer.wait()
    Path(f"{database}-shm").unlink()
    done = subprocess.run([sys.executable, "-c", FORKING, database], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("0 True\n", "")


READ_ONLY = """
import os, sys
from pathlib import Path
from flightlog.backends.sources.langgraph.original import Original
if os.getuid() == 0:  # who may write everywhere
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    open(sys.argv[1] + "-try", "w")
    sys.exit("the folder can be written")
except PermissionError:
    original = Original(Path(sys.argv[1]))
    print(original.read(lambda c: c.execute("SELECT count(*) FROM checkpoints").fetchone()[0]))
    print(original.read(lambda c: c.execute("SELECT count(*) FROM sqlite_master WHERE name = 'extra'").fetchone()[0]))
    original.close()
"""


@pytest.mark.parametrize("state", ["closed", "open", "killed", "no shm"])
def test_read_only_folder(database, state, request):
    if state != "closed":
        process = request.getfixturevalue("writer")
        if state in ("killed", "no shm"):
            process.kill()
            process.wait()
        if state == "no shm":
            Path(f"{database}-shm").unlink()
    folder = database.parent
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    before = trace(folder)
    done = subprocess.run([sys.executable, "-c", READ_ONLY, database], capture_output=True, text=True, check=False)
    folder.chmod(0o755)
    assert done.returncode == 0, done.stderr
    rows, logged = map(int, done.stdout.split())
    assert rows > 100
    assert logged == (state != "closed")
    assert trace(folder) == before


def test_a_change_while_reading_is_noticed_and_read_again(database):
    original, seen = Original(database), []

    def work(connection):
        seen.append(connection.execute("SELECT count(*) FROM checkpoints").fetchone()[0])
        if len(seen) == 1:
            with closing(sqlite3.connect(database)) as writer:
                writer.execute("DELETE FROM checkpoints WHERE thread_id = 'chat'")
                writer.commit()
        return connection.execute("SELECT count(*) FROM checkpoints WHERE thread_id = 'chat'").fetchone()[0]

    assert original.read(work) == 0
    assert len(seen) == 2
    assert seen[1] < seen[0]


def test_a_log_that_appears_while_reading_is_read(database):
    original, opened, seen = Original(database), [], []

    def work(connection):
        if not opened:
            opened.append(sqlite3.connect(database))
            opened[0].execute("DELETE FROM checkpoints WHERE thread_id = 'chat'")
            opened[0].commit()
            assert Path(f"{database}-wal").exists()
        seen.append(connection.execute("SELECT count(*) FROM checkpoints WHERE thread_id = 'chat'").fetchone()[0])
        return seen[-1]

    assert original.read(work) == 0
    assert len(seen) == 2
    opened[0].close()


def test_the_writer_can_tidy_its_log_after_we_looked(database, index_of, writer):
    look(index_of, database)
    writer.send_signal(signal.SIGINT)  # ends as a program does: Python closes the connection
    writer.wait()
    assert extra(database) == 50
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("SELECT * FROM extra").fetchall()
    assert trace(database.parent).keys() == {"bot.sqlite"}


def test_nothing_can_be_written_through_a_reading_connection(database):
    with pytest.raises(StorageError, match="readonly"):
        Original(database).read(lambda connection: connection.execute("DELETE FROM checkpoints"))


def test_what_is_no_database(tmp_path):
    path = tmp_path / "x.sqlite"
    with pytest.raises(NotFound):
        Original(path).read(recognised)
    path.write_bytes(b"not a database, but long enough to be looked at as one" * 100)
    with pytest.raises(Corrupt):
        Original(path).read(recognised)
    assert [found.name for found in tmp_path.iterdir()] == ["x.sqlite"]
