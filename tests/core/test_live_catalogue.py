"""What a plan is made from is read once and then followed: work that is counted, over a real store."""

from collections import Counter
from datetime import UTC, datetime

import flightlog
import pytest
from flightlog.core.annotations import Noted, Tagged
from flightlog.core.operations import Chosen, new_order
from flightlog.core.retention import catalogue, live
from flightlog.core.retention.live import LiveCatalogue
from flightlog.core.retention.plan import plan
from flightlog.core.retention.policy import Block, Policy


class Counted:
    """Runs of a store; what is asked is counted."""

    def __init__(self, runs) -> None:
        self._runs = runs
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name):
        self.asked[name] += 1
        return getattr(self._runs, name)


class Store:
    """A store whose questions are counted."""

    def __init__(self, store) -> None:
        self.runs, self.feed, self.upkeep = Counted(store.runs), store.feed, store.upkeep


@pytest.fixture
def store(tmp_path):
    with flightlog.open(tmp_path / "data") as store:
        for number in range(5):
            with store.run("triage", name=f"no{number}") as run:
                run.checkpoint({"n": number})
                run.checkpoint({"n": number + 1})
        yield store


def policy(match: str, then: str = "archive") -> Policy:
    return Policy(blocks=(Block(match=match, then=then),), minimum=0)


def names(found: LiveCatalogue, given: Policy) -> list[str]:
    made = plan(found.catalogue(given), given, datetime.now(UTC))
    return sorted(one.run.name for one in made.taken)


def test_all_is_read_once_and_then_what_changed(store, monkeypatch):
    monkeypatch.setattr(live, "PAGE", 2)
    counted = Store(store)
    found = LiveCatalogue(counted)
    assert not found.ready
    assert found.refresh()
    assert (len(found), counted.runs.asked["query"], found.revision) == (5, 3, 1)
    counted.runs.asked.clear()
    assert not found.refresh()
    assert not counted.runs.asked
    store.runs.annotate(Tagged(run=store.runs.resolve("no3"), tag="nightly"))
    store.run("triage", name="no5").finish()
    assert found.refresh()
    assert counted.runs.asked == {"some": 1}
    assert (len(found), found.revision) == (6, 2)
    assert names(found, policy("tag:nightly")) == ["no3"]
    assert names(found, policy("status:completed")) == [f"no{n}" for n in range(6)]


def test_what_a_query_finds_is_asked_once_for_each_change(store):
    counted = Store(store)
    found = LiveCatalogue(counted)
    found.refresh()
    store.runs.annotate(Noted(run=store.runs.resolve("no2"), text="look at these prices"))
    found.refresh()
    counted.runs.asked.clear()
    for _ in range(3):
        assert names(found, policy("prices")) == ["no2"]
    assert counted.runs.asked == {"query": 1}
    store.runs.annotate(Noted(run=store.runs.resolve("no4"), text="and at those prices"))
    assert found.refresh()
    assert names(found, policy("prices")) == ["no2", "no4"]


def test_a_run_that_is_gone_goes_and_states_that_were_dropped_are_known(store):
    found = LiveCatalogue(store)
    found.refresh()
    assert len(names(found, policy("status:completed", "states"))) == 5
    first = store.runs.resolve("no0")
    store.upkeep.drop_states(first, [store.checkpoints.list(first)[-1].id])
    found.refresh()
    assert names(found, policy("status:completed", "states")) == ["no1", "no2", "no3", "no4"]


def test_a_run_that_was_restored_by_hand_is_known(store):
    found = LiveCatalogue(store)
    found.refresh()
    first = store.runs.resolve("no0")
    list(store.upkeep.archive(new_order(), [Chosen(run=first)]))
    found.refresh()
    assert found.catalogue(policy("status:completed")).restored == {}
    list(store.upkeep.restore(new_order(), [first]))
    found.refresh()
    assert [*found.catalogue(policy("status:completed")).restored] == [first]
    assert names(found, policy("status:completed")) == ["no1", "no2", "no3", "no4"]


def test_more_changes_than_are_asked_for_one_by_one_read_all_anew(store, monkeypatch):
    counted = Store(store)
    found = LiveCatalogue(counted)
    found.refresh()
    monkeypatch.setattr(live, "MANY", 2)
    for number in range(3):
        store.run("triage", name=f"m{number}").finish()
    counted.runs.asked.clear()
    assert found.refresh()
    assert counted.runs.asked == {"totals": 1, "query": 1}
    assert len(found) == 8


def test_thousands_of_changes_among_very_many_runs_are_asked_for_alone(store, monkeypatch):
    counted = Store(store)
    found = LiveCatalogue(counted)
    found.refresh()
    monkeypatch.setattr(live, "MANY", 0)
    store.run("triage", name="one").finish()
    counted.runs.asked.clear()
    assert found.refresh()
    assert counted.runs.asked == {"some": 1}
    assert len(found) == 6


def test_it_stops_when_nobody_looks_any_more_and_says_how_far_it_is(store, monkeypatch):
    monkeypatch.setattr(live, "PAGE", 2)
    found = LiveCatalogue(store)
    seen = []

    def stop() -> bool:
        seen.append(found.progress.look())
        return len(seen) > 2

    assert not found.refresh(stop)
    assert not found.ready
    assert (seen[1].done, seen[1].total) == (2, 5)
    assert found.progress.look() is None
    assert found.refresh()
    assert catalogue.PAGE > 2


@pytest.mark.parametrize("way", ["live", "once"])
def test_what_runs_have_alike_is_held_once(store, way):
    given = policy("status:completed")
    found = LiveCatalogue(store)
    found.refresh()
    runs = (found.catalogue(given) if way == "live" else catalogue.read(store, given)).runs
    assert {run.id: run for run in runs} == {run.id: run for run in store.runs.query(limit=10).items}
    for field in ("workflow", "status", "meta"):
        assert len({id(getattr(run, field)) for run in runs}) == 1
    assert all(run.last_event is run.finished for run in runs)
