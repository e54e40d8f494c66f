"""The same query finds the same runs in the same order on every engine: those that a plain predicate picks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from catalogue import BEGINNING, History, answers, facts_of, histories, put, query_text
from flightlog.backends.ingest import catch_up
from flightlog.core import clock
from flightlog.core.pages import Sort
from flightlog.core.query.query import parse
from flightlog.core.runs import Run
from flightlog.core.store import Store
from msgspec.structs import replace
from places import Place
from told import sort_value

KINDS = ("files", "mix", "sqlite", "postgres")
NOW = BEGINNING + 10 * 86_400 * 10**9
SORTS = ("started", "finished", "last_event", "took", "tokens", "cost", "workflow", "name", "status", "steps", "events")


@pytest.fixture
def filled(
    tmp_path: Path, new_postgres_url: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[list[History], dict[str, Store]]]:
    """One catalogue, in a store of each kind."""
    monkeypatch.setattr(catch_up, "_LIVENESS_S", 0.0)  # a lost run is told at once, not within a second
    history = histories(Random(5), 50)
    places = {kind: Place(kind, tmp_path / kind, new_postgres_url) for kind in KINDS}
    stores = {kind: place.open() for kind, place in places.items()}
    held = [writer for store in stores.values() for writer in put(store, history)]
    with clock.pretending(lambda: NOW):
        yield history, stores
    for writer in held:
        writer.close()
    for place in places.values():
        place.close()


def ordered(runs: list[Run], sort: Sort) -> list[str]:
    """Ids in order: unknown values last both ways, ties by id in the same direction."""
    known = [run for run in runs if sort_value(run, sort) is not None]
    order = sorted(known, key=lambda run: (sort_value(run, sort), run.id), reverse=sort.descending)
    unknown = [run for run in runs if sort_value(run, sort) is None]
    return [run.id for run in order + sorted(unknown, key=lambda run: run.id, reverse=sort.descending)]


def check(filled: tuple[list[History], dict[str, Store]], rng: Random, queries: int) -> None:
    history, stores = filled
    known = {one["run"].id: one for one in answers(history)}
    facts = {run: facts_of(one) for run, one in known.items()}
    sizes = {kind: {run: store.runs.get(run).size_bytes for run in known} for kind, store in stores.items()}
    found_some = 0
    for _ in range(queries):
        text = query_text(rng)
        query = parse(text)
        sort = Sort(field=rng.choice(SORTS), descending=rng.random() < 0.5)  # type: ignore[arg-type]
        limit, now = rng.choice((7, 100)), datetime.fromtimestamp(NOW / 1e9, UTC)
        for kind, store in stores.items():
            runs = [replace(one["run"], size_bytes=sizes[kind][run]) for run, one in known.items()]
            expected = ordered([run for run in runs if query.matches(run, facts[run.id], now)], sort)
            page = store.runs.query(query, sort, limit=limit)
            ids = [run.id for run in page.items]
            while page.next:
                page = store.runs.query(query, sort, limit=limit, after=page.next)
                ids += [run.id for run in page.items]
            assert ids == expected, (kind, text, sort)
            assert store.runs.count(query) == len(expected), (kind, text)
        found_some += 0 < len(expected) < len(known)
    assert found_some > queries / 3  # else the queries tell nothing


def test_queries_find_the_same_runs_in_the_same_order_on_every_engine(filled):
    check(filled, Random(1), 40)


@pytest.mark.heavy
def test_five_hundred_queries_find_the_same_runs_in_the_same_order_on_every_engine(filled):
    check(filled, Random(2), 500)
