"""Steps as a tree: nesting, circles, bars, what is stuck; and their cost at ten thousand."""

from flightlog.core.clock import from_seconds
from flightlog.core.costs import CostRecord, Tokens
from flightlog.core.runs import Step
from flightlog.tui.cost_nodes import Costs, cost_nodes
from flightlog.tui.glyphs import ASCII, UNICODE
from flightlog.tui.nodes import rows
from flightlog.tui.state_nodes import change_nodes
from flightlog.tui.step_tree import StepTree

START = 1_790_000_000.0


def step(id, parent=None, status="completed", at=0.0, took=1.0, **more):
    finished = from_seconds(START + at + took) if status in ("completed", "failed") else None
    started = None if status == "pending" else from_seconds(START + at)
    return Step(run="r", id=id, name=id, parent=parent, status=status, started=started, finished=finished, **more)


def drawn(tree, width=80, folds=None):
    tree.now, tree.width = START + 100, width
    return [
        row.guide + "".join(text for text, _ in row.node.line(width - len(row.guide)))
        for row in rows(tree.nodes(), folds or {}, width, guides=True, glyphs=tree.glyphs)
    ]


def test_steps_lie_in_their_parents_and_pending_ones_are_there():
    lines = drawn(StepTree([step("a"), step("b", "a"), step("c", "b"), step("d"), step("e", status="pending")]))
    assert [line.split()[1] if line[0] in "✔◌" else line.split()[2] for line in lines] == ["a", "b", "c", "d", "e"]
    assert lines[1].startswith("└ ✔ b")
    assert lines[2].startswith("  └ ✔ c")
    assert "◌ e" in lines[4]


def test_every_line_is_as_wide_as_the_screen_and_columns_stand_below_each_other():
    tree = StepTree([step("a"), step("b", "a", at=0.5, took=0.5), step("x" * 200, "b", status="running")])
    for width in (120, 80, 40):
        assert {len(line) for line in drawn(tree, width)} == {width}
        assert len("".join(text for text, _ in tree.head(width))) == width


def test_a_circle_of_parents_hides_no_step():
    lines = drawn(StepTree([step("a", "b"), step("b", "a"), step("c", "c"), step("d", "gone")]))
    assert len(lines) == 4


def test_bars_begin_and_end_on_one_scale():
    lines = drawn(StepTree([step("a", at=0, took=5), step("b", at=5, took=5)], ASCII))
    assert "=" * 10 + " " * 10 in lines[0]
    assert "." * 10 + "=" * 10 in lines[1]


def test_the_innermost_oldest_open_step_is_where_a_run_is_stuck():
    tree = StepTree(
        [step("outer", status="running"), step("inner", "outer", "running", at=3), step("late", status="running", at=9)]
    )
    assert tree.oldest_open().id == "inner"
    tree.now = START + 63
    said = "".join(text for text, _ in tree.open_line(61.0))
    assert said.startswith("stuck? ")
    assert "inner 1:00" in said
    assert "stuck?" not in "".join(text for text, _ in tree.open_line(5.0))


def test_ten_thousand_steps_draw_only_what_is_unfolded_and_seen():
    steps = [step(f"p{n}") for n in range(100)] + [step(f"s{n}", f"p{n % 100}") for n in range(9_900)]
    tree = StepTree(steps)
    made = []
    tree._line = lambda one, width: made.append(one)  # type: ignore[method-assign,assignment,func-returns-value]
    found = list(rows(tree.nodes(), {}, 80, guides=True))
    assert len(found) == 100
    assert not made


def test_failed_and_running_subtrees_are_unfolded_in_a_large_run():
    steps = [step(f"p{n}") for n in range(100)] + [step("bad", "p7", "failed", error="no"), step("ok", "p8")]
    keys = [row.node.key for row in rows(StepTree(steps).nodes(), {}, 80)]
    assert "bad" in keys
    assert "ok" not in keys


# --- costs and differences ---------------------------------------------------------------------------


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
        for row in rows(cost_nodes(costs, UNICODE), {}, 110)
    ]
    assert any("plan" in line and "$0.005" in line for line in lines)
    assert any(line.startswith("b ") and " ? " in line for line in lines)
    assert any(line.startswith("total") and "≥$0.006" in line for line in lines)


def differences(before, after):
    return ["".join(text for text, _ in row.node.line) for row in rows(list(change_nodes(before, after)), {}, 80)]


def test_what_changed_inside_a_value_is_told_and_the_rest_counted():
    assert differences([1, 2], [1, 2, 3]) == ["  2 entries unchanged", "+ 2: 3"]
    assert differences({"a": 1, "b": 1}, {"a": 2, "b": 1, "c": None}) == [
        "~ a: 1 → 2",
        "+ c: null",
        "  1 key unchanged",
    ]
    assert differences({"n": 1}, {"n": True}) == ["~ n: 1 → true"]
    assert differences("old", [1]) == ['- before: "old"', "+ after: [1]  1", "0: 1"]
