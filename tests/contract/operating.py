"""What the contracts of operations share: runs to do something with, and what is to be seen of them."""

import pytest
from flightlog.core.annotations import Noted, Tagged
from flightlog.core.operations import Chosen, Done, new_order
from flightlog.core.pages import each
from flightlog.core.query.query import EVERYTHING
from flightlog.core.store import Store
from places import MAKERS

OWN = ("files", "sqlite", "memory", "postgres")
"""Ways of keeping a store that bring something of their own to operations; the others are these again, put together."""
KINDS = [pytest.param(name, marks=[] if name in OWN else [pytest.mark.heavy]) for name in MAKERS]


def record(store: Store, *, name: str = "n", parent: str | None = None, status: str = "completed") -> str:
    """A finished run with something of everything."""
    with store.run("triage", name=name, parent=parent) as run:
        with run.step("plan") as step:
            step.log(f"words of {name}")
            step.cost(model="m", input_tokens=5, output_tokens=7)
        run.checkpoint({"messages": ["hello", name]})
        if status == "failed":
            run.finish("failed")
    store.runs.annotate(Noted(run=run.id, by="ana", text=f"a note on {name}"))
    store.runs.annotate(Tagged(run=run.id, tag="kept"))
    return run.id


def ids(store: Store) -> set[str]:
    return {run.id for run in store.runs.query(EVERYTHING).items}


def trashed(store: Store) -> list[str]:
    return [one.run for one in each(lambda after: store.upkeep.trashed(limit=2, after=after))]


def chosen(*runs: str) -> list[Chosen]:
    return [Chosen(run=run) for run in runs]


def trash(store: Store, *runs: str, rule: str = "") -> str:
    """Puts runs into the trash; the operation's id."""
    order = new_order(by="ana", why="flightlog rm")
    found = list(store.upkeep.trash(order, [Chosen(run=run, rule=rule) for run in runs]))
    assert [one.outcome for one in found] == ["done"] * len(runs), found
    return order.id


def all_of(store: Store, run: str) -> tuple[object, ...]:
    """Everything that is to be read of a run."""
    checkpoints = store.checkpoints.list(run)
    return (
        store.runs.get(run),
        store.runs.events(run),
        store.runs.steps(run),
        store.runs.notes(run),
        [store.checkpoints.state(one.id) for one in checkpoints],
    )


def why(found: list[Done]) -> str:
    """Of one run that was skipped."""
    assert [one.outcome for one in found] == ["skipped"], found
    return found[0].why
