"""Copies of a source's runs in the archive of the store beside which they are shown: whole, told as copies."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.backends.archive.flz_reader import Flz
from flightlog.core.choosing import chosen, refusal
from flightlog.core.copies import copied_from, copy_id
from flightlog.core.errors import NotFound, NotSupported
from flightlog.core.operations import new_order
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.tui.app import FlightlogApp
from flightlog.tui.cli.main import main

DONE = ["done"]


@pytest.fixture
def source(twenty, tmp_path):
    """A database that no other test reads: of its bytes none may change."""
    return shutil.copy(twenty.path, tmp_path / "mail bot.sqlite")


@pytest.fixture(params=["file", "sqlite", "postgres"])
def folder(request, tmp_path, source):
    """A data directory with a run of its own, beside which the database is shown."""
    folder = tmp_path / "data"
    folder.mkdir()
    config = f"sources:\n  - {{type: langgraph, path: {json.dumps(str(source))}}}\n"
    if request.param == "postgres":
        url = request.getfixturevalue("new_postgres_url")()
        config += f"storage: {{logs: {{type: postgres, url: '{url}'}}}}\narchive: {{path: archive}}\n"
    else:
        config += f"storage: {{logs: {{type: {request.param}}}}}\n"
    (folder / "flightlog.yaml").write_text(config)
    with flightlog.open(folder) as store, store.run("triage", name="own"):
        pass
    return folder


@pytest.fixture
def store(folder):
    with flightlog.open(folder) as store:
        yield store


def foreign(store, thread="nested"):
    runs = store.runs.query(parse("workflow:mail-bot"), limit=1000).items
    return store.runs.get(next(run.id for run in runs if run.source_id == thread))


def archive(store, *runs):
    order = new_order(by="ana", why="flightlog archive")
    return order, list(store.upkeep.archive(order, list(map(chosen, runs))))


def ids(store):
    return [run.id for run in store.runs.query(EVERYTHING, limit=1000).items]


def test_a_copy_is_whole_says_so_and_leaves_the_source_as_it_is(store, folder, source):
    run = foreign(store)
    before, listed = Path(source).read_bytes(), ids(store)
    order, (done,) = archive(store, run)
    copy = store.runs.get(copy_id(run.id))
    assert (done.outcome, done.run, done.copy_of, bool(done.digest)) == ("done", copy.id, run.id, True)
    assert Path(source).read_bytes() == before and not os.path.exists(f"{source}-wal")
    assert sorted(ids(store)) == sorted([*listed, copy.id])
    assert (copy.archived, copy.source, copy.name, copy.workflow) == (True, "", run.name, run.workflow)
    assert copy.meta["copy_of"] == {"source": "langgraph", "source_id": "nested", "run": run.id}
    assert copied_from(copy) == f"a copy of run {run.id} (nested) of a LangGraph database"
    same = ("status", "started", "finished", "steps", "checkpoints", "messages", "events", "tokens", "last_seq")
    assert {name: getattr(copy, name) for name in same} == {name: getattr(run, name) for name in same}
    assert [step.id for step in store.runs.steps(copy.id)] == [step.id for step in store.runs.steps(run.id)]
    path = folder / done.where
    assert path.parent.parent == folder / "archive" and path.suffix == ".flz"
    with Flz.open(path, copy.id) as packed:
        packed.verify()
        assert packed.digest == done.digest
    assert store.upkeep.verify_archive(copy.id) is None
    assert store.upkeep.operation(order.id).runs == (done,)
    assert [path.name for path in (folder / "archive").rglob("*") if path.name.startswith(".")] == []
    assert not [one for one in store.upkeep.check() if one.severity != "note"]


def test_states_of_a_copy_are_those_of_the_run_under_ids_of_its_own(store):
    run = foreign(store)
    archive(store, run)
    theirs = store.checkpoints.list(run.id)
    ours = store.checkpoints.list(copy_id(run.id))
    assert [one.id for one in ours] == [copy_id(one.id) for one in theirs] and len(ours) > 3
    for one, other in zip(theirs, ours, strict=True):
        assert store.checkpoints.state(other.id) == store.checkpoints.state(one.id)


def test_a_second_copy_is_refused_and_nothing_is_listed_twice(store):
    run = foreign(store)
    order, first = archive(store, run)
    listed = ids(store)
    _, (again,) = archive(store, run)
    assert (again.outcome, again.why) == ("skipped", "it is copied already")
    assert list(store.upkeep.archive(order, [chosen(run)])) == first
    assert ids(store) == listed and len(set(listed)) == len(listed)


def test_own_runs_and_copies_are_one_operation_and_undo_takes_both_back(store, folder):
    run, (own,) = foreign(store), store.runs.query(parse("workflow:triage")).items
    listed = ids(store)
    order, found = archive(store, own, run)
    assert [(one.outcome, one.copy_of) for one in found] == [("done", ""), ("done", run.id)]
    assert store.runs.get(own.id).archived
    undone = list(store.upkeep.undo(new_order(), order.id))
    assert [one.outcome for one in undone] == ["done", "done"]
    assert ids(store) == listed and not store.runs.get(own.id).archived
    with pytest.raises(NotFound):
        store.runs.get(copy_id(run.id))
    assert not list((folder / "archive").rglob("*.flz"))
    assert store.upkeep.operation(order.id).undone
    assert archive(store, run)[1][0].outcome == "done"


@pytest.mark.usefixtures("patient_mirror")
@pytest.mark.parametrize("folder", ["file", "sqlite"], indirect=True)
def test_a_mirror_has_a_copy_no_more_that_was_taken_back_and_has_one_that_is_made_again(folder):
    config = folder / "flightlog.yaml"
    config.write_text(config.read_text().replace("}}\n", "}, mirror: {type: file, path: mirror}}\n"))

    def mirrored() -> list[str]:
        return [path.name for path in (folder / "mirror" / "runs").rglob(f"{copy}.jsonl")]

    def misses() -> list[str]:
        with flightlog.open(folder) as store:
            return [one.what for one in store.upkeep.check() if one.kind.startswith("mirror")]

    with flightlog.open(folder) as store:
        run = foreign(store)
        copy = copy_id(run.id)
        order, _ = archive(store, run)
    assert len(mirrored()) == 1 and not misses()
    with flightlog.open(folder) as store:
        assert [one.outcome for one in store.upkeep.undo(new_order(), order.id)] == DONE
    assert not mirrored() and not misses()
    with flightlog.open(folder) as store:
        archive(store, run)
    assert len(mirrored()) == 1 and not misses()


def test_a_copy_is_trashed_brought_back_purged_and_restored_as_any_other_run(store, folder):
    run = foreign(store)
    archive(store, run)
    copy = store.runs.get(copy_id(run.id))
    order = new_order()
    assert [one.outcome for one in store.upkeep.trash(order, [chosen(copy)])] == DONE
    (again,) = archive(store, run)[1]
    assert (again.outcome, again.why) == ("skipped", "its copy lies in the trash")
    assert [one.outcome for one in store.upkeep.undo(new_order(), order.id)] == DONE
    assert store.runs.get(copy.id).checkpoints == run.checkpoints
    assert [one.outcome for one in store.upkeep.restore(new_order(), [copy.id])] == DONE
    live = store.runs.get(copy.id)
    assert not live.archived and copied_from(live)
    assert [one.outcome for one in store.upkeep.trash(new_order(), [chosen(live)])] == DONE
    assert [one.outcome for one in store.upkeep.purge(new_order())] == DONE
    with pytest.raises(NotFound):
        store.runs.get(copy.id)
    assert archive(store, run)[1][0].outcome == "done"


def test_a_restored_copy_is_not_removed_by_undo(store):
    run = foreign(store)
    order, _ = archive(store, run)
    list(store.upkeep.restore(new_order(), [copy_id(run.id)]))
    (found,) = store.upkeep.undo(new_order(), order.id)
    assert found.outcome == "skipped" and "restored since" in found.why
    assert store.runs.get(copy_id(run.id)).steps == run.steps


def test_a_run_that_goes_on_is_not_copied_and_nothing_else_is_done_with_it(store):
    run = foreign(store, "asked")
    (found,) = archive(store, run)[1]
    assert (found.outcome, found.why) == ("skipped", "it is waiting")
    ended = foreign(store)
    assert refusal(ended, "archive") == ""
    for doing in ("trash", "restore"):
        assert refusal(ended, doing) == "belongs to another program: only a copy of it can be archived"
    (left,) = store.upkeep.trash(new_order(), [chosen(ended)])
    assert left.outcome == "skipped" and store.runs.get(ended.id) == ended


def test_all_runs_that_have_ended_can_be_copied(store):
    runs = [
        run for run in store.runs.query(parse("workflow:mail-bot"), limit=1000).items if not refusal(run, "archive")
    ]
    assert len(runs) > 15
    _, found = archive(store, *runs)
    assert {one.why for one in found if one.outcome != "done"} == set()
    for run in [store.runs.get(run.id) for run in runs]:
        copy = store.runs.get(copy_id(run.id))
        assert (copy.status, copy.steps, copy.messages, copy.tokens) == (
            run.status,
            run.steps,
            run.messages,
            run.tokens,
        )


def test_a_source_alone_has_no_place_for_a_copy(source):
    with flightlog.open(source) as store:
        (run, *_) = [run for run in store.runs.query(EVERYTHING).items if run.status == "completed"]
        with pytest.raises(NotSupported, match="`sources:`"):
            list(store.upkeep.archive(new_order(), [chosen(run)]))
        result = CliRunner().invoke(main, ["archive", run.id, "--data", str(source), "--yes"])
    assert result.exit_code == 1 and "`sources:`" in result.output


def call(*words, code=0):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def test_the_verbs_say_that_it_is_a_copy(folder, store):
    run = foreign(store)
    told = call("archive", run.id, "--yes", "--data", folder)
    assert "a copy of 1 run (" in told and "stays as it is" in told and "1 run archived as a copy" in told
    assert f"a copy of run {run.id}" in call("show", copy_id(run.id), "--data", folder)
    assert "it is copied already" in call("archive", run.id, "--yes", "--data", folder, code=3)
    assert "only a copy of it can be archived" in call("rm", run.id, "--yes", "--data", folder, code=3)


def screen_text(screen):
    return "\n".join(strip.text for strip in screen._compositor.render_strips(screen.size))


async def until(pilot, holds):
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, screen_text(pilot.app.screen)
        await pilot.pause(0.05)


async def shown(app, pilot, *texts):
    await until(pilot, lambda: all(text in screen_text(app.screen) for text in texts))


async def test_the_browser_asks_for_a_copy(folder, store):
    run = foreign(store, "parallel")
    app = FlightlogApp(lambda: flightlog.open(folder))
    async with app.run_test(size=(140, 50)) as pilot:
        await shown(app, pilot, "parallel")
        await pilot.press("slash", *"name:parallel", "enter")
        await until(pilot, lambda: app.home.run_list.ready and app.home.run_list.lines == 1)
        await pilot.press("A")
        await shown(app, pilot, "Archive a copy of 1 run", "belongs to another program", "stays as it is")
        await pilot.press("y")
        await until(pilot, lambda: any("copied to the archive" in note.message for note in app._notifications))
        assert store.runs.get(copy_id(run.id)).archived
        await until(pilot, lambda: not app.operations.busy)
        await pilot.press("z")
        await shown(app, pilot, "What was copied is removed")
        await pilot.press("y")
        await until(pilot, lambda: store.upkeep.operations().items[0].kind == "undo" and not app.operations.busy)
    app.close()
    with pytest.raises(NotFound):
        store.runs.get(copy_id(run.id))


KILLED = """
import os, sys
import flightlog
from flightlog.backends.archive import flz_reader
import flightlog.backends.operations.{module} as at
from flightlog.core.choosing import chosen
from flightlog.core.operations import new_order
def die(*given, **named):
    os._exit(9)
at.{name} = die
with flightlog.open(sys.argv[1]) as store:
    list(store.upkeep.archive(new_order(), [chosen(store.runs.get(sys.argv[2]))]))
"""

STEPS = {
    "file": [
        ("on_files.archive", "members_of"),
        ("packing", "write_flz"),
        ("on_files.archive", "FileArchive.settle_copy"),
    ],
    "tables": [("packing", "write_flz"), ("on_tables.archive", "_shown"), ("on_tables.archive", "project_whole")],
}


@pytest.mark.parametrize("step", range(3))
def test_killed_at_any_step_there_is_a_whole_copy_or_nothing(folder, tmp_path, step):
    kind = "file" if (folder / "runs").exists() else "tables"
    module, name = STEPS[kind][step]
    with flightlog.open(folder) as store:
        run = foreign(store)
        listed = ids(store)
    code = textwrap.dedent(KILLED.format(module=module, name=name))
    assert subprocess.run([sys.executable, "-c", code, folder, run.id], env=os.environ).returncode == 9
    with flightlog.open(folder) as store:
        there = copy_id(run.id) in ids(store)
        assert there == (name == "FileArchive.settle_copy")
        assert sorted(set(ids(store)) - {copy_id(run.id)}) == sorted(listed)
        left = [path for path in (folder / "archive").rglob("*") if path.is_file()]
        assert len(left) == there and not [path for path in (folder / "archive").iterdir() if path.name[0] == "."]
        (operation,) = store.upkeep.operations().items
        assert operation.done == there
        assert archive(store, run)[1][0].outcome == ("skipped" if there else "done")
        assert store.upkeep.verify_archive(copy_id(run.id)) is None
