"""The same steps on every engine and in plain dictionaries: after each few of them all must give the same answers."""

import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engines import KINDS
from flightlog.backends.ingest import catch_up
from histories import Histories
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from places import PERSISTENT, Place

MANY = int(os.environ.get("FLIGHTLOG_HISTORIES", "0"))
"""So many histories, each another one, through every way of keeping a store, instead of the five of every day."""


def drive(places: Callable[[], list[Place]], examples: int, steps: int, **options: Any) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    options |= {"max_examples": examples, "stateful_step_count": steps, "suppress_health_check": quiet}
    lived: deque[Histories] = deque(maxlen=50)

    def begun() -> Histories:
        lived.append(Histories(places))
        return lived[-1]

    run_state_machine_as_test(begun, settings=settings(**options, deadline=None))
    # Were most rules left out again, all would agree on nothing.
    assert max(len(events) for one in lived for events in one.events.values()) > 10
    assert any(version["deleted"] for one in lived for known in one.versions.values() for version in known.values())


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_postgres_url: Any) -> Callable[[], list[Place]]:
    """Makes an empty place of each kind, as often as it is called."""
    monkeypatch.setattr(catch_up, "_LIVENESS_S", 0.0)  # a lost run is told at once, not within a second
    made, kinds = iter(range(10**6)), PERSISTENT if MANY else KINDS

    def make() -> list[Place]:
        number = next(made)
        return [Place(kind, tmp_path / f"{number}-{kind}", new_postgres_url) for kind in kinds]

    return make


@pytest.mark.timeout(600)  # a failure is made as short as it can be
def test_all_engines_answer_as_dictionaries_do(places):
    drive(places, examples=5, steps=50)


@pytest.mark.heavy
@pytest.mark.timeout(0)
def test_all_engines_answer_as_dictionaries_do_through_long_histories(places):
    phases = [Phase.generate] if MANY else list(Phase)
    drive(places, examples=MANY or 12, steps=60, derandomize=not MANY, phases=phases)
