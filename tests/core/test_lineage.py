"""Lineages: an order with parents first, whatever others wrote."""

from itertools import pairwise

import hypothesis.strategies as st
from flightlog.core.lineage import ancestors, lineage, path
from hypothesis import given

PARENTS = st.dictionaries(st.integers(0, 12), st.lists(st.integers(0, 14), max_size=3), max_size=12)


@given(parents=PARENTS)
def test_everything_is_there_once_and_parents_come_first(parents):
    found = lineage(parents)
    assert sorted(found.order) == sorted(parents)
    place = {node: at for at, node in enumerate(found.order)}
    for node, ups in parents.items():
        for up in ups:
            both = node in found.circular and up in found.circular
            assert up not in parents or both or place[up] < place[node]


@given(parents=PARENTS)
def test_what_is_wrong_is_said(parents):
    found = lineage(parents)
    assert set(found.missing) == {(node, up) for node, ups in parents.items() for up in ups if up not in parents}
    own = {node for node in parents if node in ancestors(parents, node)}
    assert own <= set(found.circular)
    assert bool(own) == bool(found.circular)
    for node in found.circular:  # on a cycle, or with one on both sides
        assert node in own or (own & set(ancestors(parents, node)))
    assert set(found.heads) == {node for node in parents if not any(node in ups for ups in parents.values())}


@given(parents=PARENTS)
def test_without_faults_the_order_given_stays_where_it_can(parents):
    clean = {node: [up for up in ups if up in parents and up < node] for node, ups in sorted(parents.items())}
    assert list(lineage(clean).order) == sorted(clean)


@given(parents=PARENTS, node=st.integers(0, 12))
def test_ancestors_are_what_parents_lead_to(parents, node):
    reached, todo = set(), [node]
    while todo:
        for up in parents.get(todo.pop(), []):
            if up in parents and up not in reached:
                reached.add(up)
                todo.append(up)
    assert set(ancestors(parents, node)) == reached


@given(parents=PARENTS, node=st.integers(0, 12))
def test_a_path_follows_first_parents_and_ends(parents, node):
    found = path(parents, node)
    assert len(found) == len(set(found))
    assert not found or found[0] == node
    for here, up in pairwise(found):
        assert parents[here][0] == up


def test_nearest_ancestors_come_first():
    assert list(ancestors({1: [], 2: [1], 3: [2], 4: [3, 1]}, 4)) == [3, 1, 2]


def test_a_long_line_is_no_trouble():
    line = {number: [number - 1] if number else [] for number in range(20_000)}
    assert lineage(line).order == tuple(range(20_000))
    assert lineage(line).heads == (19_999,)
    assert len(path(line, 19_999)) == 20_000
    circle = line | {0: [19_999]}
    assert len(lineage(circle).circular) == 20_000
