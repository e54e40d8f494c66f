"""RecordingRepository and RunWriter: what a writer may count on."""

import hashlib
import os
import subprocess
import sys
import threading

import pytest
from flightlog.core import events as e
from flightlog.core.errors import Conflict, NotFound, ReadOnly, StorageError
from flightlog.core.ids import new_ulid


def begun(store, **facts):
    return store.recording.begin(e.RunStarted(run=facts.pop("run", None) or new_ulid(), workflow="w", **facts))


def test_begin_creates_the_run_and_appends_its_first_event(store):
    writer = begun(store, name="first")
    assert (writer.last_seq, store.runs.get(writer.run).name) == (1, "first")
    assert store.runs.event(writer.run, 1).workflow == "w"
    writer.close()


def test_append_numbers_and_times_the_event_and_returns_its_seq(store):
    writer = begun(store)
    event = e.Logged(level="INFO", message="hello")
    assert [writer.append(event), writer.last_seq, event.seq] == [2, 2, 2]
    assert event.t.endswith("Z") and len(event.t) == 27
    writer.close()


def test_conflict_if_the_id_exists(store):
    run = new_ulid()
    writer = begun(store, run=run)
    with pytest.raises(Conflict):
        begun(store, run=run)
    writer.append(e.RunFinished(status="completed"))
    writer.close()
    assert store.runs.get(run).status == "completed"  # shipped, where it is shipped
    with pytest.raises(Conflict):
        begun(store, run=run)
    assert store.runs.get(run).events == 2


@pytest.mark.parametrize(
    "run",
    ["", "run-1", "../../etc/passwd", "01" + "A" * 24, "01M7YJ8B2BCSPJ1B2XXXNWBJ5D", "x" * 300, "a\nb", "a/b", ".."],
)
def test_storage_error_if_it_is_no_ulid(store, run):
    with pytest.raises(StorageError):
        store.recording.begin(e.RunStarted(run=run, workflow="w"))
    assert store.runs.totals().runs == 0


def test_conflict_after_run_finished(store):
    writer = begun(store)
    writer.append(e.RunFinished(status="failed"))
    with pytest.raises(Conflict):
        writer.append(e.Logged(level="INFO", message="late"))
    assert store.runs.get(writer.run).events == 2


def test_conflict_after_close_which_may_be_called_twice(store):
    writer = begun(store)
    writer.close()
    writer.close()
    with pytest.raises(Conflict):
        writer.append(e.Logged(level="INFO", message="late"))
    with pytest.raises(Conflict):
        writer.put_value(b"1")


def test_a_writer_is_thread_safe(store):
    writer = begun(store)
    seqs = []

    def work(n):
        for i in range(50):
            seqs.append(writer.append(e.Logged(level="INFO", message=f"{n}.{i}")))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.append(e.RunFinished(status="completed"))
    assert sorted(seqs) == list(range(2, 402))
    lines = store.runs.events(writer.run, limit=1000)
    assert [seq for seq, _ in lines] == list(range(1, 403))
    for n in range(8):  # each thread's own order is kept
        mine = [
            entry.message for entry in store.logs.query(writer.run, limit=1000) if entry.message.startswith(f"{n}.")
        ]
        assert mine == [f"{n}.{i}" for i in range(50)]


def test_put_value_stores_a_value_once_and_returns_its_digest(store):
    writer = begun(store)
    first, again, other = (writer.put_value(value) for value in (b'{"a":1}', b'{"a":1}', b"[1]"))
    blob = writer.put_value(b"\x80\x04\x95", opaque=True)
    assert first == again != other
    values = {"a": first, "b": other, "blob": blob}
    opaque = {"blob": e.Opaque(digest=blob, size=3)}
    writer.append(e.CheckpointSaved(checkpoint=new_ulid(), values=values, opaque=opaque))
    writer.close()
    state = store.checkpoints.state(store.checkpoints.list(writer.run)[0].id)
    assert (state["a"], state["b"]) == ({"a": 1}, [1])
    assert state["blob"]["size"] == 3 and "opaque" in state["blob"]


def test_after_a_fork_the_childs_copy_is_closed(kept):
    store = kept.open()
    writer = begun(store)
    child = os.fork()
    if child == 0:
        try:
            writer.append(e.Logged(level="INFO", message="from the child"))
            os._exit(1)
        except Conflict:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert writer.append(e.Logged(level="INFO", message="from the parent")) == 2
    writer.close()


def test_resume_takes_up_a_paused_run_and_appends_run_resumed(store):
    writer = begun(store)
    writer.append(e.RunPaused(reason="lunch"))
    writer.close()
    assert store.runs.get(writer.run).status == "paused"
    again = store.recording.resume(writer.run)
    assert again.last_seq == 3
    assert isinstance(store.runs.event(writer.run, 3), e.RunResumed)
    assert store.runs.get(writer.run).status == "running"
    again.close()


def test_resume_conflict_if_it_is_finished(store):
    writer = begun(store)
    writer.append(e.RunFinished(status="completed"))
    writer.close()
    for _ in range(2):  # before and after it was shipped
        with pytest.raises(Conflict):
            store.recording.resume(writer.run)
        assert store.runs.get(writer.run).status == "completed"


def test_resume_conflict_if_a_writer_lives_naming_its_pid(kept):
    writer = begun(kept.open())
    with pytest.raises(Conflict, match=str(os.getpid())):
        kept.open().recording.resume(writer.run)
    writer.close()


def test_resume_not_found(store):
    with pytest.raises(NotFound):
        store.recording.resume(new_ulid())


def test_resume_sets_a_torn_last_line_aside_and_loses_nothing_of_it(kept):
    store = kept.open()
    writer = begun(store)
    writer.close()
    journal = next(path for path in kept.folder.rglob("*.jsonl"))
    with journal.open("ab") as file:
        file.write(b'{"type":"log","seq":2,"t":"20')
    assert store.runs.get(writer.run).events == 1
    again = store.recording.resume(writer.run)
    again.append(e.RunFinished(status="completed"))
    again.close()
    run = store.runs.get(writer.run)
    assert run.status == "completed"
    assert [seq for seq, _ in store.runs.events(run.id)] == list(range(1, run.events + 1))
    assert any(b'{"type":"log","seq":2,"t":"20' in path.read_bytes() for path in kept.folder.rglob("*.torn"))


def test_answer_is_the_first_answer_or_none(store):
    with store.run("w") as run:
        asked = e.ApprovalRequested(approval="a1", question="?")
        run._tape.append(asked)
        assert store.recording.answer(run.id, "a1") is None
        store.runs.decide(run.id, "a1", "rejected", by="ana", note="no")
        assert store.recording.answer(run.id, "a1") == ("rejected", "ana", "no")
        assert store.recording.answer(run.id, "a2") is None


def test_an_answer_from_another_process_is_taken_by_the_waiting_run(kept):
    store = kept.open()
    code = f"""{kept.code}
import time
while not (pending := store.runs.pending().items):
    time.sleep(0.02)
store.runs.decide(pending[0].run, pending[0].id, "approved", by="bob")
store.close()
"""
    with store.run("w") as run:
        other = subprocess.Popen([sys.executable, "-c", code])
        assert run.approve("go?", timeout=100) is True
    assert other.wait(30) == 0
    found = store.runs.approvals(run.id)[0]
    assert (found.status, found.by) == ("approved", "bob")


def test_a_store_opened_read_only_answers_every_change_with_read_only(kept):
    with kept.open().run("w") as run:
        run.log("hello")
    kept.close()
    store = kept.open(read_only=True)
    assert store.runs.get(run.id).events == 3
    with pytest.raises(ReadOnly):
        store.run("w")
    with pytest.raises(ReadOnly):
        store.resume(run.id)
    with pytest.raises(ReadOnly):
        store.runs.decide(run.id, "a", "approved") if store.runs.approvals(run.id) else store.workflows.store(
            "w", "a: 1"
        )


def test_artifacts_are_measured(store, tmp_path):
    path = tmp_path / "report.txt"
    path.write_bytes(b"done")
    assert store.recording.measure(str(path)) == (4, hashlib.sha256(b"done").hexdigest())
    assert store.recording.measure(str(tmp_path / "nowhere")) == (None, "")
    with path.open("r+b") as file:
        file.truncate(17 << 20)  # to read all of it would keep the agent waiting
    assert store.recording.measure(str(path)) == (17 << 20, "")
