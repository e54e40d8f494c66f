"""The audit trail weaves three records into one, newest first, whatever the pages: acts, versions, operations."""

import flightlog
import pytest
from cleaning import FEW_KINDS, made
from flightlog.core import audit
from flightlog.core.annotations import Noted, Pinned
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import parse


@pytest.fixture(params=FEW_KINDS)
def store(request, tmp_path, new_postgres_url):
    """Two runs of three that are gone, one of them for good, and what was done before."""
    name, storage = made(request.param, tmp_path / "data", new_postgres_url)
    with flightlog.open(name, storage=storage) as store:
        store.workflows.store("w", "a: 1", author="ana")
        for name in ("a-run", "b-run", "c-run"):
            with store.run("w", name=name) as run:
                run.checkpoint({"a": 1})
                run.checkpoint({"a": 2})
        ids = [store.runs.resolve(name) for name in ("a-run", "b-run", "c-run")]
        store.runs.annotate(Pinned(run=ids[2], by="ana"))
        store.upkeep.drop_states(ids[0], [store.checkpoints.list(ids[0])[-1].id], by="ana")
        for number, chosen in enumerate((ids[:2], ids[2:], ids[1:2])):
            list(
                store.upkeep.trash(new_order(by="ben", why=f"flightlog rm {number}"), [Chosen(run=id) for id in chosen])
            )
            if number == 0:
                list(store.upkeep.undo(new_order(by="ben"), store.upkeep.operations(limit=1).items[0].id))
                list(store.upkeep.trash(new_order(), [Chosen(run=ids[0])]))
                list(store.upkeep.purge(new_order(by="ben")))
        store.workflows.store("w", "a: 2")
        store.runs.annotate(Noted(run=ids[2], text="mine"))
        yield store


def told(acts):
    return [(act.action, act.what, "of …" if act.detail.startswith("of ") else act.detail, act.by) for act in acts]


WHOLE = [
    ("note", "mine", "", ""),
    ("save", "", "", ""),
    ("trash", "1 run", "", "ben"),
    ("trash", "0 runs", "1 left alone", "ben"),
    ("purge", "1 run", "", "ben"),
    ("trash", "1 run", "", ""),
    ("undo", "2 runs", "of …", "ben"),
    ("trash", "2 runs", "taken back", "ben"),
    ("states", "1 run", "", "ana"),
    ("pin", "", "", "ana"),
    ("save", "", "", "ana"),
]


def shortened(acts):
    return [
        (action, what, detail[:3] + "…" if detail.startswith("of ") else detail, by)
        for action, what, detail, by in acts
    ]


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_whatever_the_pages_every_act_comes_once_and_in_order(store, page, monkeypatch):
    monkeypatch.setattr(audit, "_PAGE", page)
    whole = store.audit().items
    assert told(whole) == WHOLE
    for limit in (1, 2, 3, 4, 11, 12):
        found, after, pages = [], None, 0
        while pages == 0 or after:
            one = store.audit(limit=limit, after=after)
            found, after, pages = found + one.items, one.next, pages + 1
        assert found == whole and pages == -(-len(whole) // limit)


def test_what_comes_meanwhile_moves_no_page(store):
    first = store.audit(limit=5)
    store.runs.annotate(Noted(run=store.runs.resolve("c-run"), text="new"))
    list(store.upkeep.undo(new_order(), store.upkeep.operations(limit=1).items[0].id))
    rest = store.audit(limit=100, after=first.next).items
    assert [act.action for act in first.items + rest] == [action for action, *_ in WHOLE]


def test_of_runs_that_are_gone_the_operations_are_found_by_id(store):
    gone = next(act.run for act in store.audit().items if act.action == "purge")
    for part in (gone, gone[-6:]):
        acts = store.audit(parse(f"id:{part}")).items
        assert [act.action for act in acts] == ["purge", "trash", "undo", "trash", "states"]
    there = store.audit(parse("name:c-run")).items
    assert [act.action for act in there] == ["note", "trash", "pin"]
    assert store.audit(parse("id:nobody")).items == []


def test_states_that_were_dropped_are_told_by_the_run_while_it_is_there(store):
    run = store.runs.resolve("c-run")
    store.upkeep.drop_states(run, [store.checkpoints.list(run)[-1].id], by="ana")
    assert [act.action for act in store.audit(limit=2).items] == ["drop-states", "note"]
