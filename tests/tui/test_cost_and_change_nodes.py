"""The costs of a run and the differences of states, as nodes."""

import msgspec
from flightlog.core.clock import from_seconds
from flightlog.core.costs import CostRecord, Tokens
from flightlog.core.deep_json import folded
from flightlog.tui.costs.nodes import Costs, cost_nodes
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.states import change_nodes as change_nodes_module
from flightlog.tui.states.change_nodes import change_nodes
from flightlog.tui.trees.nodes import Folds, Shape, rows

START = 1_790_000_000.0


def record(seq, model, nanousd, provenance, **more):
    return CostRecord(
        run="r",
        seq=seq,
        t=from_seconds(START),
        model=model,
        nanousd=nanousd,
        provenance=provenance,
        tokens=Tokens(input=10, output=1),
        **more,
    )


def test_costs_are_summed_by_model_and_step_and_the_unknown_is_no_zero():
    records = [
        record(1, "a", 5_000_000, "recorded", step="s"),
        record(2, "a", 1_000_000, "computed", prices="2026-10-01", step="t"),
        record(3, "b", None, "unknown"),
    ]
    costs = Costs(records, {"s": "plan"})
    assert [one.key for one in costs.by_model] == ["a", "b"]
    assert costs.by_model[0].origin() == "recorded; computed: 2026-10-01"
    assert costs.by_model[1].origin() == "1 unknown"
    lines = [
        "".join(text for text, _ in (row.node.line(110) if callable(row.node.line) else row.node.line))
        for row in rows(cost_nodes(costs, UNICODE), Folds(), Shape(110))
    ]
    assert any("plan" in line and "$0.005" in line for line in lines)
    assert any(line.startswith("b ") and " ? " in line for line in lines)
    assert any(line.startswith("total") and "≥$0.006" in line for line in lines)


def test_a_kind_of_tokens_that_no_call_had_has_no_column():
    one = record(1, "a", 5_000_000, "recorded", step="s")
    cached = msgspec.structs.replace(one, seq=2, tokens=Tokens(input=10, output=1, cache_read=7, reasoning=3))
    for records, there in (([one], set()), ([one, cached], {"cache read", "reasoning"})):
        found = list(rows(cost_nodes(Costs(records, {"s": "plan"}), UNICODE), Folds(), Shape(140)))
        head = "".join(text for text, _ in found[0].node.line(140))
        assert {name for name in ("cache read", "cache write", "reasoning") if name in head} == there
        ends = [text for row in found if row.node.key == "total" for text, _ in row.node.line(140)]
        assert ("7" in [text.strip() for text in ends]) is bool(there)


def differences(before, after, **how):
    return [
        "".join(text for text, _ in row.node.line)
        for row in rows(list(change_nodes(before, after, **how)), Folds(), Shape(80))
    ]


def test_what_changed_inside_a_value_is_told_and_the_rest_counted():
    assert differences([1, 2], [1, 2, 3]) == ["  2 entries unchanged", "+ 2: 3"]
    assert differences({"a": 1, "b": 1}, {"a": 2, "b": 1, "c": None}) == [
        "~ a: 1 → 2",
        "+ c: null",
        "  1 key unchanged",
    ]
    assert differences({"n": 1}, {"n": True}) == ["~ n: 1 → true"]
    assert differences({"a": [1, {"n": 1}, 3]}, {"a": [1, {"n": 2}, 3]}) == [
        "~ a: [3]  1, …, 3",
        "  1 entry unchanged",
        "~ 1: {1 key}  n",
        "~ n: 1 → 2",
        "  1 entry unchanged",
    ]
    assert differences([1, 2, 3, 4], [2, 3, 9, 4, 5]) == [  # what is the same is found where entries were moved
        "- 0: 1",
        "  2 entries unchanged",
        "+ 2: 9",
        "  1 entry unchanged",
        "+ 4: 5",
    ]
    assert differences("old", [1]) == ['- before: "old"', "+ after: [1]  1", "0: 1"]


def test_of_two_texts_the_lines_that_differ_are_shown():
    before = [f"line {n}" for n in range(1, 1201)]
    after = [*before[:1000], "another", *before[1001:], "more\x1b[2J", "x" * 3000]
    assert [line[:40] for line in differences("\n".join(before), "\n".join(after))] == [
        "  line 1,000",
        "  line 1000",
        "- line 1001",
        "+ another",
        "  line 1002",
        "  line 1,200",
        "  line 1200",
        "+ more␛[2J",
        f"+ {'x' * 38}",
    ]
    assert differences("one line", "another")[0] == '- before: "one line"'
    assert differences("\n".join(before), "\n".join(map(str, range(5000))))[0].startswith("- before: ")


def test_many_differences_are_folded_and_cost_nothing_then(monkeypatch):
    made = 0
    real = change_nodes_module.json_node

    def counting(*args, **options):
        nonlocal made
        made += 1
        return real(*args, **options)

    monkeypatch.setattr(change_nodes_module, "json_node", counting)
    for before, after in (
        (list(range(5000)), [{"n": n} for n in range(5000)]),
        ({}, {f"k{n}": n for n in range(5000)}),
    ):
        made = 0
        lines = differences(before, after, lazy=True)
        assert "100 differences" in lines[0] and 0 < made <= 200
        assert len([line for line in lines if line.endswith("differences")]) == 50


def test_what_is_nested_deep_is_told_where_it_differs():
    def deep(word):
        value = word
        for _ in range(250):
            value = [value]
        return msgspec.json.decode(folded(msgspec.json.encode(value)))

    assert differences(deep("left"), deep("right"))[-1].strip() == '~ 0: "left" → "right"'
