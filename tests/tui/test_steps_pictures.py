"""Steps as a tree, a waterfall and a graph: nesting, circles, bars, what is stuck; and their cost at ten thousand."""

import re

from flightlog.core.clock import from_seconds
from flightlog.core.costs import Money, Tokens
from flightlog.core.runs import Run, Step
from flightlog.core.step_nesting import parents_of
from flightlog.tui.glyphs import ASCII, UNICODE
from flightlog.tui.steps.edges import edges, sorted_edges
from flightlog.tui.steps.forest import Forest, union
from flightlog.tui.steps.open_steps import open_line
from flightlog.tui.steps.picture import LAYOUTS, Picture
from flightlog.tui.steps.rows import head_of, line_of
from flightlog.tui.steps.scale import Scale, Window
from flightlog.tui.trees.nodes import Folds, Shape, rows

START = 1_790_000_000.0


def step(id, parent=None, status="completed", at=0.0, took=1.0, after=(), **more):
    finished = from_seconds(START + at + took) if status in ("completed", "failed") else None
    started = None if status == "pending" else from_seconds(START + at)
    facts = {"run": "r", "id": id, "name": id, "parent": parent, "status": status, "depends_on": tuple(after)}
    return Step(**{**facts, "started": started, "finished": finished, **more})


def picture_of(steps, layout="tree", glyphs=UNICODE, live=False, width=80, now=START + 100):
    picture = Picture(Forest(steps), glyphs, live=live)
    picture.layout, picture.now, picture.width = layout, now, width
    return picture


def shown(picture, **open):
    """The rows; `open` says of outermost steps whether they are unfolded."""
    folds = Folds()
    for id, unfolded in open.items():
        folds.set(folds.along((id,)), unfolded)
    nodes = picture.nodes(lambda one, width: line_of(picture, one, width))
    return list(rows(nodes, folds, Shape(picture.width, picture.layout != "graph", picture.glyphs)))


def drawn(picture, **open):
    return [
        row.guide + "".join(text for text, _ in row.node.line(picture.width - len(row.guide)))
        for row in shown(picture, **open)
    ]


def names(picture, **open):
    return [row.node.key for row in shown(picture, **open)]


# --- nesting ----------------------------------------------------------------------------------------


def test_steps_lie_in_their_parents_and_pending_ones_are_there():
    lines = drawn(picture_of([step("a"), step("b", "a"), step("c", "b"), step("d"), step("e", status="pending")]))
    assert [line.split()[1] if line[0] in "✔◌" else line.split()[2] for line in lines] == ["a", "b", "c", "d", "e"]
    assert lines[1].startswith("└ ✔ b")
    assert lines[2].startswith("  └ ✔ c")
    assert "◌ e" in lines[4]


def test_every_line_is_as_wide_as_the_screen_in_every_layout():
    steps = [step("a"), step("b", "a", at=0.5, took=0.5), step("x" * 200, "b", status="running", after=["a", "b"])]
    for layout in LAYOUTS:
        for width in (120, 80, 40):
            picture = picture_of(steps, layout, width=width)
            assert {len(line) for line in drawn(picture)} == {width}
            assert len("".join(text for text, _ in head_of(picture, width))) == width


def test_a_circle_of_parents_hides_no_step_and_a_child_may_stand_before_its_parent():
    steps = [step("a", "b"), step("b", "a"), step("c", "c"), step("d", "gone"), step("e", "f"), step("f")]
    for layout in LAYOUTS:
        assert sorted(names(picture_of(steps, layout))) == list("abcdef")
    assert parents_of({one.id: one for one in steps}) == dict(a=None, b="a", c=None, d=None, e="f", f=None)


def test_a_chain_of_many_thousand_parents_is_no_trouble():
    steps = [step(f"{n}", f"{n - 1}", status="failed") for n in range(5_000)]
    forest = Forest(steps)
    assert forest.order == [f"{n}" for n in range(5_000)]
    assert forest.sums["0"].failed == 4_999
    found = shown(picture_of(steps))
    assert len(found) == 5_000
    assert max(len(row.guide) for row in found) <= 80 // 3 + 2
    assert found[-1].guide.startswith("… ")
    assert "".join(text for text, _ in found[-1].node.line(52)).startswith("✖ 4999")


# --- what each took by itself ------------------------------------------------------------------------


def test_time_that_steps_below_took_is_counted_once_however_many_ran_at_once():
    forest = Forest(
        [
            step("a", took=10),
            step("b", "a", at=1, took=4),
            step("c", "a", at=2, took=4),
            step("late", "a", at=8, took=9),
            step("in c", "c", at=3, took=1),
        ]
    )
    assert [forest.own_time(forest.by_id[id], 0.0) for id in ("a", "b", "c")] == [3.0, 4.0, 3.0]
    assert union([(0, 5), (1, 2), (4, 7), (20, 30)], 1, 25) == 11


def test_the_own_time_of_a_running_step_stands_still_while_a_step_below_runs():
    forest = Forest([step("a", status="running"), step("b", "a", at=1, took=2), step("c", "a", "running", at=5)])
    assert [forest.own_time(forest.by_id["a"], START + now) for now in (5, 50, 500)] == [3.0, 3.0, 3.0]
    assert forest.own_time(forest.by_id["c"], START + 50) == 45.0


def test_tokens_money_and_failures_are_summed_over_all_that_lies_in_a_step():
    money = Money(recorded_nanousd=2_000_000_000, recorded=1)
    steps = [
        step("a"),
        step("b", "a", money=money, tokens=Tokens(input=10)),
        step("c", "b", "failed", money=money, error="no"),
    ]
    forest = Forest(steps)
    assert forest.sums["a"].money.nanousd == 4_000_000_000
    assert (forest.sums["a"].steps, forest.sums["a"].failed, forest.sums["a"].tokens.total) == (2, 1, 10)
    wide = drawn(picture_of(steps, width=120))
    assert all("$4.00" in wide[n] or "$2.00" in wide[n] for n in range(3))
    assert wide[0].rstrip().endswith("$4.00")  # nothing was spent in it itself: no bar
    assert wide[1].rstrip().endswith("▇")
    folded = drawn(picture_of(steps, width=120), a=False)
    assert len(folded) == 1


def test_a_folded_step_says_how_much_lies_in_it():
    picture = picture_of([step("a"), step("b", "a"), step("c", "a", "failed", error="no")])
    assert "2 steps" not in drawn(picture)[0]
    picture.is_folded = lambda path, open: True
    assert "2 steps ✖1" in drawn(picture)[0]


# --- the waterfall ----------------------------------------------------------------------------------


def test_bars_begin_and_end_on_one_scale():
    lines = drawn(picture_of([step("a", at=0, took=5), step("b", at=5, took=5)], "waterfall", ASCII, width=40))
    assert "=" * 11 + " " * 11 in lines[0]
    assert "." * 11 + "=" * 11 in lines[1]


def test_one_looks_closer_at_a_moment_and_not_beyond_the_run():
    window = Window()
    scale = window.scale(0.0, 100.0)
    assert scale.whole
    window.zoom(scale, 0.5, 80.0)
    assert window.part == (40.0, 90.0)  # the moment stays where it was
    window.pan(window.scale(0.0, 100.0), 1)
    assert window.part == (50.0, 100.0)
    window.fit(window.scale(0.0, 100.0), 10.0, 20.0)
    assert window.part == (9.5, 20.5)
    assert window.scale(0.0, 100.0).cells(0.0, 5.0, 40) == (0, 0)
    assert window.scale(0.0, 100.0).cells(0.0, 50.0, 40) == (0, 40)
    for _ in range(5):
        window.zoom(window.scale(0.0, 100.0), 2.0, 15.0)
    assert window.part is None
    for _ in range(60):
        window.zoom(window.scale(0.0, 100.0), 0.5, 50.0)
    begin, end = window.part
    assert end - begin >= 0.00009


def test_the_axis_has_round_marks_that_are_apart():
    for first, last in ((0.0, 0.01), (0.0, 0.0), (5.0, 47.0), (1000.0, 90_000_000.0)):
        (text, _), *rest = Scale(first, last, first, last).axis(60)
        assert len(text) == 60
        assert not rest
    (text, _), *_ = Scale(0, 60, 0, 60).axis(60)
    assert text.split() == ["0:00", "0:10", "0:20", "0:30", "0:40", "0:50"]
    assert [text.index(mark) for mark in text.split()] == [0, 10, 20, 30, 40, 50]


# --- the graph --------------------------------------------------------------------------------------


def test_the_graph_draws_what_waited_for_what_and_steps_that_lie_in_another_come_after_it():
    steps = [step("plan"), step("x", after=["plan"]), step("y", after=["plan"]), step("end", after=["x", "y"])]
    lines = drawn(picture_of([*steps, step("in", "end")], "graph"))
    assert [line[:4] for line in lines] == ["✔   ", "├─✔ ", "✔ │ ", "╰─✔ ", "  ✔ "]


def test_in_the_graph_a_step_that_lies_in_another_is_set_off_from_those_beside_it():
    nested = [step("a", "turn"), step("b", "turn"), step("c", "b"), step("d", "c"), step("e", "d"), step("f", "e")]
    picture = picture_of([step("turn"), *nested, step("next", after=["turn"])], "graph", width=60)
    at = {found.group(): found.start() for line in drawn(picture) if (found := re.search("[a-z]+", line))}
    assert at["turn"] == at["next"] and at["a"] == at["b"] == at["turn"] + 2
    assert [at[name] - at["turn"] for name in "cdef"] == [4, 6, 8, 8]  # what is deeper is not told apart
    assert {len(line) for line in drawn(picture)} == {60}


def test_steps_are_drawn_behind_what_they_wait_for_and_circles_are_cut():
    before = {"a": ["b"], "b": ["c"], "c": [], "d": ["e"], "e": ["d"], "f": ["e", "gone", "f"]}
    steps = [step(id, status="pending", after=others) for id, others in before.items()]
    made = sorted_edges(edges(Forest(steps)))
    assert list(made) == ["c", "b", "a", "d", "e", "f"]
    assert made == {"c": [], "b": ["c"], "a": ["b"], "d": [], "e": ["d"], "f": ["e"]}


def test_a_graph_of_many_lanes_is_scrolled_sideways():
    steps = [step("root"), *(step(f"a{n}", after=["root"]) for n in range(40))]
    steps += [step(f"b{n}", after=[f"a{n}"]) for n in range(40)]
    picture = picture_of(steps, "graph")
    assert max(lane.lane for lane in picture.lanes.values()) > 30
    hidden = drawn(picture)
    picture.shift = 28
    assert hidden != drawn(picture)
    assert {len(line) for line in drawn(picture)} == {80}
    assert "<28" in head_of(picture, 80)[0][0]


# --- what is open -----------------------------------------------------------------------------------


def said(steps, status="running", now=63.0, last=2.0, **more):
    run = Run(id="r", workflow="w", status=status, last_event=from_seconds(START + last), **more)
    return "".join(text for text, _ in open_line(Forest(steps), run, START + now, 120))


def test_the_innermost_oldest_open_step_is_where_a_run_is_stuck():
    steps = [
        step("outer", status="running"),
        step("inner", "outer", "running", at=3, kind="llm"),
        step("late", status="running", at=9),
    ]
    assert [one.id for one in Forest(steps).stuck()] == ["inner", "late"]
    assert said(steps).startswith("stuck? oldest open call  inner 1:00  of 3 open  last event 1 min ago")
    assert said(steps, last=60.0).startswith("oldest open call")
    assert said([step("a")], last=60.0).startswith("no step is open  last event 3s ago")


def test_runs_that_wait_died_or_ended_say_what_was_open():
    steps = [step("a", status="running"), step("b", status="running", at=1), step("c", status="running", at=2)]
    assert said(steps, "lost", 2.0, evidence="pid 7 is gone") == "lost in  a 0:02  b 0:01  and 1 more    pid 7 is gone"
    assert said([step("a")], "lost", evidence="pid 7 is gone") == "lost with no step open  pid 7 is gone"
    assert said(steps, "failed").startswith("left open when the run ended  a 1:03")
    assert said([step("a")], "failed") == ""
    assert said(steps, "waiting", evidence="Ship?") == "waits for a person  Ship?  p answers"
    assert said(steps[:1], "paused", 2.0).startswith("paused in  a 0:02")


# --- folding ----------------------------------------------------------------------------------------


def test_what_is_finished_is_folded_while_the_run_is_live_and_errors_and_the_cursors_step_are_not():
    steps = [
        *(step("done"), step("in done", "done")),
        *(step("bad"), step("in bad", "bad", "failed", error="no")),
        *(step("now", status="running"), step("in now", "now")),
        *(step("read"), step("in read", "read")),
    ]
    picture = picture_of(steps, live=True)
    picture.held = frozenset(["read"])
    assert names(picture) == ["done", "bad", "in bad", "now", "in now", "read", "in read"]
    assert names(picture, done=True, now=False) == [*("done", "in done", "bad", "in bad", "now", "read", "in read")]
    assert len(names(picture_of(steps))) == 8


def test_failed_and_running_subtrees_are_unfolded_in_a_large_run():
    steps = [step(f"p{n}") for n in range(100)] + [step("bad", "p7", "failed", error="no"), step("ok", "p8")]
    assert "bad" in names(picture_of(steps))
    assert "ok" not in names(picture_of(steps))


def test_ten_thousand_steps_draw_only_what_is_unfolded_and_seen():
    steps = [step(f"p{n}") for n in range(100)] + [step(f"s{n}", f"p{n % 100}") for n in range(9_900)]
    picture = picture_of(steps)
    made = []
    found = list(rows(picture.nodes(lambda one, width: made.append(one)), Folds(), Shape(80, guides=True)))
    assert len(found) == 100
    assert not made
    found[0].node.line(80)
    assert len(made) == 1
