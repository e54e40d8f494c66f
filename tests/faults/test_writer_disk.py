"""Recording on a disk that is full, read-only or gone: an error that says so, and whole lines only."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from flightlog.backends.journal.reader import decode_line, read_lines, torn_tail
from flightlog.backends.journal.states import States
from flightlog.core.events import decode

# A limit on the file's size makes writes come back short and then fail, as a full disk does, and needs no privilege.
LIMITED = """
import resource
from flightlog.core.errors import StorageError
run = store.run("w")
say(run.id)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
failed = 0
for n in range(400):
    try:
        run.log("y" * (n * 7 % 300), n=n)
        say(n)
    except StorageError as error:
        failed += 1
        if failed == 1:
            print(error, file=sys.stderr)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
run.log("room again", n=-1)
run.finish()
say("failed", failed)
"""


def test_where_there_is_no_room_whole_lines_stay_and_recording_goes_on_later(layout, program):
    output, errors = program(LIMITED).communicate(timeout=60)
    run, *said, _, failed = output.split()
    path = layout.journal(run)
    assert "no room" in errors
    assert str(path) in errors
    assert "bytes" in errors
    assert int(failed) > 100
    events = [decode(line) for _, line in read_lines(path)]
    assert torn_tail(path) is None
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [str(event.details["n"]) for event in events[1:-1]] == [*said, "-1"]
    assert events[-1].status == "completed"


LIMITED_STATES = """
import resource
from flightlog.core.errors import StorageError
run = store.run("w")
say(run.id)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
for n in range(60):
    try:
        run.checkpoint({"value": [n] * 100})
    except StorageError as error:
        say(error)
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
run.checkpoint({"value": "room again"})
run.finish()
"""


def test_a_checkpoint_without_room_for_its_values_is_none(layout, program):
    output, errors = program(LIMITED_STATES).communicate(timeout=60)
    run, complaint = output.splitlines()
    assert "no room" in complaint, errors
    states = States(layout.states(run))
    events = [decode(line) for _, line in read_lines(layout.journal(run))]
    checkpoints = [event for event in events if event.__struct_config__.tag == "checkpoint"]
    assert len(checkpoints) > 10
    for checkpoint in checkpoints:
        assert states.value(checkpoint.values["value"])
    assert torn_tail(layout.states(run)) is None


FILLING = """
from flightlog.core.errors import StorageError
run = store.run("w")
say(run.id)
n = 0
while True:
    try:
        run.log("z" * 5000, n=n)
    except StorageError as error:
        say(error)
        break
    n += 1
try:
    run.finish()
except StorageError as error:
    say(error)
"""


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte, where the test may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting needs privileges that this user lacks; the limit on file sizes stands for it")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk(small_disk, program, layout):
    process = program(FILLING.replace("run = store", f'root = Path({str(small_disk)!r}) / "data"\n'
        "store = Store(name='x', recording=JournalRecording(Layout(root)), workflows=None, reading=None, close=None)\n"
        "run = store", 1))  # fmt: skip
    output, errors = process.communicate(timeout=60)
    run, *complaints = output.splitlines()
    assert len(complaints) == 1 or "no room" in complaints[1], errors
    assert "no room" in complaints[0]
    (path,) = Path(small_disk).rglob(f"{run}.jsonl")
    events = [decode(line) for _, line in read_lines(path)]
    assert len(events) > 100
    assert torn_tail(path) is None
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


READ_ONLY = """
from flightlog.core.errors import ReadOnly
if os.getuid() == 0:  # Whom no mode stops.
    os.setgid(65534)
    os.setuid(65534)
store = Store(name="x", recording=JournalRecording(Layout(Path(sys.argv[2]))), workflows=None, reading=None, close=None)
try:
    store.run("w")
except ReadOnly as error:
    say(error)
"""


def test_a_folder_that_may_not_be_written_is_said(program):
    # Not pytest's own folder, which other users cannot reach.
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "data"
        (root / "runs").mkdir(parents=True)
        os.chmod(folder, 0o755)
        for path in (root / "runs", root):
            path.chmod(0o555)
        output, errors = program(READ_ONLY, root).communicate(timeout=60)
        assert "not allowed while creating the journal" in output, errors
        assert str(root) in output
        assert not list((root / "runs").iterdir())
        for path in (root, root / "runs"):
            path.chmod(0o755)


REMOVED = """
import shutil
from flightlog.core.errors import StorageError
run = store.run("w")
if sys.argv[2] == "removed":
    shutil.rmtree(root)
else:
    root.rename(root.with_name("moved"))
until = time.time() + 5
try:
    while time.time() < until:
        run.log("x", n=0)
        time.sleep(0.01)
        if sys.argv[2] == "moved" and time.time() > until - 3:
            break
    run.finish()
    say("no complaint")
except StorageError as error:
    say(error)
with store.run("w") as other:
    say(other.id)
"""


def test_a_removed_folder_is_said_within_a_second_and_made_anew_for_the_next_run(layout, program):
    output, errors = program(REMOVED, "removed").communicate(timeout=60)
    complaint, other = output.splitlines()
    assert "was deleted" in complaint, errors
    assert layout.journal(other).exists()


def test_a_folder_that_was_moved_takes_its_writers_along(layout, program):
    output, errors = program(REMOVED, "moved").communicate(timeout=60)
    complaint, _ = output.splitlines()
    assert complaint == "no complaint", errors
    (journal,) = layout.root.with_name("moved").rglob("*.jsonl")
    assert decode_line([line for _, line in read_lines(journal)][-1])[0].event.status == "completed"


def test_recording_loads_neither_screen_nor_database(tmp_path):
    code = f"""
import sys
import tempfile
from pathlib import Path
from flightlog.backends.journal.layout import Layout
from flightlog.backends.journal.recording import JournalRecording
from flightlog.core.store import Store
import flightlog
recording = JournalRecording(Layout(Path({str(tmp_path)!r})))
with Store(name="x", recording=recording, workflows=None, reading=None, close=lambda: None).run("w") as run:
    with run.step("s") as step:
        step.log("hello", n=1)
        step.cost("gpt-4o", input_tokens=1)
    run.checkpoint({{"a": 1}})
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/", check=True)
    heavy = {"sqlalchemy", "alembic", "textual", "rich", "watchdog", "yaml", "genai_prices", "asyncio", "sqlite3"}
    assert not heavy & set(done.stdout.split())
