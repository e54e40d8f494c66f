"""With which version a figure first rose: along the ancestry of one, beyond what chance explains.

A version is judged by its runs. One with too few of them is passed over: the next is compared with what lies
before it, and says that the rise may have come with either.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Literal, get_args

import msgspec

from ..errors import NotFound
from ..lineage import ancestors, lineage
from ..metrics import Change, cost_change, priced, success_change
from ..progress import counted
from ..store import Store
from ..workflows import FEW, Outcome

Figure = Literal["cost", "failures"]
FIGURES: tuple[Figure, ...] = get_args(Figure)
"""What a run costs on average, and the share of ended runs that did not complete."""


class Rise(msgspec.Struct, kw_only=True, frozen=True):
    """What was found, and of what."""

    version: int | None = None
    """The first version whose figure rose over that of every version it is compared with; None if none did."""
    changes: dict[int, Change] = {}
    """Its change against each of these."""
    between: tuple[int, ...] = ()
    """Versions between it and these, with too few runs: it may have come with one of them."""
    compared: int = 0
    """Versions that were compared with one before them."""
    too_few: tuple[int, ...] = ()
    """Versions of the ancestry that too few runs speak for."""


def first_rise(
    parents: Mapping[int, Sequence[int]],
    version: int,
    enough: Callable[[int], bool],
    change: Callable[[int, int], Change],
) -> Rise:
    """Looks at the ancestry of a version, parents before children.

    `enough` says whether runs enough speak for a version; `change(before, after)` is how the figure changed, a
    rise being a difference above 0. A merge that is above one parent only got it from the other. It asks only
    as far as the first rise; circles are gone round once.
    """
    of = {version: None, **ancestors(parents, version)}
    order = lineage({node: ups for node, ups in parents.items() if node in of}).order
    few = tuple(sorted(node for node in order if not enough(node)))
    compared = 0
    for node in counted(order, len(order), "comparing versions"):
        before, between = _judged_before(parents, node, few)
        if node in few or not before:
            continue
        compared += 1
        changes = {one: change(one, node) for one in before}
        if all(found.clear and (found.difference or 0) > 0 for found in changes.values()):
            return Rise(version=node, changes=changes, between=between, compared=compared, too_few=few)
    return Rise(compared=compared, too_few=few)


def _judged_before(
    parents: Mapping[int, Sequence[int]], node: int, few: Sequence[int]
) -> tuple[list[int], tuple[int, ...]]:
    """The nearest versions before one that can be judged, and those that were passed over."""
    judged: dict[int, None] = {}
    passed: dict[int, None] = {}
    todo = list(parents.get(node, ()))
    while todo:
        up = todo.pop(0)
        if up == node or up not in parents or up in judged or up in passed:
            continue
        if up in few:
            passed[up] = None
            todo += parents[up]
        else:
            judged[up] = None
    return list(judged), tuple(sorted(passed))


def look_for_rise(store: Store, workflow: str, figure: Figure, version: int | None = None) -> Rise:
    """With which version of a workflow a figure first rose, up to `version` (None: the newest one). NotFound.

    Costs at most a thousand runs of each version of the ancestry.
    """
    versions = {one.number: one.parents for one in store.workflows.list(workflow, deleted=True)}
    if not versions or (version is not None and version not in versions):
        what = f"there is no version {version} of {workflow}" if versions else f"there is no version of {workflow}"
        raise NotFound(what, advice=f"see `flightlog versions {workflow}`" if versions else "see `flightlog workflows`")
    enough, change = _of_cost(store, workflow) if figure == "cost" else _of_failures(store, workflow)
    return first_rise(versions, max(versions) if version is None else version, enough, change)


def _of_cost(store: Store, workflow: str) -> tuple[Callable[[int], bool], Callable[[int, int], Change]]:
    newest = cache(lambda version: store.metrics.newest(workflow, version))
    return lambda one: priced(newest(one)) >= FEW, lambda one, other: cost_change(newest(one), newest(other))


def _of_failures(store: Store, workflow: str) -> tuple[Callable[[int], bool], Callable[[int, int], Change]]:
    found = {outcome.version: outcome for outcome in store.metrics.outcomes(workflow)}

    def of(version: int) -> Outcome:
        return found.get(version, Outcome(workflow=workflow, version=version, runs=0))

    return lambda one: not of(one).too_few, lambda one, other: success_change(of(one), of(other)).turned()
