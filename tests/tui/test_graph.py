"""Lanes of a graph: drawn examples, and laws for any graph."""

from flightlog.tui.graph import ASCII, MAX_LANES, lanes, upwards
from hypothesis import given
from hypothesis import strategies as st


def drawn(parents):
    return [lane.text.rstrip() for lane in lanes(parents).values()]


def test_a_chain_is_one_lane():
    assert drawn({"a": (), "b": ("a",), "c": ("b",)}) == ["●", "●", "●"]


def test_the_last_child_stays_in_the_lane_and_an_earlier_branch_stands_beside_it():
    assert drawn({"a": (), "b": ("a",), "c": ("b",), "d": ("a",), "e": ("d",)}) == ["●", "├─●", "│ ●", "●", "●"]


def test_a_merge_closes_the_lane_it_takes_in():
    assert drawn({"a": (), "b": ("a",), "c": ("a",), "d": ("c", "b")}) == ["●", "├─●", "● │", "●─╯"]


def test_a_history_is_read_from_its_newest_and_its_corners_turn():
    found = upwards(lanes({"a": (), "b": ("a",), "c": ("a",), "d": ("c", "b")}))
    assert [(key, lane.text.rstrip()) for key, lane in found.items()] == [
        ("d", "●─╮"),
        ("c", "● │"),
        ("b", "├─●"),
        ("a", "●"),
    ]


def test_a_line_across_a_lane_crosses_it():
    picture = drawn({"a": (), "b": ("a",), "c": ("a",), "d": ("a",), "x": ("b",), "y": ("c",), "z": ("d",)})
    assert picture[:3] == ["●", "├─●", "├─┼─●"]


def test_parents_that_are_not_there_are_left_out():
    assert drawn({"b": ("gone",), "c": ("b",), "x": ()}) == ["●", "●", "●"]


def test_ascii_draws_no_other_character():
    graph = {0: (), 1: (0,), 2: (0,), 3: (0,), 4: (1, 2), 5: (3, 4)}
    assert all(lane.text.isascii() for lane in lanes(graph, ASCII).values())


def graphs():
    return st.lists(st.lists(st.integers(0, 60), max_size=3), max_size=60).map(
        lambda given: {n: tuple(p % n for p in parents if n) for n, parents in enumerate(given)}
    )


@given(graphs())
def test_every_thing_has_one_node_in_its_lane_and_all_rows_are_of_one_width(graph):
    found = lanes(graph)
    assert list(found) == list(graph)
    assert len({len(lane.text) for lane in found.values()}) <= 1
    for lane in found.values():
        assert 0 <= lane.lane < MAX_LANES
        assert lane.text[2 * lane.lane] == "●"
        assert lane.text.count("●") == 1


@given(graphs())
def test_a_lane_belongs_to_a_thing_until_its_last_child(graph):
    found = lanes(graph)
    last = {parent: n for n, parents in graph.items() for parent in parents}
    for key, until in last.items():
        column = found[key].lane
        if column >= MAX_LANES - 1:
            continue
        between = [found[n] for n in graph if key < n < until]
        assert all(lane.lane != column and lane.text[2 * column] != " " for lane in between)
