"""Trees and JSON as lines: folding, identity, laziness, hostile text."""

from flightlog.core.events import Fault
from flightlog.core.logs import LogEntry
from flightlog.core.text import cells, safe_text
from flightlog.tui.format import instant
from flightlog.tui.lines import Columns, fitted, one_line, width_of, wrapped
from flightlog.tui.logs.entry import entry_nodes
from flightlog.tui.logs.pattern import LogPattern
from flightlog.tui.parts.overview import fault_nodes
from flightlog.tui.trees.json_nodes import CHUNK, json_node
from flightlog.tui.trees.nodes import Folds, Node, Shape, rows, rows_under
from hypothesis import given
from hypothesis import strategies as st


def unfolded(*paths):
    """The folds of a tree in which all that these keys lead through is unfolded."""
    folds = Folds()
    for keys in paths:
        folds.set(folds.along(keys), True)
    return folds


def shown(nodes, *unfold, width=80):
    return [
        "".join(text for text, _ in row.node.line) if not row.part else row.text
        for row in rows(nodes, unfolded(*unfold), Shape(width))
    ]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json)
def test_any_json_is_lines_of_characters_that_only_draw(value):
    nodes = [json_node("value", value)]
    folds = Folds()
    for _ in range(4):
        found = list(rows(nodes, folds, Shape(60)))
        folds.set([row.path for row in found if row.fold is False], True)
    texts = [text for row in found for text, _ in ([(row.text, "")] if row.part else row.node.line)]
    assert all(safe_text(text, limit=None) == text for text in texts)
    places = [(row.path, row.part) for row in found]
    assert len(set(places)) == len(places)


def test_a_folded_value_is_not_walked():
    made = []

    def children():
        made.append(1)
        return [Node("child", [("child", "text")])]

    nodes = [Node("a", [("a", "text")], children)]
    assert shown(nodes) == ["a"]
    assert not made
    assert shown(nodes, ("a",)) == ["a", "child"]


def test_a_long_list_unfolds_in_ranges():
    node = json_node("list", list(range(10 * CHUNK)))
    found = shown([node], ("list",))
    assert len(found) == 1 + 10 + CHUNK
    assert "100…199" in found


def test_a_state_deeper_than_python_recurses_is_shown():
    value = []
    for _ in range(3000):
        value = [value]
    folds = unfolded(("v", *[0] * 2999))
    assert len(list(rows([json_node("v", value)], folds, Shape(80)))) == 3001


def test_a_path_is_made_once_and_forgotten_with_the_last_row_that_has_it():
    value = []
    for _ in range(5000):
        value = [value]
    folds = unfolded(keys := ("v", *[0] * 4999))
    made = folds.made
    found = list(rows([json_node("v", value)], folds, Shape(80)))
    again = list(rows([json_node("v", value)], folds, Shape(80)))
    assert folds.made == made + 1  # the innermost list, which is empty
    assert all(one.path is other.path for one, other in zip(found, again, strict=True))
    assert found[-2].path.keys == keys
    assert found[-1].path.depth == 5001 and found[-1].path.first == "v"
    folds.set([found[0].path], False)
    assert folds.unfolded()[-1].keys == keys
    assert folds.find((*keys, 0)) is found[-1].path
    del found, again, value
    assert folds.find((*keys, 0)) is None and folds.find(keys) is not None
    folds = None  # so deep a chain goes without any recursion


@given(json)
def test_what_lies_under_a_row_is_what_the_whole_tree_has_there(value):
    nodes, folds, shape = [json_node("value", {"one": value, "two": value})], Folds(), Shape(40, guides=True)
    for _ in range(4):
        found = list(rows(nodes, folds, shape))
        folds.set([row.path for row in found if row.fold is False], True)
    for at, row in enumerate(found := list(rows(nodes, folds, shape))):
        if row.fold:
            under = [drawn_as(one) for one in rows_under(row, folds, shape)]
            assert under == [drawn_as(one) for one in found[at + 1 : at + 1 + len(under)]]


def drawn_as(row):
    return row.path, row.part, row.guide, row.below, row.fold, row.text, row.node.line


def test_text_is_wrapped_at_spaces_and_nothing_is_lost():
    text = "The price of eggs in Europe and beyond"
    pieces = wrapped(text, 12)
    assert pieces == ["The price of", "eggs in", "Europe and", "beyond"]


@given(st.text(), st.integers(1, 40))
def test_wrapped_lines_fit_and_hold_every_character_but_spaces(text, width):
    text = one_line(text)
    pieces = wrapped(text, width)
    assert all(cells(piece) <= max(width, 2) for piece in pieces)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.tuples(st.text("ab你é", max_size=9), st.just("text")), max_size=5), st.integers(0, 30))
def test_a_fitted_line_has_exactly_its_width(line, width):
    assert width_of(fitted(line, width)) == width


@given(st.text("aBc ß", max_size=30), st.text("aBc", min_size=1, max_size=2))
def test_lighting_a_word_up_changes_no_text(text, word):
    line = LogPattern(word).lit([(text, "text")])
    assert "".join(part for part, _ in line) == text
    assert all(part.casefold() == word.casefold() for part, ink in line if ink == "match")


def test_columns_that_do_not_fit_are_left_out_in_their_order():
    columns = Columns(("name", "size", "made"), [("a", "1 kB", "yesterday")], align="lrl", wide=0, drop=(2, 1))
    wide = "".join(text for text, _ in columns.draw(("a", "1 kB", "yesterday"), ["text"] * 3, 40))
    narrow = "".join(text for text, _ in columns.draw(("a", "1 kB", "yesterday"), ["text"] * 3, 14))
    assert "yesterday" in wide
    assert len(wide) == 40
    assert "1 kB" in narrow
    assert "yester" not in narrow


def line_of(node) -> str:
    """A node's line as it is read."""
    return "".join(text for text, _ in (node.line(100) if callable(node.line) else node.line))


def test_a_log_entry_in_full_has_its_time_to_the_millisecond_also_where_its_line_has_no_room_for_it():
    entry = LogEntry(run="r", seq=7, t="2026-11-20T10:03:21.402917Z", level="INFO", message="said")
    assert f"{instant(entry.t)}  entry 7" in line_of(next(entry_nodes(entry, {}))) and ":21.402" in instant(entry.t)


def test_a_traceback_of_one_line_is_one_line():
    assert line_of(list(fault_nodes(Fault(type="E", message="m", traceback="at x")))[1]) == "traceback  1 line"
