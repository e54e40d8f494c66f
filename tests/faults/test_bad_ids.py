"""Ids that are paths, too long, or twins: refused by the API, harmless as files that somebody dropped in."""

import os

import flightlog
import pytest
from corpus import CORPUS
from flightlog.backends.journal.layout import Layout
from flightlog.core import events as e
from flightlog.core.errors import Conflict, FlightlogError
from flightlog.core.ids import new_ulid
from flightlog.core.query.query import EVERYTHING, parse

BAD = [
    "..", ".", "", "/", "/etc/passwd", "a/b", "a/../../b", "../x", "a\nb", "a\0b", " a", "a ", "~", "-rf", "a" * 300,
    "a" * 129, "a.", "%2e%2e", "a\\b", "CON:", "*", "$(touch PWNED)", "`id`", ";id", "a\rb", "é", "e\u0301", "\u202ea",
    "a\u200bb", "\ud800", "[x]", "'", '"', "a:b", "..\\..", "_a", ".hidden",
]  # fmt: skip


@pytest.fixture(params=["file", "sqlite"])
def storage(request):
    return request.param


@pytest.fixture
def store(tmp_path, storage):
    with flightlog.open(tmp_path / "data", storage=storage) as store:
        store.runs.totals()
        yield store


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if ".flightlog" not in path.parts)


def test_a_bad_id_is_refused_and_leaves_nothing(tmp_path, store):
    before = tree(tmp_path)
    for bad in [*BAD, *(text for text in CORPUS.values() if len(text) < 60)]:
        refuse(store, bad)
        assert tree(tmp_path) == before, repr(bad)


def refuse(store, bad):
    """Offers an id, or asks for it, in every place that takes one: each refuses with an error of ours."""
    calls = [
        lambda: store.run("triage", id=bad or "x"),
        lambda: store.workflows.store(bad, "a: 1\n"),
        lambda: store.resume(bad),
        lambda: store.runs.get(bad),
        lambda: store.runs.steps(bad),
        lambda: list(store.runs.events(bad)),
        lambda: store.logs.query(bad),
        lambda: store.checkpoints.list(bad),
        lambda: store.checkpoints.state(bad),
        lambda: store.workflows.get(bad, 1),
    ]
    if bad:  # (an empty one is none)
        calls += [
            lambda: store.run(bad),
            lambda: store.run("w", session=bad),
            lambda: store.run("w", project=bad),
        ]
    for call in calls:
        with pytest.raises(FlightlogError):
            call()


def test_upper_case_twins_of_a_run_are_no_run_ids(store):
    run = store.run("w")
    with pytest.raises(FlightlogError):
        store.run("w", id=run.id.upper())
    with pytest.raises(Conflict):
        store.run("w", id=run.id)
    run.finish()
    assert store.runs.totals().runs == 1


def test_workflows_that_differ_in_case_are_a_conflict(store):
    store.workflows.store("Triage", "a: 1\n")
    with pytest.raises(Conflict):
        store.workflows.store("triage", "a: 1\n")


def journal_text(run):
    lines = (
        e.RunStarted(seq=1, t="2026-11-20T10:00:00.000000Z", run=run, workflow="w"),
        e.Logged(seq=2, t="2026-11-20T10:00:00.000000Z", level="INFO", message="x"),
    )
    return b"".join(e.encode(line) + b"\n" for line in lines)


def test_files_dropped_among_the_runs_hinder_nobody(tmp_path, storage):
    with flightlog.open(tmp_path / "data", storage=storage) as store, store.run("w", name="good") as run:
        pass
    layout = Layout(tmp_path / "data", spooled=storage == "sqlite")
    folder = layout.journal(run.id).parent
    canary = tmp_path / "canary.jsonl"
    canary.write_bytes(journal_text(run.id))
    before = canary.read_bytes()
    dropped = []
    for bad in [run.id.upper(), *BAD]:
        name = (
            os.fsencode(bad.replace("/", "_").replace("\0", "").encode("utf-8", "replace").decode())[:240] + b".jsonl"
        )
        path = os.path.join(os.fsencode(folder), name)
        with open(path, "wb") as file:
            file.write(journal_text("../../etc/passwd"))
        dropped.append(path)
    with open(os.path.join(os.fsencode(folder), b"\xff\xfe.jsonl"), "wb") as file:
        file.write(b"junk\n")
    link = new_ulid()
    layout.journal(link).symlink_to(canary)
    made = new_ulid()
    os.mkfifo(layout.journal(made))
    (folder / f"{new_ulid()}.jsonl").mkdir()
    (layout.runs / "..hidden").mkdir()
    with flightlog.open(tmp_path / "data") as store:
        names = [found.name for found in store.runs.query(EVERYTHING).items]
        assert [name for name in names if name] == ["good"]
        assert store.runs.query(parse("good")).items[0].status == "completed"
        list(store.upkeep.check())
    assert canary.read_bytes() == before
    assert all(os.path.exists(path) for path in dropped)


def test_a_journal_that_says_it_is_another_run(tmp_path, storage):
    """The file's name says which run it is, whatever is in it."""
    flightlog.open(tmp_path / "data", storage=storage).close()
    layout, run, other = Layout(tmp_path / "data", spooled=storage == "sqlite"), new_ulid(), new_ulid()
    layout.journal(run).parent.mkdir(parents=True, exist_ok=True)
    layout.journal(run).write_bytes(journal_text(other))
    with flightlog.open(tmp_path / "data") as store:
        assert [found.id for found in store.runs.query(EVERYTHING).items] == [run]
