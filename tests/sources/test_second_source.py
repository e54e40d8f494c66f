"""What sources have in common is enough for one that has nothing to do with LangGraph."""

import threading
import time
from contextlib import closing
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.journal.layout import Layout
from flightlog.backends.moving.ends import source_end
from flightlog.backends.replay.carrying import Carrier
from flightlog.backends.sources import open_source as recognising
from flightlog.backends.sources.open_source import open_source
from flightlog.backends.sources.truth import truth_of_source
from flightlog.core.annotations import Pinned
from flightlog.core.errors import ConfigError, NotSupported, ReadOnly
from flightlog.core.query.query import EVERYTHING
from notebooks import open_notebooks

MONEY = 2_500_000_000  # of a million tokens into gpt-4o, in nano-dollars


@pytest.fixture
def folder(tmp_path):
    """Two notebooks."""
    found = tmp_path / "desk"
    found.mkdir()
    (found / "monday.txt").write_text("one\ntwo\n")
    (found / "friday.txt").write_text("three\n")
    return found


@pytest.fixture
def known(monkeypatch):
    """Notebooks are among what is recognised."""
    monkeypatch.setattr(recognising, "KINDS", [*recognising.KINDS, recognising.Kind(Path.is_dir, open_notebooks)])


@pytest.fixture
def store(folder):
    with open_notebooks(folder, True) as found:
        yield found


def by_name(store):
    return {run.name: run for run in store.runs.query(EVERYTHING).items}


def test_who_looks_at_a_list_reads_nothing_closely_and_who_looks_at_a_run_only_that(store):
    listed = by_name(store)
    (notebooks,) = store.made
    assert (listed["monday"].events, listed["monday"].source_id, notebooks.asked) == (3, "monday.txt", [])
    run = store.runs.get(listed["monday"].id)
    assert (run.money.nanousd, run.events) == (MONEY, 5)
    assert [message.content for message in store.runs.messages(run.id).items] == ["one", "two"]
    assert notebooks.asked == [run.id]
    groups = store.runs.costs("workflow", EVERYTHING)
    assert sum(group.money.nanousd for group in groups) == 2 * MONEY
    assert len(notebooks.asked) == 2


def test_every_refusal_says_what_it_is(store, folder):
    run = by_name(store)["monday"].id
    changes = (
        lambda: store.runs.annotate(Pinned(run=run, pinned=True)),
        lambda: store.run("triage").__enter__(),
        lambda: store.workflows.store("triage", "steps: []"),
        lambda: truth_of_source(store).annotate(Pinned(run=run, pinned=True)),
    )
    for change in changes:
        with pytest.raises(ReadOnly, match="a folder of notebooks is only read") as found:
            change()
        assert str(folder) in str(found.value)
    assert isinstance(store.upkeep.refusal(), NotSupported)
    assert "a folder of notebooks is only read" in str(store.upkeep.refusal())


def test_its_own_findings_and_sizes_are_told(store, folder):
    assert [finding.kind for finding in store.upkeep.check()] == ["ink"]
    size = sum(file.stat().st_size for file in folder.iterdir())
    assert store.upkeep.sizes() == {"notebooks": size}
    space = store.upkeep.space()
    assert (space.path[0].size_bytes, [(node.name, node.size_bytes) for node in space.children]) == (
        size,
        [(":notebooks", size)],
    )


def test_a_watch_reads_closely_what_nobody_looked_at(store):
    by_name(store)
    changed = threading.Event()
    with closing(store.feed.watch(changed.set)):
        until = time.monotonic() + 60
        while len(store.made[0].asked) < 2 and time.monotonic() < until:
            changed.wait(0.1)
    assert {run.money.nanousd for run in by_name(store).values()} == {MONEY}


def test_its_runs_are_carried_with_their_prices(store, tmp_path):
    truth = truth_of_source(store)
    truth.refresh()
    (tmp_path / "there").mkdir()
    with closing(Carrier(truth.bodies, Layout(tmp_path / "there"), durable=False)) as carrier:
        assert sorted(map(carrier.carry, truth.runs())) == [4, 5]
    assert carrier.missing == []


def test_it_is_recognised_by_looking(folder, known):
    with flightlog.open(folder, create=False) as store:
        assert store.read_only and set(by_name(store)) == {"monday", "friday"}
    with open_source(folder, in_memory=True) as store:
        assert len(by_name(store)) == 2
    assert sorted(file.name for file in folder.iterdir()) == ["friday.txt", "monday.txt"]


def test_a_folder_of_ours_is_never_taken_for_somebody_elses(folder, known):
    with flightlog.open(folder, storage="file") as store, store.run("triage"):
        pass
    with flightlog.open(folder, create=False) as store:
        assert [run.workflow for run in store.runs.query(EVERYTHING).items] == ["triage"]


def test_what_nobody_knows_is_refused_alike_by_who_opens_and_by_who_moves(tmp_path):
    (tmp_path / "strange").write_text("text")
    for open_it in (flightlog.open, source_end):
        with pytest.raises(ConfigError, match="nothing that Flightlog can read"):
            open_it(tmp_path / "strange")
