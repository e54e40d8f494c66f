"""The costs of a run and the differences of states, as nodes."""

from flightlog.core.clock import from_seconds
from flightlog.core.costs import CostRecord, Tokens
from flightlog.tui.costs.nodes import Costs, cost_nodes
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.nodes import Folds, Shape, rows
from flightlog.tui.states.nodes import change_nodes

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
    assert costs.by_model[0].origin == "recorded; computed: 2026-10-01"
    assert costs.by_model[1].origin == "1 unknown"
    lines = [
        "".join(text for text, _ in (row.node.line(110) if callable(row.node.line) else row.node.line))
        for row in rows(cost_nodes(costs, UNICODE), Folds(), Shape(110))
    ]
    assert any("plan" in line and "$0.005" in line for line in lines)
    assert any(line.startswith("b ") and " ? " in line for line in lines)
    assert any(line.startswith("total") and "≥$0.006" in line for line in lines)


def differences(before, after):
    return [
        "".join(text for text, _ in row.node.line)
        for row in rows(list(change_nodes(before, after)), Folds(), Shape(80))
    ]


def test_what_changed_inside_a_value_is_told_and_the_rest_counted():
    assert differences([1, 2], [1, 2, 3]) == ["  2 entries unchanged", "+ 2: 3"]
    assert differences({"a": 1, "b": 1}, {"a": 2, "b": 1, "c": None}) == [
        "~ a: 1 → 2",
        "+ c: null",
        "  1 key unchanged",
    ]
    assert differences({"n": 1}, {"n": True}) == ["~ n: 1 → true"]
    assert differences("old", [1]) == ['- before: "old"', "+ after: [1]  1", "0: 1"]
