"""The same query means the same runs wherever it is typed: in the browser's list, `flightlog ls`, and retention."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from catalogue import BEGINNING, histories, put, query_text
from click.testing import CliRunner
from flightlog.backends.ingest import catch_up
from flightlog.core import clock
from flightlog.core.pages import Sort
from flightlog.core.query.query import parse
from flightlog.core.retention.catalogue import fitting
from flightlog.core.retention.live import LiveCatalogue
from flightlog.core.retention.policy import Block, Policy
from flightlog.core.runs import Run
from flightlog.core.store import Store
from flightlog.tui.cli.main import main
from flightlog.tui.runs.run_list import RunList
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import Place

NOW = BEGINNING + 10 * 86_400 * 10**9
RUNS, HEIGHT = 40, 15
SORTS = ("started", "last_event", "took", "tokens", "cost", "workflow", "name", "status")
TYPED = ("sqlite", "postgres")
"""Stores on which the command line is called, too: each call opens one."""

drawn = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture
def places(tmp_path: Path, new_postgres_url: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Place]]:
    """The same runs in a store of each kind; open."""
    history = histories(Random(7), RUNS)
    found = {kind: Place(kind, tmp_path / kind, new_postgres_url) for kind in ("files", "mix", *TYPED)}
    held = [writer for place in found.values() for writer in put(place.open(), history)]
    with clock.pretending(lambda: NOW):
        with monkeypatch.context() as at_once:
            at_once.setattr(catch_up, "_LIVENESS_S", 0.0)  # who is lost is told at once, not within a second
            for place in found.values():
                place.opened[0].runs.totals()
        yield found
    for writer in held:
        writer.close()
    for place in found.values():
        place.close()


def listed(store: Store, text: str, sort: Sort) -> dict[str, bool]:
    """Ids as a person meets them who goes down the list of the browser, a window of some lines; which are archived."""
    found, ids = RunList(), dict[str, bool]()
    found.page = HEIGHT
    found.set_query(parse(text))
    found.set_sort(sort)
    found.look(0, HEIGHT)
    while True:
        while read := found.next_read():
            found.accept(read(store))
        for number in range(found.top, found.top + HEIGHT):
            if isinstance(line := found.line(number), Run):
                ids[line.id] = line.archived
        if found.top + HEIGHT >= found.lines:
            return ids
        found.move_to(found.top + HEIGHT)
        found.look(found.top + HEIGHT, HEIGHT)


def typed(place: Place, text: str, sort: Sort) -> list[str]:
    """Ids that the command line prints."""
    options = place.options
    words = ["ls", "--ids", "--all", "--limit", "1000", "--sort", sort.field, "--data", str(options["place"])]
    words += ["--config", str(options["config"])] if "config" in options else []
    words += [] if sort.descending else ["--reverse"]
    done = CliRunner().invoke(main, [*words, "--", text])
    assert done.exit_code == 0, done.output
    return done.stdout.split()


def retained(store: Store, live: LiveCatalogue, text: str) -> set[str]:
    """Ids of the runs that a block of a policy fits."""
    catalogue = live.catalogue(Policy(blocks=(Block(match=text, then="archive"),)))
    fits = fitting(text, catalogue, datetime.fromtimestamp(NOW / 1e9).astimezone())
    return {run.id for run in catalogue.runs if fits(run)}


def check(places: dict[str, Place], lives: dict[str, LiveCatalogue], rng: Random, *, by_line: bool) -> int:
    """Asks one query everywhere; how many runs it finds."""
    text = query_text(rng)
    sort = Sort(field=rng.choice(SORTS), descending=rng.random() < 0.5)  # type: ignore[arg-type]
    answers, asked = {}, parse(text).keys()
    for kind, place in places.items():
        store = place.opened[0]
        archived = listed(store, text, sort)
        ids = list(archived)
        if by_line and kind in TYPED:
            assert typed(place, text, sort) == ids, (kind, text, sort)
        fitting_ones = {run for run in ids if "archived" in asked or not archived[run]}
        assert retained(store, lives[kind], text) == fitting_ones, (kind, text)
        # Sizes are those of each engine.
        answers[kind] = ids if "size" not in asked else []
    assert all(ids == answers["files"] for ids in answers.values()), (text, sort)
    return len(answers["files"])


def each(places: dict[str, Place], count: int, *, by_line: int) -> None:
    """Draws so many queries; every `by_line`-th is typed at the command line, too."""
    lives = {kind: LiveCatalogue(place.opened[0]) for kind, place in places.items()}
    for live in lives.values():
        live.refresh()
        assert len(live) == RUNS
    found: list[int] = []

    @settings(drawn, max_examples=count)
    @given(st.integers(0, 2**32))
    def one(seed: int) -> None:
        found.append(check(places, lives, Random(seed), by_line=len(found) % by_line == by_line - 1))

    one()
    assert len(found) >= count
    assert sum(0 < runs < RUNS for runs in found) > count / 4  # else the queries tell nothing


def test_a_query_means_the_same_in_the_browser_the_command_line_and_retention(places):
    each(places, 110, by_line=11)


@pytest.mark.heavy
def test_every_one_of_many_queries_means_the_same_at_the_command_line_too(places):
    each(places, 100, by_line=1)
