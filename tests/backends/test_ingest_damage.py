"""What is wrong in a journal is named with its place, and the rest of it is read."""

import errno
import os
import zlib

import flightlog
import pytest
from flightlog.backends.files import index
from flightlog.backends.ingest import ingest
from flightlog.backends.journal.layout import Layout
from flightlog.core import events as e
from flightlog.core.ids import new_ulid
from flightlog.core.query.query import EVERYTHING


def line(seq, message="x", **changes):
    event = e.Logged(seq=seq, t="2026-11-20T10:00:00.000000Z", level="INFO", message=message)
    return e.encode(event) + b"\n"


def journal(folder, *lines, storage="file", first=True, run=None):
    """A journal with these lines after `run.started`; returns the run's id and the file."""
    run = run or new_ulid()
    path = Layout(folder, spooled=storage == "sqlite").journal(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    started = e.encode(e.RunStarted(seq=1, t="2026-11-20T10:00:00.000000Z", run=run, workflow="w")) + b"\n"
    path.write_bytes((started if first else b"") + b"".join(lines))
    return run, path


@pytest.fixture(params=["file", "sqlite"])
def storage(request):
    return request.param


GLUED = line(2, "torn")[:40] + line(3, "whole")
FINISHED = e.encode(e.RunFinished(seq=9, t="2026-11-20T10:00:01.000000Z", status="completed")) + b"\n"
CASES = {
    "junk": ([b"hello\n"], [], 1),
    "json that is no event": ([b"[1, 2]\n", b'{"a": 1}\n'], [], 1),
    "wrong checksum": ([line(2).replace(b'"x"', b'"y"')], [], 1),
    "invalid UTF-8": ([b'{"type":"log","seq":2,"t":"","level":"INFO","message":"\xff"}\n'], [], 1),
    "NUL block": ([b"\0" * 4096 + line(2)], ["x"], 1),
    "glued": ([GLUED], ["whole"], 1),
    "two whole events on a line": ([line(2, "a")[:-1] + line(3, "b")], ["a", "b"], 0),
    "UTF-16": (["{}\n".encode("utf-16"), line(2)], ["x"], 1),
    "deep": ([b"[" * 100_000 + b"\n", line(2)], ["x"], 1),
    "long number": ([b'{"type":"metric","seq":2,"t":"","name":"n","value":' + b"9" * 5000 + b"}\n"], [], 1),
    "NaN": ([b'{"type":"metric","seq":2,"t":"","name":"n","value":NaN}\n'], [], 1),
    "lone surrogate": ([b'{"type":"log","seq":2,"t":"","level":"INFO","message":"\\ud800"}\n'], [], 1),
    "missing numbers": ([line(5, "five")], ["five"], 1),
    "the same number twice": ([line(2, "a"), line(2, "b"), line(3, "c")], ["a", "c"], 1),
    "no number": ([b'{"type":"log","t":"","level":"INFO","message":"x"}\n', line(2)], ["x"], 1),
    "newer event": ([b'{"type":"telepathy","seq":2,"t":"2026"}\n', line(3)], ["x"], 1),
    "empty lines": ([b"\n", b"\n", line(2)], ["x"], 0),
    "CRLF": ([line(2)[:-1] + b"\r\n"], ["x"], 0),
    "many lines of junk": ([b"junk\n"] * 5000 + [line(2)], ["x"], 1),
}


@pytest.mark.parametrize("case", CASES)
def test_the_rest_is_read_and_the_damage_is_named(tmp_path, storage, case):
    lines, messages, damaged = CASES[case]
    run, path = journal(tmp_path, *lines, FINISHED, storage=storage)
    other, _ = journal(tmp_path, line(2, "of another run"), storage=storage)
    size = path.stat().st_size
    with flightlog.open(tmp_path) as store:
        found = store.runs.get(run)
        assert found.status == "completed" and found.workflow == "w"
        assert [entry.message for entry in store.logs.query(run)] == messages
        assert [entry.message for entry in store.logs.query(other)] == ["of another run"]
        named = [
            damage
            for damage in store.runs.damage(run).items
            if "missing" not in damage.what or case == "missing numbers"
        ]
        assert (len(named) >= 1) == bool(damaged), named
        for damage in named:
            assert run in damage.where and damage.what and 0 < damage.offset < size and len(damage.raw) <= 200
        assert found.damaged == len(store.runs.damage(run).items) and store.runs.totals().damaged == found.damaged
        kinds = {finding.kind for finding in store.upkeep.check() if finding.run == run}
        assert bool(kinds & {"damaged-line", "newer-format"}) == bool(found.damaged)
        assert not store.runs.damage(other).items


def test_what_is_damaged_is_not_named_again_when_the_run_goes_on(tmp_path, storage):
    run, path = journal(tmp_path, b"junk\n", storage=storage)
    with flightlog.open(tmp_path) as store:
        for seq in range(3, 8):
            assert len(store.runs.damage(run).items) == 1
            with path.open("ab") as file:
                file.write(line(seq))
        assert store.runs.get(run).logs == 5


def test_a_damaged_first_line_leaves_a_run_without_a_workflow(tmp_path, storage):
    run, _ = journal(tmp_path, b"junk\n", line(2), storage=storage, first=False)
    with flightlog.open(tmp_path) as store:
        found = store.runs.get(run)
        assert (found.workflow, found.logs) == ("?", 1) and found.damaged


def test_damaged_lines_of_a_shipped_run_are_set_aside_with_their_journal(tmp_path):
    run, path = journal(tmp_path, b"precious junk\n", FINISHED, storage="sqlite")
    with flightlog.open(tmp_path) as store:
        assert store.runs.get(run).damaged
        assert store.runs.get(run).status == "completed"
    aside = list((tmp_path / "spool").iterdir())
    assert [file.read_bytes().count(b"precious junk") for file in aside] == [1]
    assert not path.exists()


def test_a_newer_event_is_kept_byte_for_byte(tmp_path, storage):
    newer = b'{"type":"telepathy","seq":2,"t":"2026-11-20T10:00:00.000000Z","to":"all"'
    sealed = newer + b',"crc":"%08x"}' % zlib.crc32(newer)
    run, _ = journal(tmp_path, sealed + b"\n", FINISHED, storage=storage)
    with flightlog.open(tmp_path) as store:
        assert store.runs.get(run).status == "completed"
        assert (2, sealed) in store.runs.events(run)
        assert "newer Flightlog" in store.runs.damage(run).items[0].what


def test_a_newer_format_is_said(tmp_path, storage):
    run = new_ulid()
    started = e.RunStarted(seq=1, t="2026-11-20T10:00:00.000000Z", run=run, workflow="w", format=2)
    journal(tmp_path, e.encode(started) + b"\n", line(2), storage=storage, first=False, run=run)
    with flightlog.open(tmp_path) as store:
        assert store.runs.get(run).logs == 1
        assert [damage.what for damage in store.runs.damage(run).items] == [
            "written in format 2, which only a newer Flightlog knows whole"
        ]
        assert "newer-format" in {finding.kind for finding in store.upkeep.check()}


def test_a_torn_last_line_is_left_out_until_it_is_whole(tmp_path, storage):
    whole = line(3, "whole")
    run, path = journal(tmp_path, line(2), whole[:50], storage=storage)
    with flightlog.open(tmp_path) as store:
        assert store.runs.get(run).logs == 1
        assert "torn-line" in {finding.kind for finding in store.upkeep.check()}
        with path.open("ab") as file:
            file.write(whole[50:])
        assert store.runs.get(run).logs == 2 and not store.runs.damage(run).items


def test_a_line_longer_than_memory_should_hold_is_named_and_passed_over(tmp_path, storage):
    run, path = journal(tmp_path, storage=storage)
    with path.open("ab") as file:
        file.write(b'{"type":"log","seq":2,"t":"","level":"INFO","message":"')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n' + line(3, "after it"))
    with flightlog.open(tmp_path) as store:
        assert [entry.message for entry in store.logs.query(run)] == ["after it"]
        assert "100000" in store.runs.damage(run).items[0].what


def test_a_file_that_shrank_is_read_anew(tmp_path):
    run, path = journal(tmp_path, line(2, "a"), line(3, "b"))
    with flightlog.open(tmp_path) as store:
        assert store.runs.get(run).logs == 2
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size - len(line(3, "b")))
        assert [entry.message for entry in store.logs.query(run)] == ["a"]
        assert store.runs.get(run).logs == 1


def test_a_file_that_was_replaced_is_read_anew_as_editors_save(tmp_path):
    run, path = journal(tmp_path, line(2, "before"))
    with flightlog.open(tmp_path) as store:
        assert store.logs.query(run)[0].message == "before"
        for n in range(20):
            beside = path.with_suffix(".tmp")
            beside.write_bytes(path.read_bytes().splitlines(True)[0] + line(2, f"{n}"))
            os.replace(beside, path)
            assert [entry.message for entry in store.logs.query(run)] == [f"{n}"]


def test_a_new_file_with_the_old_ones_inode_is_read_anew(tmp_path):
    run, path = journal(tmp_path, line(2, "before"))
    with flightlog.open(tmp_path) as store:
        assert store.logs.query(run)[0].message == "before"
        text = path.read_bytes().splitlines(True)[0] + line(2, "quite another") + line(3, "one more")
        with path.open("r+b") as file:  # as unlinked and made again: the file system gave the same number
            file.truncate(0)
            file.write(text)
        assert [entry.message for entry in store.logs.query(run)] == ["quite another", "one more"]
        assert store.runs.get(run).logs == 2 and not store.runs.damage(run).items


def test_a_file_that_was_rewritten_in_place_to_the_same_size_is_read_anew(tmp_path):
    run, path = journal(tmp_path, line(2, "before"))
    with flightlog.open(tmp_path) as store:
        assert store.logs.query(run)[0].message == "before"
        text = path.read_bytes()
        path.write_bytes(text.splitlines(True)[0] + line(2, "behind"))
        assert path.stat().st_size == len(text)
        assert store.runs.get(run).logs == 1 and store.logs.query(run)[0].message == "behind"


def test_a_run_whose_file_is_gone_is_gone_and_comes_back_with_it(tmp_path):
    run, path = journal(tmp_path, line(2), FINISHED)
    other, _ = journal(tmp_path, line(2))
    with flightlog.open(tmp_path) as store:
        from flightlog.core.annotations import Noted

        store.runs.annotate(Noted(run=run, text="keep this"))
        cursor = store.feed.cursor()
        path.rename(tmp_path / "elsewhere")
        assert [found.id for found in store.runs.query(EVERYTHING).items] == [other]
        assert store.feed.changes(cursor).removed == (run,)
        (tmp_path / "elsewhere").rename(path)
        assert store.runs.get(run).logs == 1
        assert [note.text for note in store.runs.notes(run).items] == ["keep this"]


@pytest.mark.parametrize("name", ["notes.txt", "UPPER.jsonl", "a b.jsonl", "\x1b[2J.jsonl", "x.jsonl", ".jsonl"])
def test_files_that_are_not_ours_hinder_nobody(tmp_path, name):
    run, path = journal(tmp_path, line(2))
    (path.parent / name).write_bytes(b"\x00junk\n")
    with flightlog.open(tmp_path) as store:
        assert [found.id for found in store.runs.query(EVERYTHING).items] == [run]
        assert any(name in finding.where or name in finding.what for finding in store.upkeep.check())


def test_a_journal_in_another_days_folder_is_not_read_and_named(tmp_path):
    run, path = journal(tmp_path, line(2))
    (tmp_path / "runs" / "2001-01-01").mkdir()
    path.rename(tmp_path / "runs" / "2001-01-01" / path.name)
    with flightlog.open(tmp_path) as store:
        assert store.runs.query(EVERYTHING).items == []
        assert [run in damage.where for damage in store.runs.damage().items] == [True]


def test_a_journal_that_is_a_link_is_not_followed(tmp_path):
    run, path = journal(tmp_path, line(2))
    target = tmp_path / "target"
    path.rename(target)
    path.symlink_to(target)
    with flightlog.open(tmp_path) as store:
        assert not [found for found in store.runs.query(EVERYTHING).items if found.logs]
        assert run in store.runs.damage().items[0].where


def refusing(monkeypatch, module, name, where):
    """A call fails for what lies there, as it does on a disk that is breaking; returns what ends that."""
    real, broken = getattr(module, name), [True]

    def call(what, *rest):
        if broken and where in os.fsdecode(getattr(what, "path", what)):
            raise OSError(errno.EIO, os.strerror(errno.EIO), where)
        return real(what, *rest)

    monkeypatch.setattr(module, name, call)
    return broken.clear


def test_a_journal_that_could_not_be_read_for_a_while_is_not_damaged_afterwards(tmp_path, storage, monkeypatch):
    run, _ = journal(tmp_path, line(2), storage=storage)
    mended = refusing(monkeypatch, ingest, "find", run)
    for _ in range(2):
        with flightlog.open(tmp_path, storage=storage) as store:
            (found,) = store.runs.damage(run).items
            assert found.what == "the journal cannot be read: Input/output error"
            assert store.runs.get(run).damaged == 1
    mended()
    with flightlog.open(tmp_path, storage=storage) as store:
        assert [entry.message for entry in store.logs.query(run)] == ["x"]
        assert store.runs.damage(run).items == []
        assert store.runs.get(run).damaged == 0
        assert "damaged-line" not in {one.kind for one in store.upkeep.check()}


def test_a_folder_that_could_not_be_read_for_a_while_is_not_damaged_afterwards(tmp_path, monkeypatch):
    run, path = journal(tmp_path, line(2))
    mended = refusing(monkeypatch, index.os, "scandir", path.parent.name)
    with flightlog.open(tmp_path) as store:
        (found,) = store.runs.damage().items
        assert found.what == "the folder cannot be read: Input/output error"
        mended()
        assert [entry.message for entry in store.logs.query(run)] == ["x"]
        assert store.runs.damage().items == []


def test_a_question_of_a_run_whose_beginning_is_damaged_waits_for_nobody(tmp_path, storage):
    """Who wrote it is not known, and nobody holds its lock: it was not another program's that only asked."""
    asked = e.ApprovalRequested(seq=2, t="2026-11-20T10:00:00.000000Z", approval="a", question="Send it?")
    run, _ = journal(tmp_path, b"hello\n", e.encode(asked) + b"\n", storage=storage, first=False)
    with flightlog.open(tmp_path, storage=storage) as store:
        store.runs.totals()
        found = store.runs.get(run)
    assert (found.status, found.approvals_pending) == ("lost", 1)
    assert "nobody holds its lock" in found.evidence
