"""The index of a folder of transcripts: what is new is taken in, once, in whatever portions and whatever order."""

import builtins
import json
import os
import random
import shutil
from pathlib import Path

import msgspec
import pytest
from flightlog.backends.sources import processes
from flightlog.backends.sources.transcripts import index as indexing
from flightlog.backends.sources.transcripts import tables, taking
from flightlog.backends.sources.transcripts.bodies import TranscriptBodies
from flightlog.backends.sources.transcripts.index import TranscriptIndex
from flightlog.backends.sources.transcripts.store import FORMATS
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import Corrupt, NotFound, StorageError
from flightlog.core.events import RunStarted
from recorded_transcripts import LONG_AGO, aged, rows_of, told_by

TWO_TOOLS, FORK, KILLED = "3e3f9a73", "f55f3bdd", "df620dee"


pytestmark = pytest.mark.usefixtures("always_walking")


def path_of(claude, name):
    (path,) = claude.rglob(f"*{name}*.jsonl")
    return path


def grown(index, path, data):
    """The file with something at its end, seen as written long ago."""
    with path.open("ab") as file:
        file.write(data)
    aged(path, LONG_AGO - 1)
    index.refresh()


def test_the_same_is_told_whether_a_transcript_is_read_at_once_or_as_it_grows(claude, index_of, tmp_path):
    at_once = told_by(index_of(claude))
    for name in (TWO_TOOLS, FORK, KILLED, "b26371ed", "agent-af52"):
        source = path_of(claude, name)
        alone = tmp_path / name / "projects" / "x" / source.name
        alone.parent.mkdir(parents=True)
        alone.write_bytes(b"")
        index = index_of(tmp_path / name)
        portions = source.read_bytes().splitlines(keepends=True)
        # A line also comes in two pieces.
        pieces = [piece for line in portions for piece in (line[: len(line) // 2], line[len(line) // 2 :])]
        for piece in pieces:
            with alone.open("ab") as file:
                file.write(piece)
            index.refresh()
        aged(alone, LONG_AGO)
        index.refresh()
        (grew,) = told_by(index).values()
        whole = told_by(index_of(tmp_path / name))[source.stem]
        kinds = [(type(one), getattr(one, "step", None)) for one in grew]
        assert kinds == [(type(one), getattr(one, "step", None)) for one in whole]
        if name not in (FORK, "agent-af52"):  # these refer to another transcript, which is not there
            assert kinds == [(type(one), getattr(one, "step", None)) for one in at_once[source.stem]]


@pytest.mark.parametrize("name", [TWO_TOOLS, "0543ffdc", "b26371ed", "c12e2860", KILLED])
def test_however_long_it_is_silent_in_between_the_same_is_told(claude, index_of, tmp_path, name):
    """So that what was carried elsewhere is the same after the index was thrown away."""
    source = path_of(claude, name)
    whole = told_by(index_of(claude))[source.stem]
    alone = tmp_path / "alone" / "projects" / "x" / source.name
    alone.parent.mkdir(parents=True)
    alone.write_bytes(b"")
    index = index_of(tmp_path / "alone")
    for line in source.read_bytes().splitlines(keepends=True):
        grown(index, alone, line)
    told = told_by(index)[source.stem]
    assert [msgspec.structs.replace(one, run="") if type(one) is RunStarted else one for one in told] == [
        msgspec.structs.replace(one, run="") if type(one) is RunStarted else one for one in whole
    ]


def test_portions_however_small_tell_the_same(claude, index_of, monkeypatch):
    whole = told_by(index_of(claude))
    monkeypatch.setattr(taking, "PORTION", 1)
    monkeypatch.setattr(indexing, "PORTION", 1)
    assert told_by(index_of(claude)) == whole


def test_whichever_is_read_first_a_request_is_paid_by_who_began_first(claude, index_of):
    paid = rows_of(index_of(claude), "nanousd", "input_tokens")
    for seed in range(4):
        for path in claude.rglob("*.jsonl"):
            aged(path, LONG_AGO + random.Random(f"{seed}{path.name}").randint(1, 1000))
        assert rows_of(index_of(claude), "nanousd", "input_tokens") == paid


def test_where_the_original_goes_what_its_fork_repeats_is_paid_by_the_fork(claude, index_of):
    index = index_of(claude)
    first = path_of(claude, "0543ffdc")
    before = rows_of(index, "nanousd")
    first.unlink()
    index.refresh()
    after = rows_of(index, "nanousd")
    fork = path_of(claude, FORK).stem
    assert first.stem not in after
    assert after[fork][0] == before[fork][0] + before[first.stem][0]
    assert {name: told for name, told in after.items() if name != fork} == {
        name: told for name, told in before.items() if name not in (fork, first.stem)
    }


def test_a_line_that_is_none_is_named_and_the_next_is_read(claude, index_of):
    path = path_of(claude, TWO_TOOLS)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], b'{"type": "user", torn\n', b"\xff\xfe\n", *lines[4:]]))
    aged(path, LONG_AGO)
    index = index_of(claude)
    assert rows_of(index, "damaged", "status")[path.stem] == (2, "completed")
    with index.database.read() as connection:
        found = connection.exec_driver_sql("SELECT place, what, raw FROM damage").all()
    assert [row.what for row in found] == ["a line is no object of JSON"] * 2
    assert all(str(path) in row.place for row in found)


def test_a_file_that_became_another_is_told_anew(claude, index_of):
    index = index_of(claude)
    path, other = path_of(claude, TWO_TOOLS), path_of(claude, "c12e2860")
    text = other.read_bytes()
    path.write_bytes(text)
    aged(path, LONG_AGO - 5)
    index.refresh()
    assert rows_of(index, "objective")[path.stem] == ("The test of the cart fails. Please fix it.",)
    assert len(told_by(index)[path.stem]) > 10


def test_what_is_not_there_any_more_is_said_and_what_is_another_as_well(claude, index_of):
    index = index_of(claude)
    path = path_of(claude, TWO_TOOLS)
    bodies, (run, seq) = TranscriptBodies(index), next(iter(_addressed(index, path)))
    data = path.read_bytes()
    path.write_bytes(b"{}".ljust(len(data)))
    with pytest.raises(Corrupt, match="another than was read"):
        bodies.line(run, seq)
    path.unlink()
    with pytest.raises(NotFound, match="not there any more"):
        bodies.line(run, seq)
    assert bodies.picked([(run, seq)]) == {}
    with pytest.raises(NotFound, match="has no event 9999"):
        bodies.line(run, 9999)


def _addressed(index, path):
    with index.database.read() as connection:
        sql = "SELECT a.run, a.seq FROM transcript_addresses a JOIN transcripts t ON t.run = a.run"
        return [
            tuple(row)
            for row in connection.exec_driver_sql(f"{sql} WHERE t.path = ? AND a.line IS NULL", (os.fsencode(path),))
        ]


def test_who_looks_again_opens_nothing_and_another_process_goes_on_from_there(claude, index_of, tmp_path, monkeypatch):
    first = index_of(claude, tmp_path / "index.db")
    opened = []
    real = builtins.open
    monkeypatch.setattr(builtins, "open", lambda path, *more: opened.append(str(path)) or real(path, *more))
    first.refresh()
    second = index_of(claude, tmp_path / "index.db")
    assert [path for path in opened if path.endswith(".jsonl")] == []
    path = path_of(claude, TWO_TOOLS)
    grown(second, path, _prompt(path, "And now?"))
    assert {one for one in opened if one.endswith(".jsonl")} == {str(path)}
    opened.clear()
    first.refresh()
    assert rows_of(first, "steps")[path.stem] == rows_of(second, "steps")[path.stem] == (4,)
    assert len({event.seq for event in told_by(first)[path.stem]}) == len(told_by(first)[path.stem])


def _prompt(path, text):
    session = {"sessionId": path.stem, "timestamp": "2026-11-22T20:00:00.000Z", "cwd": "/home/ana/mail-triage"}
    line = session | {"type": "user", "uuid": f"u-{text}", "message": {"role": "user", "content": text}}
    return json.dumps(line).encode() + b"\n"


def test_only_what_is_new_of_a_transcript_is_read(claude, index_of, monkeypatch):
    index = index_of(claude)
    path = path_of(claude, "0e594f7d")  # 70 kB
    read = []
    real = taking.decoded
    monkeypatch.setattr(taking, "decoded", lambda data: read.append(len(data)) or real(data))
    new = _prompt(path, "one more")
    grown(index, path, new)
    assert read == [len(new)]


def test_settings_alone_are_no_run_until_something_is_asked(tmp_path, index_of):
    path = tmp_path / "projects" / "x" / "3e3f9a73-034c-49f7-85e6-343e16b5797d.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"type":"mode","mode":"normal","sessionId":"s"}\n{"type":"file-history-snapshot"}\n')
    index = index_of(tmp_path)
    assert told_by(index) == {}
    grown(index, path, _prompt(path, "Hello"))
    assert rows_of(index, "objective", "status")[path.stem] == ("Hello", "lost")


def test_who_begins_needs_not_open_again_what_held_settings_alone(tmp_path, index_of, monkeypatch):
    path = tmp_path / "projects" / "x" / "3e3f9a73-034c-49f7-85e6-343e16b5797d.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"type":"mode","mode":"normal","sessionId":"s"}\n')
    index_of(tmp_path, tmp_path / "index.db")
    opened = []
    real = taking.opened
    monkeypatch.setattr(taking, "opened", lambda path: opened.append(path) or real(path))
    index = index_of(tmp_path, tmp_path / "index.db")
    assert opened == []
    grown(index, path, _prompt(path, "Hello"))
    assert (opened, rows_of(index, "objective")[path.stem]) == ([str(path)], ("Hello",))
    path.unlink()
    index.refresh()
    with index.database.read() as connection:
        kept = [
            connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in ("transcripts", "transcripts_silent")
        ]
    assert kept == [[], []]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Where a process of this machine says that it is, whatever the machine says of itself."""
    (tmp_path / "machine-id").write_text(f"{'0' * 32}\n")
    monkeypatch.setattr(processes, "_MACHINE", tmp_path / "machine-id")
    return {"pidDomain": processes.domain()}


def test_a_turn_goes_on_while_its_process_lives_and_is_lost_with_it(claude, index_of, here):
    path = path_of(claude, KILLED)
    aged(path, 0)
    processes = claude / "sessions"
    processes.mkdir()
    began = Path("/proc/self/stat").read_text().split()[21]
    told = {"pid": os.getpid(), "sessionId": path.stem, "procStart": began, **here}
    (processes / "1.json").write_text(json.dumps(told))
    index = index_of(claude)
    assert rows_of(index, "status")[path.stem] == ("running",)
    (processes / "1.json").write_text(json.dumps(told | {"procStart": "1"}))
    index._due = dict.fromkeys(index._due, 0.0)
    index.refresh()
    evidence = f"pid {os.getpid()} is gone, in the middle of a turn"
    assert rows_of(index, "status", "evidence")[path.stem] == ("lost", evidence)
    grown(index, path, _prompt(path, "Go on"))
    assert rows_of(index, "status")[path.stem] == ("lost",)  # what was asked then nobody answers


def test_who_asks_once_is_told_how_a_run_stands_now(claude, index_of, tmp_path, here):
    """As a verb of the command line does, which finds in the index what another process knew."""
    path = path_of(claude, KILLED)
    aged(path, 0)
    assert rows_of(index_of(claude, tmp_path / "index.db"), "status")[path.stem] == ("running",)
    (claude / "sessions").mkdir()
    (claude / "sessions" / "1.json").write_text(json.dumps({"pid": 2**22 + 1, "sessionId": path.stem, **here}))
    assert rows_of(index_of(claude, tmp_path / "index.db"), "status")[path.stem] == ("lost",)


def test_who_waits_for_a_permission_is_waiting_until_he_has_it(claude, index_of):
    path = path_of(claude, KILLED)
    (claude / "sessions").mkdir()
    process = {"pid": os.getpid(), "sessionId": path.stem, "status": "waiting", "waitingFor": "permission prompt"}
    (claude / "sessions" / "1.json").write_text(json.dumps(process))
    index = index_of(claude)
    assert rows_of(index, "status", "evidence")[path.stem] == ("waiting", "permission prompt")
    (claude / "sessions" / "1.json").write_text(json.dumps(process | {"status": "busy"}))
    index._due = dict.fromkeys(index._due, 0.0)
    index.refresh()
    assert rows_of(index, "status", "evidence")[path.stem] == ("running", "")


def test_a_session_of_which_no_process_says_anything_is_lost_after_a_minute(claude, index_of):
    path = path_of(claude, KILLED)
    (claude / "sessions").mkdir()
    aged(path, 0)
    assert rows_of(index_of(claude), "status")[path.stem] == ("running",)
    aged(path, 70)
    evidence = "no process says that it is at work on it, in the middle of a turn"
    assert rows_of(index_of(claude), "status", "evidence")[path.stem] == ("lost", evidence)


def test_a_subagent_says_no_end_and_has_ended_when_its_answer_was_the_last_word(claude, index_of):
    path = path_of(claude, "agent-af52")
    aged(path, 0)
    index = index_of(claude)
    assert rows_of(index, "status")[path.stem] == ("running",)
    aged(path, 61)
    index.refresh()
    assert rows_of(index, "status", "finished")[path.stem] == ("completed", "2026-11-22T19:12:17.902000Z")


def test_a_folder_that_cannot_be_looked_into_takes_nothing_else_along(claude, index_of, monkeypatch):
    real = os.scandir

    def scandir(folder):
        if "web-shop" in str(folder):
            raise PermissionError(13, "Permission denied", folder)
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    workflows = {told[0] for told in rows_of(index_of(claude), "workflow").values()}
    assert workflows == {"mail-triage"}


def test_who_is_stopped_between_two_portions_goes_on_from_there(claude, index_of, tmp_path, monkeypatch):
    whole = told_by(index_of(claude))
    monkeypatch.setattr(taking, "PORTION", 2_000)
    monkeypatch.setattr(indexing, "PORTION", 2_000)
    index = TranscriptIndex(claude, FORMATS, open_database(tmp_path / "index.db", truth=False))
    left = iter(range(30))
    real = index._take_some

    def take_some(connection, wanted, most):
        found = real(connection, wanted, most)
        if next(left, None) is None:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(index, "_take_some", take_some)
    with pytest.raises(KeyboardInterrupt):
        index.refresh()
    with index.database.read() as connection:
        sql = 'SELECT count(*) FROM transcripts WHERE "offset" < size'
        assert connection.exec_driver_sql(sql).scalar_one() == 1
    index.database.close()
    found = index_of(claude, tmp_path / "index.db")
    assert told_by(found) == whole
    monkeypatch.setattr(index, "_take_some", real)


def test_who_was_stopped_and_looks_again_misses_nothing(claude, index_of, monkeypatch):
    whole = told_by(index_of(claude))
    index = TranscriptIndex(claude, FORMATS, open_database(None, truth=False))
    real = index._taker.take
    left = iter(range(5))

    def take(*given):
        if next(left, None) is None:
            raise StorageError("no room")
        return real(*given)

    monkeypatch.setattr(index._taker, "take", take)
    with pytest.raises(StorageError):
        index.refresh()
    monkeypatch.setattr(index._taker, "take", real)
    index.refresh()
    assert told_by(index) == whole
    index.database.close()


def test_a_version_that_tells_lines_in_another_way_tells_all_anew(claude, index_of, tmp_path, monkeypatch):
    first = index_of(claude, tmp_path / "index.db")
    whole = told_by(first)
    with first.database.write() as connection:  # and that has other columns
        connection.exec_driver_sql("ALTER TABLE transcripts ADD COLUMN more TEXT NOT NULL DEFAULT ''")
        connection.exec_driver_sql("ALTER TABLE transcripts DROP COLUMN tail")
    monkeypatch.setattr(tables, "WAY", "another")
    read = []
    real = taking.decoded
    monkeypatch.setattr(taking, "decoded", lambda data: read.append(data) or real(data))
    second = index_of(claude, tmp_path / "index.db")
    assert told_by(second) == whole
    assert len(read) > 300
    read.clear()
    index_of(claude, tmp_path / "index.db")
    assert read == []


def test_the_index_can_be_thrown_away(claude, index_of, tmp_path):
    first = index_of(claude, tmp_path / "one.db")
    rows = rows_of(first, "id", "status", "nanousd", "steps", "events")
    shutil.copytree(claude, tmp_path / "elsewhere")
    assert rows_of(index_of(claude, tmp_path / "two.db"), "id", "status", "nanousd", "steps", "events") == rows
