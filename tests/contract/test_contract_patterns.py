"""Patterns and equality find the same on every engine, in texts too that hold what one ends a text at, or escapes."""

from random import Random

import pytest
from flightlog.core import events as e
from flightlog.core.annotations import Noted
from flightlog.core.ids import new_ulid
from flightlog.core.query.query import EVERYTHING, KnownFacts, parse

SIGNS = "ab*\0\1\2"


def text(rng: Random, least: int = 0) -> str:
    return "".join(rng.choices(SIGNS, k=rng.randint(least, 4)))


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.fixture
def facts(store) -> dict[str, KnownFacts]:
    """Runs with such texts wherever a query looks, and what is known of each."""
    rng, known = Random(5), {}
    for _ in range(25):
        name, agent, model, note = (text(rng) for _ in range(4))
        meta = {text(rng, 1): text(rng), "k": text(rng)}
        started = e.RunStarted(run=new_ulid(), workflow="w", name=text(rng), tags=[text(rng, 1)], meta=meta)
        writer = store.recording.begin(started)
        writer.append(e.StepStarted(step="s", name=name, agent=agent))
        writer.append(e.CostRecorded(model=model, agent=agent, nanousd=1))
        writer.append(e.RunFinished(status="completed"))
        writer.close()
        store.runs.annotate(Noted(run=started.run, text=note))
        known[started.run] = KnownFacts(steps=(name,), agents=(agent,), models=(model,), notes=(note,))
    return known


def test_texts_with_nul_are_found_as_the_query_says(store, facts):
    runs, rng = store.runs.query(EVERYTHING).items, Random(6)
    assert len(runs) == 25
    found = 0
    for _ in range(50):
        value, key = quoted(text(rng, 1)), quoted(rng.choice([text(rng, 1), "k", "k"]))
        for asked in (f"name{rng.choice(':=')}", f"step{rng.choice(':=')}", "note:", "tag:", "agent:", "model:", ""):
            query = parse(asked + value)
            check(store, query, runs, facts)
        query = parse(f"meta.{key}{rng.choice(':=')}{value}")
        found += check(store, query, runs, facts)
    assert found > 5


def check(store, query, runs, facts) -> int:
    expected = {run.id for run in runs if query.matches(run, facts[run.id])}
    assert {run.id for run in store.runs.query(query).items} == expected, repr(str(query))
    return len(expected)
