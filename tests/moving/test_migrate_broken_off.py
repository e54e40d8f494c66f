"""A move that is broken off leaves the store as it was, and the next one goes on: nothing lost, nothing twice."""

import random
import signal
import subprocess
import sys

import flightlog
import pytest
from flightlog.backends.spool.shipping import Shipping
from flightlog.core.errors import StorageError
from moving_stores import AfterOne, differences, fill, logs_of, move, tree
from postgres_server import PostgresServer


def test_a_target_whose_disk_is_full_for_a_moment_is_told_and_the_move_made_again_is_whole(tmp_path, monkeypatch):
    """What people added to runs is not carried before the runs are there: it would have no effect."""
    folder = tmp_path / "data"
    runs = fill(f"file:{folder}")
    take, full = Shipping._take, [True]

    def refused(self, news):
        if full:
            raise StorageError("the disk is full", where=folder)
        return take(self, news)

    monkeypatch.setattr(Shipping, "_take", refused)
    with pytest.raises(StorageError, match="the disk is full"):
        move(folder, "sqlite")
    assert logs_of(folder).type == "file"
    full.clear()
    assert move(folder, "sqlite").findings == ()
    with flightlog.open(folder) as store:
        assert store.runs.get(runs[0]).pinned


KILLED = """
import os, signal, sys
from flightlog.backends.moving.migrating import migrate
from flightlog.core.progress import Progress

class Killed(Progress):
    left = int(sys.argv[3])
    def reach(self, done):
        super().reach(done)
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

migrate(sys.argv[1], sys.argv[2], progress=Killed())
"""


@pytest.mark.parametrize(("kind", "after"), [("sqlite", 2), ("file", 7)])
def test_a_kill_leaves_the_store_and_the_next_move_goes_on(tmp_path, kind, after):
    """Killed while it carries (after 2 runs of 5), and while it compares (after 7 steps)."""
    folder = tmp_path / "data"
    fill(f"file:{folder}" if kind == "sqlite" else f"sqlite:{folder}/flightlog.db")
    before = {name: text for name, text in tree(folder).items() if ".flightlog" not in name}
    words = [sys.executable, "-c", KILLED, folder, f"{kind}:{tmp_path / 'there' / 'flightlog.db'}", str(after)]
    assert subprocess.run(words, check=False).returncode == -9
    assert {name: text for name, text in tree(folder).items() if ".flightlog" not in name} == before
    moved = move(folder, words[4])
    assert moved.findings == () and moved.switched and moved.verified.runs == 5
    assert moved.runs < 5
    old = f"file:{folder}" if kind == "sqlite" else f"sqlite:{folder}/flightlog.db"
    assert differences(str(folder), old) == []


BEFORE_THE_FIRST = """
import os, signal, sys
from flightlog.backends.moving import archiving, moved
from flightlog.backends.moving.migrating import migrate
from flightlog.core.progress import Progress

archiving._rename = lambda path, to: os.kill(os.getpid(), signal.SIGKILL)
moved.folder_name = lambda: "moved-before"
migrate(sys.argv[1], sys.argv[2], archive=True, progress=Progress())
"""


def test_a_kill_before_anything_is_put_aside_leaves_no_empty_folder_for_good(tmp_path):
    old = f"sqlite:{tmp_path / 'data' / 'flightlog.db'}"
    runs = fill(old)
    words = [sys.executable, "-c", BEFORE_THE_FIRST, old, f"file:{tmp_path / 'there'}"]
    assert subprocess.run(words, check=False).returncode == -9
    assert list((tmp_path / "data" / "moved-before").iterdir()) == []
    moved = move(old, words[4], archive=True)
    assert [path.name for path in (tmp_path / "data").glob("moved-*")] == [moved.archived.rpartition("/")[2]]
    with flightlog.open(words[4]) as store:
        assert store.runs.get(runs[0]).pinned


PLAIN = "import sys; from flightlog.tui.cli.main import main; main()"


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ["sqlite", "file"])
def test_ten_kills_at_any_moment_lose_nothing_and_double_nothing(tmp_path, kind):
    dice = random.Random(kind)
    folder = tmp_path / "data"
    old = f"file:{folder}" if kind == "sqlite" else f"sqlite:{folder}/flightlog.db"
    fill(old, 12)
    before = {name: text for name, text in tree(folder).items() if ".flightlog" not in name}
    words = [sys.executable, "-c", PLAIN, "migrate", "--data", folder]
    words += ["--to", f"{kind}:{tmp_path / 'there' / 'flightlog.db'}", "--json"]
    killed = 0
    while killed < 10:
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
            try:
                assert process.wait(dice.uniform(0.4, 2.5)) == 0
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
        if (folder / "flightlog.yaml").exists():  # it was quicker than the kill: once more, into a new place
            (folder / "flightlog.yaml").unlink()
            words[-2] += "2"
    assert {name: text for name, text in tree(folder).items() if ".flightlog" not in name} == before
    done = subprocess.run(words, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert differences(str(folder), old) == differences(old, str(folder)) == []


@pytest.mark.heavy
def test_a_server_that_dies_leaves_the_store_and_the_next_move_goes_on(tmp_path, monkeypatch):
    folder, server = tmp_path / "data", PostgresServer()
    try:
        fill(f"file:{folder}", 4)
        before = {name: text for name, text in tree(folder).items() if ".flightlog" not in name}
        monkeypatch.setenv("TARGET", server.url(server.new_database()))
        with pytest.raises(StorageError) as caught:
            move(folder, "${TARGET}", AfterOne(lambda: server.stop(signal.SIGQUIT)))
        assert "\n" not in str(caught.value) and "sesame" not in str(caught.value)
        assert {name: text for name, text in tree(folder).items() if ".flightlog" not in name} == before
        server.start()
        moved = move(folder, "${TARGET}")
        assert moved.findings == () and moved.switched and moved.verified.runs == 20
        assert differences(str(folder), f"file:{folder}") == []
    finally:
        server.close()
