"""Prices of a source's calls: by the table, as of the call's time, looked up when somebody looks."""

import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from flightlog.backends.prices import price_book
from flightlog.backends.sources.langgraph.index import LangGraphIndex
from flightlog.backends.sources.open_source import open_source
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.costs import Tokens
from flightlog.core.events import CostPriced, decode
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.tui import format
from flightlog.tui.cli.as_json import run_row
from langchain_core.messages import AIMessage


def call(model: str, tokens: tuple[int, int]) -> AIMessage:
    usage = {"input_tokens": tokens[0], "output_tokens": tokens[1], "total_tokens": sum(tokens)}
    return AIMessage("said", usage_metadata=usage, response_metadata={"model_name": model})


@pytest.fixture
def mixed(program, graphs):
    """Threads that called a known model, an unknown one, both, and none."""
    known, unknown = call("gpt-4o-mini-2024-07-18", (1_000_000, 10_000)), call("our-own-model", (50, 5))
    chain = graphs["chain"]
    program.run("known", chain(a=lambda state: {"messages": [known]}))
    program.run("unknown", chain(a=lambda state: {"messages": [unknown]}))
    program.run("both", chain(a=lambda state: {"messages": [known]}, b=lambda state: {"messages": [unknown]}))
    program.run("none", chain(a=lambda state: {"notes": ["nothing"]}))
    return program.path


def by_name(store):
    return {run.source_id: run for run in store.runs.query(EVERYTHING).items}


def test_a_known_model_is_priced_as_of_the_calls_time_and_an_unknown_one_is_not(mixed):
    with open_source(mixed, in_memory=True) as store:
        listed = by_name(store)
        assert format.run_cost(listed["known"]) == "?"
        (record,) = store.runs.cost_records(listed["known"].id)
        expected = price_book().price(record.model, "", Tokens(input=1_000_000, output=10_000), record.t)
        assert (record.nanousd, record.provenance) == (expected.nanousd, "computed")
        assert (record.prices, record.nanousd) == (expected.prices, 156_000_000)
        (record,) = store.runs.cost_records(listed["unknown"].id)
        assert (record.nanousd, record.provenance, record.prices) == (None, "unknown", "")
        store.runs.get(listed["both"].id)
        shown = {name: format.run_cost(run) for name, run in by_name(store).items()}
        assert shown == {"known": "~$0.156", "unknown": "?", "both": "≥$0.156", "none": "–"}
        priced = by_name(store)["known"]
        assert (priced.status, priced.last_event) == ("completed", listed["known"].last_event)
        assert priced.size_bytes == listed["known"].size_bytes


def test_costs_price_what_was_listed(mixed):
    with open_source(mixed, in_memory=True) as store:
        store.runs.query(EVERYTHING)
        found = {group.key: group.money for group in store.runs.costs("model", EVERYTHING)}
        assert {key: (money.provenance, money.nanousd) for key, money in found.items()} == {
            "gpt-4o-mini-2024-07-18": ("computed", 312_000_000),
            "our-own-model": ("unknown", None),
        }
        assert {run.source_id for run in store.runs.query(parse("cost>0.1")).items} == {"known", "both"}


def test_events_are_the_same_every_time_and_in_every_index(mixed):
    told = []
    for _ in range(2):
        with open_source(mixed, in_memory=True) as store:
            run = by_name(store)["both"].id
            for _ in range(2):
                store.runs.get(run)
                told.append(store.runs.events(run))
                assert store.runs.get(run).events == len(told[-1])
    assert all(events == told[0] for events in told)
    *_, (seq, line) = told[0]
    event = decode(line)
    assert isinstance(event, CostPriced)
    assert event.seq == seq == len(told[0])


def test_a_thread_that_goes_on_is_priced_on(mixed, program, graphs):
    with open_source(mixed, in_memory=True) as store:
        run = by_name(store)["known"].id
        store.runs.get(run)
        program.run("known", graphs["chain"](a=lambda state: {"messages": [call("gpt-4o-mini", (1_000_000, 0))]}))
        assert store.runs.get(run).money.nanousd == 156_000_000 + 150_000_000
        seqs = [seq for seq, _line in store.runs.events(run)]
        assert seqs == list(range(1, len(seqs) + 1))


def test_what_one_process_priced_another_goes_on_from(mixed, program, graphs, index_of, tmp_path):
    found = index_of(mixed)  # only for its original
    path = tmp_path / "index.db"
    with closing(open_database(path, truth=False)) as one, closing(open_database(path, truth=False)) as other:
        here, there = (LangGraphIndex(found.original, database, "bot") for database in (one, other))
        here.refresh()
        there.refresh()
        there.prices()
        program.run("known", graphs["chain"](a=lambda state: {"messages": [call("gpt-4o-mini", (7, 7))]}))
        here.refresh()
        here.prices()
        with one.read() as connection:
            left = connection.exec_driver_sql("SELECT count(*) FROM langgraph_threads WHERE unpriced").scalar()
            calls = connection.exec_driver_sql("SELECT sum(calls_computed) FROM runs").scalar()
        assert (left, calls) == (0, 3)


def test_a_watch_prices_what_it_has_read(mixed):
    with open_source(mixed, in_memory=True) as store:
        assert by_name(store)["known"].money.nanousd is None
        changed = threading.Event()
        watch = store.feed.watch(changed.set)
        try:
            until = time.monotonic() + 60
            while by_name(store)["known"].money.nanousd is None and time.monotonic() < until:
                changed.wait(0.1)
        finally:
            watch.close()
        assert format.run_cost(by_name(store)["known"]) == "~$0.156"


def test_a_listing_does_not_load_the_price_table(mixed):
    script = (
        "import sys; from pathlib import Path; from flightlog.backends.sources.open_source import open_source;"
        "from flightlog.core.query.query import EVERYTHING, parse;"
        "store = open_source(Path(sys.argv[1]), in_memory=True);"
        "assert store.runs.query(EVERYTHING).items; store.runs.count(parse('status:failed')); store.runs.totals();"
        "assert 'genai_prices' not in sys.modules;"
        "store.runs.costs('day', EVERYTHING); assert 'genai_prices' in sys.modules; store.close()"
    )
    subprocess.run([sys.executable, "-c", script, str(mixed)], check=True)


def test_tokens_that_nobody_read_are_unknown_and_not_zero(program, graphs, monkeypatch):
    program.run("large", graphs["large"]())
    monkeypatch.setattr("flightlog.backends.sources.langgraph.telling._CHEAP", 10)
    with open_source(program.path, in_memory=True) as store:
        run = by_name(store)["large"]
        row = run_row(run)
        assert not run.tokens_known
        for name in ("messages", "input_tokens", "output_tokens", "cost_nanousd", "calls_without_price"):
            assert row[name] is None, name
        assert row["cost_provenance"] == "unknown"
        assert (format.run_tokens(run), format.run_cost(run)) == ("?", "?")
        run = store.runs.get(run.id)
        assert run.tokens_known
        assert run_row(run)["input_tokens"] == 11
        assert format.run_tokens(run) == "22"
