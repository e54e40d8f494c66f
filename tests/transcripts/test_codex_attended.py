"""Whether Codex is at work on a thread: by the lock that it holds, of which none is taken."""

import pytest
from flightlog.backends.sources import locks
from lock_holder import lock_holder
from recorded_transcripts import aged, rows_of

KILLED = "01a204af-7b13-70d1-a6fa-46d31b37ab1c"


@pytest.fixture(autouse=True)
def namespace(tmp_path, monkeypatch):
    """The namespace of processes that is looked from: that of the machine, wherever the tests run."""
    found = tmp_path / "namespace"
    found.symlink_to("pid:[4026531836]")
    monkeypatch.setattr(locks, "_NAMESPACE", found)
    return found


@pytest.fixture
def path(codex):
    """A thread whose last turn goes on, written to a minute ago."""
    (found,) = codex.rglob(f"*{KILLED}.jsonl")
    aged(found, 60)
    return found


@pytest.fixture
def lock(codex):
    """The lock of the thread, which nobody holds yet."""
    found = codex / "thread-writer-locks" / f"{KILLED}.lock"
    found.parent.mkdir()
    found.touch()
    return found


@pytest.fixture
def child(lock):
    """A process that holds it."""
    with lock_holder(lock) as found:
        yield found


def standing(index, path):
    """How the run stands when it is looked at now."""
    index._due = dict.fromkeys(index._due, 0.0)
    index.refresh()
    return rows_of(index, "status", "evidence")[path.stem]


def test_a_turn_goes_on_while_its_lock_is_held_however_silent_and_is_lost_with_it(codex, path, child, index_of):
    aged(path, 5_000)
    index = index_of(codex)
    assert standing(index, path) == ("running", "")
    child.kill()
    child.wait()
    assert standing(index, path) == ("lost", "nobody holds the lock of its thread, in the middle of a turn")


def test_a_thread_that_was_archived_is_known_by_the_same_lock(codex, path, child, index_of):
    moved = codex / "archived_sessions" / path.name
    moved.parent.mkdir()
    path.rename(moved)
    aged(moved, 5_000)
    assert standing(index_of(codex), moved) == ("running", "")


def test_a_lock_that_was_left_is_evidence_at_once(codex, path, lock, index_of):
    assert standing(index_of(codex), path)[0] == "lost"


@pytest.mark.parametrize("other", ["pid:[4026532301]", None])
def test_from_a_container_a_lock_that_nobody_seems_to_hold_is_no_evidence(
    codex, path, lock, index_of, namespace, other
):
    """It may be held in another container, whose locks are not told of here."""
    namespace.unlink()
    if other:
        namespace.symlink_to(other)
    index = index_of(codex)
    assert standing(index, path) == ("running", "")
    aged(path, 700)
    assert standing(index, path) == ("running", "")
    aged(path, 3700)
    evidence = "nothing was written for over an hour, and nobody seen from here holds its lock, in the middle of a turn"
    assert standing(index, path) == ("paused", evidence)
    with lock_holder(lock):  # in this one
        assert standing(index_of(codex), path) == ("running", "")


@pytest.mark.parametrize("folder", [False, True])
def test_where_there_is_no_lock_only_silence_tells(codex, path, index_of, folder):
    if folder:
        (codex / "thread-writer-locks").mkdir()  # versions before took none
    index = index_of(codex)
    assert standing(index, path) == ("running", "")
    aged(path, 700)
    assert standing(index, path) == ("lost", "nothing was written for over ten minutes, in the middle of a turn")


def test_where_the_system_does_not_tell_of_locks_only_silence_does(codex, path, lock, index_of, tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "_LOCKS", tmp_path / "none")
    assert standing(index_of(codex), path) == ("running", "")
