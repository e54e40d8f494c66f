"""The costs tab of a run: its tables, cache tiers, where numbers come from, and what another model would cost."""

from collections.abc import Iterator
from pathlib import Path

import flightlog
import pytest
from counting import counted
from flightlog.core.costs import NANO, CostGroup, CostRecord, Money, Price, PricedModel, Tokens
from flightlog.core.store import Store
from flightlog.tui.costs.nodes import Costs, cost_nodes
from flightlog.tui.costs.whatif import MOST, matching, model_nodes, what_if
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.trees.nodes import Folds, Shape, rows
from reading import SIZES, opened, screen_of, settled, text_of, wait
from recorded import NASTY, record_everything

NAMES = ("house/cheap", "house/dear", "other/cheap-large", "other/nothing")


class Book:
    """Three models: cheap, dear, and one that has no price for tokens like these."""

    def models(self):
        return [
            PricedModel(provider=maker, model=name, input_nanousd=NANO, output_nanousd=2 * NANO)
            for maker, _, name in (name.partition("/") for name in NAMES)
        ]

    def price(self, model, provider, tokens, t):
        rate = {"cheap": 1000, "dear": 100_000, "cheap-large": 2000}.get(model)
        return None if rate is None else Price(nanousd=tokens.total * rate, prices="2026-11-01")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        store.prices = Book
        yield store


def recorded(store: Store) -> str:
    with store.run("triage", name="some") as run:
        with run.step("plan", agent="planner") as step:
            step.cost("dear", "house", input_tokens=900, output_tokens=100, cache_read_tokens=500, dollars="0.2")
            step.cost("in-house", input_tokens=100, output_tokens=0, cache_write_tokens=70)
        with run.step("search", agent="searcher") as step:
            step.cost("cheap", "house", input_tokens=10_000, output_tokens=0)
    return run.id


def lines_of(costs: Costs, width: int = 150, **how) -> list[str]:
    return [
        "".join(text for text, _ in (row.node.line(width) if callable(row.node.line) else row.node.line))
        for row in rows(cost_nodes(costs, UNICODE, **how), Folds(), Shape(width))
    ]


def test_cache_tiers_are_told_apart_and_each_part_of_the_total_says_where_it_comes_from(store):
    run = recorded(store)
    costs = Costs(store.runs.cost_records(run), {})
    lines = lines_of(costs)
    head = next(line for line in lines if line.startswith("by model"))
    total = next(line for line in lines if line.startswith("total"))
    for name, count in (("cache read", "500"), ("cache write", "70")):
        end = head.index(name) + len(name)
        assert total[:end].endswith(f" {count}")
    assert any(line.startswith("recorded") and "$0.20" in line and "1 call" in line for line in lines)
    assert any(line.startswith("computed") and "~$0.010" in line and "2026-11-01" in line for line in lines)
    assert any(line.startswith("unknown") and "?" in line and "lower bound" in line for line in lines)
    assert any(line.startswith("by agent") for line in lines)
    assert not any(line.startswith("by agent") for line in lines_of(costs, group="step"))
    narrow = lines_of(costs, 76)
    assert any("cache read" in line and "cache write" not in line and "from" in line for line in narrow)


def call(seq: int, model: str, prices: str = "genai-prices 0.2.3", **tokens: int) -> CostRecord:
    """A computed call of a thousand tokens."""
    found = {"run": "r", "seq": seq, "t": "2026-11-20T10:00:00.000000Z", "model": model, "provenance": "computed"}
    return CostRecord(**found, nanousd=NANO, prices=prices, tokens=Tokens(input=1000, output=50, **tokens))


def test_in_80_columns_the_price_table_is_named_once_in_whole_and_leaves_room_for_what_was_counted():
    one_table = [call(1, "claude-sonnet-4-5-20250929", cache_read=900), call(2, "claude-haiku-4-5")]
    lines = lines_of(Costs(one_table, {}), 76)
    head = next(line for line in lines if line.startswith("by model"))
    assert all(name in head for name in ("calls", "in", "out", "cache read", "cost", "from"))
    assert "reasoning" not in head and "cache write" not in head  # there was none
    assert [line for line in lines if "genai-prices 0.2.3" in line] == [lines[-1]] and lines[-1].startswith("computed")
    two_tables = lines_of(Costs([*one_table, call(3, "gpt-4o", "2026-10-01")], {}), 120)
    assert "computed: 2026-10-01" in next(line for line in two_tables if line.startswith("gpt-4o"))


def test_what_runs_below_it_cost_too_is_told_whole_in_80_columns():
    cost = Money(computed_nanousd=214_000_000, computed=9)
    family = CostGroup(key="r", calls=1234, tokens=Tokens(input=176_000), money=cost, runs=1234)
    line = lines_of(Costs([call(1, "gpt-4o")], {}, family), 76)[-1]
    assert line.startswith("with children") and line.endswith("in 1,234 runs, each once") and len(line) <= 76


def test_what_if_counts_each_call_once_and_leaves_the_unknown_unknown(store):
    run = recorded(store)
    records = store.runs.cost_records(run)
    cheap = what_if(records, Book().models()[0], Book())
    lines = lines_of(Costs(records, {}, other=cheap))
    dear = next(line for line in lines if line.startswith("dear"))
    assert "$0.20" in dear and "~$0.001" in dear and "-$0.199 -99.5%" in dear
    assert "=" in next(line for line in lines if line.startswith("cheap"))
    total = next(line for line in lines if line.startswith("total"))
    assert "~$0.011" in total and "?" in total  # what was paid for one call is not known, so the difference is not
    nothing = lines_of(Costs(records, {}, other=what_if(records, Book().models()[3], Book())))
    assert all("?" in line for line in nothing if line.startswith(("dear", "cheap", "total")))


def test_models_are_found_by_any_part_of_their_names():
    models = Book().models()
    assert [one.model for one in matching(models, "cheap")] == ["cheap", "cheap-large"]
    assert [one.provider for one in matching(models, "CHEAP oth")] == ["other"]
    assert len(matching(models, "")) == 4
    many = [PricedModel(provider="p", model=f"m{n}", input_nanousd=1, output_nanousd=1) for n in range(MOST + 9)]
    assert len(model_nodes(many)) == MOST + 1


async def test_a_key_goes_through_the_tables(store):
    run = recorded(store)
    async with opened(store, run, tab="costs") as pilot:
        for there, gone in (
            (("by step",), ("by model", "by agent")),
            (("by model",), ("by step", "by agent")),
            (("by agent", "planner"), ("by step", "by model")),
            (("by step", "by model", "by agent"), ()),
        ):
            await pilot.press("v")
            shown = text_of(pilot)
            assert all(word in shown for word in there) and not any(word in shown for word in gone)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_another_model_is_chosen_by_name_and_stands_beside_what_was_paid(store, size):
    run = recorded(store)
    counts = counted(store)
    async with opened(store, run, size, "costs") as pilot:
        await pilot.press("w")
        await wait(pilot, lambda: "cheap-large" in text_of(pilot))
        await pilot.press(*"cheap", "down", "enter")
        await wait(pilot, lambda: "with cheap-large" in text_of(pilot))
        assert "what if" in text_of(pilot) and "other cheap-large" in text_of(pilot)
        before = counts["runs"].named("cost_records")
        await pilot.press("v", "v")
        assert counts["runs"].named("cost_records") == before  # other tables of what was read
        await pilot.press("w", "escape")
        await settled(pilot)
        assert "with cheap-large" in text_of(pilot)
        await pilot.press("escape")
        await wait(pilot, lambda: "with cheap-large" not in text_of(pilot))
        assert screen_of(pilot).current == "costs"


async def test_a_store_without_price_table_and_hostile_names_are_shown(store):
    run = record_everything(store, NASTY)
    store.prices = lambda: None
    async with opened(store, run, (80, 24), "costs") as pilot:
        await pilot.press("w")
        await wait(pilot, lambda: "no model" in text_of(pilot))
        await pilot.press("x", "enter", "escape", "v", "v", "v", "asterisk")
        await settled(pilot)
        assert not [sign for sign in text_of(pilot) if sign != "\n" and not sign.isprintable()]
