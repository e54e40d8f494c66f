"""What earlier releases recorded is read completely, by this release and every later one.

The fixtures are never made anew: a format or schema that follows gets fixtures of its own beside them.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.archive.flz_reader import Flz
from flightlog.backends.sql import migrations, schema
from flightlog.backends.sqlite.engine import open_database
from flightlog.core import events
from flightlog.core.errors import NotFound, StorageError
from flightlog.core.operations import new_order
from flightlog.core.query.query import EVERYTHING, parse

FIXTURES = Path(__file__).parent.parent / "fixtures"
FIRST = "The first mail of the day. " * 12
SECOND = "And the second one, with an umlaut: ä"


@pytest.fixture(autouse=True)
def _made_once() -> None:
    """Here the program itself makes every table."""


def format_1(folder: Path) -> None:
    """A data directory of journals."""
    shutil.copytree(FIXTURES / "format_1", folder, dirs_exist_ok=True)


def archive_1(folder: Path) -> None:
    """The same, but that the runs that have ended lie in the archive."""
    format_1(folder)
    shutil.copytree(FIXTURES / "archive_1", folder / "archive")
    for path in (folder / "archive").glob("*/*.flz"):
        for live in (folder / "runs").glob(f"*/{path.stem}.*"):
            live.unlink()


def schema_1(folder: Path) -> None:
    """A data directory with a database."""
    database_of(1, folder)


def schema_2(folder: Path) -> None:
    """The same runs, and one more with all that the second schema made room for."""
    database_of(2, folder)


def schema_3(folder: Path) -> None:
    """The same runs, and three more: one lies in the archive, one in the trash, and one was there."""
    database_of(3, folder)
    shutil.copytree(FIXTURES / "archive_3", folder / "archive")


def database_of(number: int, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "flightlog.db")) as database:
        database.executescript((FIXTURES / f"schema_{number}.sql").read_text("utf-8"))
    kinds = ("workflows", "logs", "metrics")
    told = "".join(f"  {kind}: {{type: sqlite, path: flightlog.db}}\n" for kind in kinds)
    (folder / "flightlog.yaml").write_text(f"storage:\n{told}")


@pytest.fixture(params=[format_1, archive_1, schema_1, schema_2, schema_3], ids=lambda make: make.__name__)
def store(request, tmp_path):
    request.param(tmp_path)
    with flightlog.open(tmp_path) as store:
        yield store


@pytest.fixture
def runs(store):
    return {run.name: run for run in store.runs.query(parse("workflow:triage")).items}


def test_every_run_with_its_facts(store, runs):
    assert {name: run.status for name, run in runs.items()} == {
        "morning mail": "completed",
        "retry": "failed",
        "later": "paused",
    }
    whole = runs["morning mail"]
    assert (whole.workflow, whole.version, whole.session, whole.project) == ("triage", 2, "ana", "mail")
    assert (whole.objective, whole.plan_id, whole.attempt) == ("sort the inbox", "plan-7", 1)
    assert (whole.started, whole.finished[:22]) == ("2026-11-19T10:00:00.004500Z", "2026-11-19T10:00:00.06")
    assert whole.meta == {"host_kind": "laptop", "reviewed": True}
    assert (whole.tags, whole.pinned, runs["retry"].notes) == (("good", "nightly"), True, 1)
    assert (whole.steps, whole.steps_done, whole.items, whole.items_failed) == (4, 4, 3, 1)
    assert (whole.logs, whole.warnings, whole.checkpoints, whole.messages) == (3, 1, 3, 1)
    assert (whole.tokens.input, whole.tokens.output, whole.tokens.cache_read) == (872, 88, 100)
    assert (whole.money.recorded_nanousd, whole.money.computed_nanousd, whole.money.unknown) == (3_100_000, 160_500, 1)
    assert whole.writer == events.Writer(pid=4312, host="host.example", pid_started="100")
    retry = runs["retry"]
    assert (retry.parent, retry.attempt, retry.error) == (whole.id, 2, "RuntimeError: 429 slow down")
    assert retry.from_checkpoint in {checkpoint.id for checkpoint in store.checkpoints.list(whole.id)}
    assert runs["later"].evidence == "until the quota is back"
    assert store.runs.damage().items == []
    assert [finding for finding in store.upkeep.check() if finding.severity == "error"] == []


def test_every_event_of_every_type(store, runs):
    found = set()
    for run in runs.values():
        lines = store.runs.events(run.id)
        assert [seq for seq, _ in lines] == list(range(1, run.events + 1))
        decoded = [events.decode(line) for _, line in lines]
        assert [events.encode(event) for event in decoded] == [line for _, line in lines]
        found |= {event.__struct_config__.tag for event in decoded}
    assert found == {
        *("run.started", "run.paused", "run.resumed", "run.finished", "run.meta", "graph.declared", "step.started"),
        *("step.finished", "log", "cost", "cost.priced", "checkpoint", "message", "approval.requested"),
        *("approval.decided", "artifact", "item", "metric", "snapshot"),
    }


def test_what_runs_are_made_of(store, runs):
    run = runs["morning mail"].id
    steps = {step.name: step for step in store.runs.steps(run)}
    assert [(step.name, step.status) for step in steps.values()] == [
        ("plan", "completed"),
        ("label", "completed"),
        ("look up", "completed"),
        ("report", "skipped"),
    ]
    assert (steps["label"].depends_on, steps["look up"].parent) == ((steps["plan"].id,), steps["label"].id)
    items = {item.row_number: (item.status, item.error) for item in store.runs.items(run).items}
    assert items == {1: ("completed", ""), 2: ("failed", "ValueError: no subject"), 3: ("skipped", "")}
    (message,) = store.runs.messages(run).items
    assert (message.sender, message.recipient, message.content) == ("labeller", "planner", {"label": "urgent"})
    (approval,) = store.runs.approvals(run)
    assert (approval.question, approval.status, approval.details) == ("Send 2 mails?", "expired", {"mails": 2})
    (artifact,) = store.runs.artifacts(run)
    assert (artifact.name, artifact.path, artifact.size) == ("summary.md", "/data/summary.md", 13)
    assert store.runs.snapshots(run) == {
        "plan": {"steps": ["plan", "label", "report"]},
        "input": {"mails": 3},
        "result": {"labelled": 2},
        "output": "done",
    }
    assert {(metric.name, metric.value) for metric in store.runs.metrics(run).items} == {
        ("labelled", 2.0),
        ("quality", 0.9),
    }
    assert [(cost.model, cost.provenance) for cost in store.runs.cost_records(run)] == [
        ("gpt-4o-mini", "computed"),
        ("our-model", "unknown"),
        ("claude-3-5-haiku-20241022", "recorded"),
    ]
    assert [(entry.level, entry.message) for entry in store.logs.query(run)] == [
        ("INFO", "3 mails"),
        ("DEBUG", "prompt of 812 tokens"),
        ("WARNING", "one mail had no subject"),
    ]
    assert [note.text for note in store.runs.notes(runs["retry"].id).items] == ["the quota again"]


def test_what_was_logged_before_there_was_an_index_is_found(store):
    assert [entry.message for entry in store.logs.search("tokens prompt", EVERYTHING)] == ["prompt of 812 tokens"]


def test_states_also_those_that_extend_others(store, runs):
    planned, labelled, again = store.checkpoints.list(runs["morning mail"].id)
    assert store.checkpoints.state(planned.id) == {"messages": [FIRST], "left": 3}
    state = store.checkpoints.state(labelled.id)
    assert (state["messages"], state["left"]) == ([FIRST, SECOND], 1)
    assert store.checkpoints.state(again.id) == {"messages": [], "left": 3}
    assert (labelled.parent, again.parent) == (planned.id, planned.id)
    assert {key.key for key in store.checkpoints.keys(labelled.id)} == {"messages", "left", "raw"}


def test_versions_sums_and_patterns(store):
    assert [(version.number, version.parents, version.author) for version in store.workflows.list("triage")] == [
        (1, (), "ana"),
        (2, (1,), "ana"),
    ]
    assert store.workflows.get("triage", 2).definition == "steps: [plan, label, report]\n"
    assert ("ana", 2) in [(group.id, group.runs) for group in store.runs.sessions().items]
    assert store.runs.count(parse("workflow:triage status:failed")) == 1
    assert store.runs.count(parse("workflow:triage")) == 3
    (pattern,) = store.metrics.patterns("triage")
    assert (pattern.name, pattern.count, len(pattern.evidence)) == ("quota", 1, 1)


def test_recording_goes_on(store, runs):
    run = store.resume(runs["later"].id)
    run.log("morning")
    run.finish()
    assert store.runs.get(run.id).status == "completed"
    assert store.runs.count(parse("status:completed")) == 2


@pytest.fixture
def second(tmp_path):
    schema_2(tmp_path)
    with flightlog.open(tmp_path) as store:
        yield store


def test_the_second_schema_a_run_that_tried_again(second):
    (run,) = second.runs.query(parse("workflow:letters")).items
    assert (run.name, run.objective, run.status) == ("Brief an Zoë", "Straße für Straße 🦊", "paused")
    assert (run.pinned, run.tags, run.meta) == (True, ("évening",), {"desk": "Süd", "note": "a\x00b"})
    assert [(step.name, step.attempt, step.status) for step in second.runs.steps(run.id)] == [
        ("write", 1, "failed"),
        ("write", 2, "completed"),
    ]
    assert [(cost.request_id, cost.nanousd) for cost in second.runs.cost_records(run.id)] == [
        ("req-41", None),
        ("req-42", 9600),
    ]
    assert [entry.seq for entry in second.logs.search("STRASSE 北京", EVERYTHING)] == [8]
    (approval,) = second.runs.approvals(run.id)
    assert (approval.answered, approval.note) == ("approved", "gern")
    assert second.runs.totals().runs == 4


def test_the_second_schema_who_did_what(second):
    acts = second.runs.acts(parse("workflow:letters")).items
    answered = acts[0].what
    assert [(act.by, act.action, act.what) for act in reversed(acts)] == [
        ("eva", "pin", ""),
        ("eva", "tag", "later"),
        ("ben", "untag", "later"),
        ("ben", "note", "die Größe stimmt"),
        ("eva", "score", "style"),
        ("ana", "approve", answered),
    ]
    assert acts[0].note == "gern"


def test_the_second_schema_versions_with_meta_and_one_that_was_deleted(second):
    first, gone, third = second.workflows.list("letters", deleted=True)
    assert (first.meta, third.meta) == ({"team": "post"}, {"team": "post", "tries": 2})
    assert (third.parents, third.author, third.note) == ((1, 2), "ben", "Größe")
    assert (gone.deleted.by, gone.deleted.note) == ("ana", "nobody prints")
    with pytest.raises(NotFound, match="was deleted"):
        second.workflows.get("letters", 2)


def test_the_second_schema_what_versions_came_to(second):
    outcome = second.metrics.summary("triage")
    assert (outcome.runs, outcome.completed, outcome.failed, outcome.money.known_nanousd) == (2, 1, 1, 3_260_500)


@pytest.fixture
def third(tmp_path):
    schema_3(tmp_path)
    with flightlog.open(tmp_path) as store:
        yield store


def test_the_third_schema_what_lies_in_the_archive_and_in_the_trash(third):
    runs = {run.name: run for run in third.runs.query(parse("workflow:parcels")).items}
    assert {name: (run.status, run.archived) for name, run in runs.items()} == {
        "packed": ("failed", True),
        "there again": ("cancelled", False),
    }
    packed = runs["packed"].id
    assert [entry.message for entry in third.logs.query(packed)] == ["packed: 3 kg"]
    assert third.upkeep.verify_archive(packed) is None
    (thrown,) = third.upkeep.trashed().items
    assert (thrown.name, thrown.by, thrown.status) == ("thrown away", "ben", "cancelled")
    done = [operation.kind for operation in third.upkeep.operations().items]
    assert done == ["trash", "undo", "trash", "archive"]


def test_the_third_schema_what_was_done_is_taken_back(third):
    trashed, _, _, archived = third.upkeep.operations().items
    for operation in (trashed, archived):
        assert [done.outcome for done in third.upkeep.undo(new_order(by="eva"), operation.id)] == ["done"]
    runs = third.runs.query(parse("workflow:parcels")).items
    assert [run.archived for run in runs] == [False] * 3
    assert [third.logs.query(run.id)[0].message for run in runs] == [f"{run.name}: 3 kg" for run in runs]


def test_the_third_schema_its_counts(third):
    totals = third.runs.totals()
    assert (totals.runs, totals.by_status["cancelled"], totals.by_status["failed"]) == (6, 1, 2)
    assert third.runs.count(parse("status:failed")) == 2 and third.runs.count(parse("status:failed -archived")) == 1


def times(folder: Path) -> dict[Path, int]:
    return {path: os.stat(path).st_mtime_ns for path in folder.rglob("*")}


def test_the_first_archives_are_whole_and_hold_the_files_that_they_came_from():
    live = FIXTURES / "format_1" / "runs" / "2026-11-19"
    paths = sorted((FIXTURES / "archive_1" / "2026-11").iterdir())
    assert len(paths) == 2
    for path in paths:
        with Flz.open(path, path.stem) as archive:
            archive.verify()
            for member, suffix in (("journal", ".jsonl"), ("states", ".states.jsonl")):
                file = live / f"{path.stem}{suffix}"
                if file.exists():
                    assert b"".join(archive.chunks(member)) == file.read_bytes()
            assert (
                archive.manifest.workflow == "triage" and archive.manifest.last_seq == archive.manifest.counts["events"]
            )
            assert b"".join(archive.chunks("annotations")).count(path.stem.encode()) > 0


def test_reading_only_leaves_no_trace(tmp_path):
    format_1(tmp_path)
    before = times(tmp_path)
    with flightlog.open(tmp_path, read_only=True) as store:
        assert store.runs.count(EVERYTHING) == 3
    assert times(tmp_path) == before


@pytest.mark.parametrize("number", range(1, int(migrations.HEAD)))
def test_reading_only_an_older_schema_says_what_to_do_and_leaves_no_trace(number, tmp_path):
    database_of(number, tmp_path)
    before = times(tmp_path)
    with pytest.raises(StorageError, match=r"older schema .*flightlog.db.*open it once for writing"):
        flightlog.open(tmp_path, read_only=True).runs.count(EVERYTHING)
    assert times(tmp_path) == before


@pytest.mark.parametrize("number", [1, 2])
def test_a_revision_makes_what_was_released(number, tmp_path, monkeypatch):
    """A change of the tables is a revision of its own: databases in the field have gone through these."""
    database_of(number, tmp_path)
    for module in (migrations, schema):
        monkeypatch.setattr(module, "HEAD", f"{number:04}")
    open_database(tmp_path / "new.db", truth=True).close()
    assert ddl(tmp_path / "new.db") == ddl(tmp_path / "flightlog.db")


def ddl(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {" ".join(sql.replace('"', "").split()) for (sql,) in found}
