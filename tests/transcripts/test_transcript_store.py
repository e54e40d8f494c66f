"""A folder of transcripts as a store: what is read of it, what is refused, and what is carried out of it."""

import builtins
import json
import os
import zlib
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.backends.moving import backing_up
from flightlog.backends.sources.open_source import open_source
from flightlog.backends.sources.opening import index_path
from flightlog.core.events import decode
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.cli.main import main
from recorded_transcripts import aged

TWO_TOOLS, KILLED = "3e3f9a73", "df620dee"


def call(*words, code=0):
    result = CliRunner().invoke(main, list(map(str, words)))
    assert result.exit_code == code, (result.output, result.exception)
    assert not any(bad in result.output for bad in "\x1b\x07\u202e")
    return result.output


def files(folder):
    """All that lies there, and its bytes."""
    return {path: path.read_bytes() if path.is_file() else b"" for path in Path(folder).rglob("*")}


def run_of(place, name):
    with flightlog.open(place, create=False) as store:
        runs = store.runs.query(EVERYTHING, limit=1000).items
        return next(run.id for run in runs if run.source_id.startswith(name))


def path_of(claude, name):
    (path,) = claude.rglob(f"*{name}*.jsonl")
    return path


CHANGES = {
    "pin": "pin {run}",
    "unpin": "unpin {run}",
    "tag": "tag {run} x",
    "note": "note {run} hello",
    "rm": "rm {run} --yes",
    "archive": "archive {run} --yes",
    "restore": "restore {run}",
    "retain": "retain --policy {policy} --apply --yes",
    "undo": "undo",
    "trash": "trash",
    "compact": "compact --yes",
    "save": "save triage {policy}",
    "delete": "delete triage@1 --yes",
    "backup into it": "backup {data} --data {own}",
    "backup into it, as files": "backup file:{data} --data {own}",
    "migrate into it": "migrate --to {data} --data {own}",
    "migrate into it, as files": "migrate --to file:{data} --data {own}",
    "migrate into it, as a database": "migrate --to sqlite:{data} --data {own}",
    "migrate within it": "migrate --to sqlite:{data}/flightlog.db",
}


@pytest.mark.parametrize("words", CHANGES.values(), ids=CHANGES)
def test_every_change_is_refused_by_one_sentence_and_nothing_of_ours_comes_into_it(claude, tmp_path, words):
    policy, own = tmp_path / "policy.yaml", tmp_path / "own"
    policy.write_text("retention: [{match: 'status:completed', keep: {last: 1}, then: trash}]\n")
    with flightlog.open(own, storage="file") as store, store.run("triage"):
        pass
    before, run = files(claude), run_of(claude, TWO_TOOLS)
    told = words.format(run=run, data=claude, own=own, policy=policy).split()
    said = call(*told, *([] if "--data" in told else ["--data", claude]), code=2 if "migrate" in told else 1)
    assert "only read" in said or "no version" in said
    assert len(said.splitlines()) == 1 and said.startswith("flightlog: ")
    assert files(claude) == before


def test_what_is_in_force_there_is_only_where_it_lies(claude):
    assert [line.split() for line in call("config", "--data", claude).splitlines()[1:]] == [
        ["data", str(claude), "the", "place", "that", "was", "named"]
    ]


def test_a_folder_with_hidden_ones_that_hold_transcripts_is_none_itself(claude, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    claude.rename(home / ".claude")
    with flightlog.open(home, create=False) as store:
        assert not store.read_only  # nothing lies there yet
    assert call("ls", "--json", "--limit", "1", "--data", home / ".claude").startswith("{")


def test_every_event_is_decoded_and_its_checksum_holds(claude):
    with flightlog.open(claude, create=False) as store:
        runs = store.runs.query(EVERYTHING, limit=1000).items
        ids = {run.id: run.events for run in runs}
    assert len(ids) > 10
    for run, events in ids.items():
        lines = CliRunner().invoke(main, ["events", run, "--data", str(claude)]).stdout_bytes.splitlines()
        assert [decode(line).seq for line in lines] == list(range(1, events + 1))
        assert all(checksum_of(line) == line[-10:-2] for line in lines)


def checksum_of(line):
    return b"%08x" % zlib.crc32(line[: line.rindex(b',"crc"')])


@pytest.mark.parametrize("to", ["sqlite", "file"])
def test_what_is_carried_out_of_it_is_compared_and_what_grew_is_carried_again(claude, tmp_path, to):
    path = path_of(claude, KILLED)
    aged(path, 0)
    place = f"{to}:{tmp_path / 'there'}{'/flightlog.db' if to == 'sqlite' else ''}"
    told = json.loads(call("migrate", "--to", place, "--json", "--data", claude))
    runs = told["runs"]
    assert (told["findings"], told["verified"]["runs"], told["switched"]) == ([], runs, "")
    assert told["going_on"] == [run_of(claude, KILLED)]
    with path.open("ab") as file:
        file.write(said(path, "And now?"))
    told = json.loads(call("migrate", "--to", place, "--json", "--data", claude))
    assert (told["findings"], told["verified"]["runs"], told["runs"], told["events"] > 2) == ([], runs, 1, True)
    again = call("backup", place, "--data", claude)
    assert again.startswith("carried 0 events of 0 runs") and f"{run_of(claude, KILLED)} went on" in again
    assert call("verify", claude, place).startswith("both hold the same")


def test_what_is_said_while_it_is_carried_is_no_difference(claude, tmp_path, monkeypatch):
    path = path_of(claude, KILLED)
    aged(path, 0)
    real = backing_up.Comparison

    def late(*ends):
        with path.open("ab") as file:
            file.write(said(path, "One more"))
        return real(*ends)

    monkeypatch.setattr(backing_up, "Comparison", late)
    for verb in (["migrate", "--to"], ["backup"]):
        told = json.loads(call(*verb, f"sqlite:{tmp_path / 'there' / 'x.db'}", "--json", "--data", claude))
        assert told["findings"] == []


def said(path, text):
    """A line in which a person asks for something."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {"sessionId": path.stem, "timestamp": now, "cwd": "/home/ana/mail-triage", "uuid": f"u-{text}"}
    return json.dumps(line | {"type": "user", "message": {"role": "user", "content": text}}).encode() + b"\n"


def rows(*words):
    return [json.loads(line) for line in call(*words, "--json").splitlines()]


@pytest.mark.parametrize("joined", [False, True])
def test_what_it_takes_is_told_by_workflow_and_run_and_adds_up_to_its_files(claude, tmp_path, joined):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "flightlog.yaml").write_text(f"sources:\n  - {{type: transcripts, path: {claude}}}\n")
    data, above = (tmp_path / "own", [f":{claude}"]) if joined else (claude, [])
    top = rows("space", *above, "--data", data)
    whole = sum(path.stat().st_size for path in claude.rglob("*-*.jsonl"))
    assert {row["of_bytes"] for row in top} == {whole} == {sum(row["size_bytes"] for row in top if not row["apart"])}
    assert {"mail-triage", "web-shop", ":index"} <= {row["name"] for row in top}
    runs = rows("space", *above, "web-shop", "--data", data)
    sizes = {path.stem: path.stat().st_size for path in claude.rglob("*.jsonl")}
    assert runs and all(row["size_bytes"] == sizes[row["run"]["source_id"]] for row in runs)
    assert rows("space", *above, "web-shop", runs[0]["name"], "--data", data) == []
    assert "nothing there takes room" in call("space", *above, "nobody", "--data", data, code=1)


def test_the_index_takes_what_lies_beside_it_as_well(claude):
    with closing(open_source(claude)) as store:
        store.runs.query(EVERYTHING)
        store.upkeep.sizes()
        index = index_path(claude.resolve())
        beside = [path for path in index.parent.iterdir() if path.name in (f"{index.name}-wal", f"{index.name}-shm")]
        assert len(beside) == 2
        assert store.upkeep.sizes()["index"] == sum(path.stat().st_size for path in (index, *beside))


def test_what_is_no_file_holds_nobody_up_and_any_name_is_read(claude):
    folder = path_of(claude, TWO_TOOLS).parent
    listed = len(rows("ls", "--limit", "1000", "--data", claude))
    os.mkfifo(folder / f"{uuid4()}.jsonl")
    (folder / f"{uuid4()}.jsonl").mkdir()
    (folder / f"{uuid4()}.jsonl").symlink_to("/dev/zero")
    (folder / f"{uuid4()}.jsonl").symlink_to(claude / "nowhere")
    for n in range(10):
        (folder / f"00000000-0000-0000-0000-00000000000{n}.jsonl").touch()
    strange = Path(os.fsdecode(os.fsencode(folder.parent) + b"/-\xff\n\x1b[31m"))
    strange.mkdir()
    copy = strange / f"{uuid4()}.jsonl"
    copy.write_bytes(path_of(claude, TWO_TOOLS).read_bytes() + b"torn {\n")
    assert len(rows("ls", "--limit", "1000", "--data", claude)) == listed + 1
    assert call("doctor", "--data", claude, code=3).count(copy.stem) == 1
    copy.unlink()
    assert len(rows("ls", "--limit", "1000", "--data", claude)) == listed


def test_a_transcript_that_cannot_be_read_is_named(claude, monkeypatch):
    path, real = path_of(claude, TWO_TOOLS), builtins.open

    def refusing(file, *more, **named):
        if str(file) == str(path):
            raise PermissionError(13, "Permission denied", file)
        return real(file, *more, **named)

    with flightlog.open(claude, create=False) as store:
        monkeypatch.setattr(builtins, "open", refusing)
        found = [one for one in store.upkeep.check() if one.kind == "unreadable-transcript"]
        assert [(one.where, one.what) for one in found] == [
            (str(path), "a transcript cannot be read: Permission denied")
        ]
        monkeypatch.undo()


def test_what_is_empty_is_not_opened(claude, monkeypatch):
    folder = path_of(claude, TWO_TOOLS).parent
    empty = [folder / f"{uuid4()}.jsonl" for _ in range(50)]
    for path in empty:
        path.touch()
    opened, real = [], builtins.open
    monkeypatch.setattr(
        builtins, "open", lambda path, *more, **named: opened.append(str(path)) or real(path, *more, **named)
    )
    with flightlog.open(claude, create=False) as store:
        store.runs.totals()
        assert not set(map(str, empty)) & set(opened)
        empty[0].write_bytes(said(empty[0], "Hello"))
        os.utime(folder)
        store.runs.totals()
        assert any(run.source_id == empty[0].stem for run in store.runs.query(EVERYTHING, limit=1000).items)


def test_a_copy_is_kept_where_nothing_was_recorded_yet(claude, tmp_path):
    """A folder that somebody configured for that: whoever only looks makes no store there, who keeps something does."""
    vault = tmp_path / "vault"
    vault.mkdir()
    (vault / "flightlog.yaml").write_text(f"sources:\n  - {{type: transcripts, path: {claude}}}\n")
    original = run_of(vault, "3e3f9a73")
    assert not (vault / "flightlog.db").exists()
    call("--data", vault, "archive", original, "--yes")
    (copy,) = rows("--data", vault, "ls", "archived")
    assert (copy["objective"], copy["archived"]) == ("Which mails have no folder yet?", True)
    path_of(claude, "3e3f9a73").unlink()
    assert call("--data", vault, "events", copy["id"]).count("\n") == copy["events"]
    call("--data", vault, "restore", copy["id"], "--yes")
    assert [row["id"] for row in rows("--data", vault, "ls", f"id:{copy['id']}")] == [copy["id"]]
    call("--data", vault, "undo", "--yes")
    assert [row["id"] for row in rows("--data", vault, "ls", "archived")] == [copy["id"]]
