"""States on every backend: whatever became of them, and whichever are dropped, those that are kept come back equal."""

import copy
import os

import pytest
from flightlog.core.errors import Conflict, NotFound
from hypothesis import given, settings
from hypothesis import strategies as st

ADDED = "what the agent said at step {} of its long and winding conversation, with an umlaut: ü. "


def message(n: int) -> dict:
    return {"role": "user", "content": ADDED.format(n) * 4}


def conversation(store, steps: int = 40):
    """A finished run whose state grew, with a branch; and what each checkpoint was given."""
    given_ = {}
    with store.run("w") as run:
        state = {"messages": [message(n) for n in range(8)], "plan": {"text": "p" * 600, "step": 0}}
        for n in range(steps):
            state = {**state, "messages": [*state["messages"], message(n)], "plan": {**state["plan"], "step": n}}
            given_[run.checkpoint(state)] = state
        early = list(given_)[3]
        branch = {**given_[early], "messages": [*given_[early]["messages"], message(999)]}
        given_[run.checkpoint(branch, parent=early)] = branch
    return run.id, given_


def check(store, given_, keep) -> None:
    for name in keep:
        assert store.checkpoints.state(name) == given_[name]


def test_a_caller_who_changes_what_he_gave_changes_no_state(store):
    with store.run("w") as run:
        state, given_ = {"messages": [message(n) for n in range(10)], "inner": {"list": ["x" * 600]}}, {}
        for n in range(20):
            given_[run.checkpoint(state)] = copy.deepcopy(state)
            state["messages"][n % 10]["content"] = "changed in place"
            state["messages"].append(message(n))
            state["inner"]["list"].insert(0, n)
    check(store, given_, given_)


def test_drop_states_leaves_those_that_are_kept(store):
    run, given_ = conversation(store)
    before = store.runs.get(run).size_bytes
    keep = [name for place, name in enumerate(given_) if place in (0, 17, 39)]
    would = store.upkeep.drop_states(run, keep, dry=True)
    check(store, given_, given_)
    dropped = store.upkeep.drop_states(run, keep)
    assert dropped.values > 10 and dropped.size_bytes > 1000 and dropped == would
    check(store, given_, keep)
    gone = next(name for name in reversed(given_) if name not in keep)
    with pytest.raises(NotFound, match="dropped"):
        store.checkpoints.state(gone)
    assert [one.id for one in store.checkpoints.list(run)] == list(given_)
    left = before - dropped.size_bytes
    assert left <= store.runs.get(run).size_bytes <= left + 150 * dropped.values  # a short line stays of each value
    assert store.upkeep.drop_states(run, keep).values == 0
    assert not store.runs.damage().items


def test_drop_states_of_all_leaves_the_checkpoints(store):
    run, given_ = conversation(store, 5)
    store.upkeep.drop_states(run, [])
    assert len(store.checkpoints.list(run)) == len(given_)
    for name in given_:
        with pytest.raises(NotFound, match="dropped"):
            store.checkpoints.state(name)
    assert store.checkpoints.blame(list(given_)[-1], "plan").since


def test_drop_states_refuses_what_is_not_so(store):
    run, given_ = conversation(store, 5)
    other = store.run("w")
    name = other.checkpoint({"a": 1})
    with pytest.raises(Conflict, match="not finished"):
        store.upkeep.drop_states(other.id, [name])
    with pytest.raises(NotFound):
        store.upkeep.drop_states(run, [name])
    with pytest.raises(NotFound):
        store.upkeep.drop_states("01jd0000000000000000000000", [])
    check(store, given_, given_)
    other.finish()


def test_a_store_opened_later_knows_what_was_dropped(kept):
    store = kept.open()
    run, given_ = conversation(store)
    keep = list(given_)[30:32]
    store.upkeep.drop_states(run, keep)
    store.close()
    again = kept.open()
    check(again, given_, keep)
    with pytest.raises(NotFound, match="dropped"):
        again.checkpoints.state(list(given_)[-1])
    assert again.upkeep.drop_states(run, keep).values == 0


def test_who_reads_while_states_are_dropped_reads_right(kept):
    one, other = kept.open(), kept.open()
    run, given_ = conversation(one)
    check(other, given_, given_)
    keep = list(given_)[20:22]
    one.upkeep.drop_states(run, keep)
    check(other, given_, keep)


def test_killed_before_the_end_all_is_there(kept):
    store = kept.open()
    run, given_ = conversation(store)
    keep = list(given_)[10:12]
    store.close()
    child = os.fork()
    if child == 0:
        from flightlog.backends.upkeep import dropping_states

        os.rename = lambda *_: os._exit(3)
        dropping_states._resize = lambda *_: os._exit(3)
        kept.open().upkeep.drop_states(run, keep)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    with kept.open(read_only=True) as looking:
        check(looking, given_, given_)
        assert any(one.kind == "left-over" for one in looking.upkeep.check()) is kept.files
    again = kept.open()
    check(again, given_, given_)
    assert not [path for path in kept.folder.rglob(".*.new")]  # opening takes it away
    assert again.upkeep.drop_states(run, keep).values > 10
    check(again, given_, keep)
    assert not [path for path in kept.folder.rglob(".*.new")]


def test_replay_carries_small_states_and_what_was_dropped(store, target):
    from moving_stores import replayed

    run, given_ = conversation(store)
    keep = list(given_)[-3:]
    store.upkeep.drop_states(run, keep)
    other = target.open()
    carried = replayed(store, other)
    assert carried.missing == []
    check(other, given_, keep)
    with pytest.raises(NotFound, match="dropped"):
        other.checkpoints.state(next(iter(given_)))


CHANGES = st.lists(st.tuples(st.sampled_from(["grow", "edit", "cut", "shift", "branch"]), st.integers(0, 9999)))


def test_any_subset_of_any_states_can_be_dropped(store):
    @settings(max_examples=30, deadline=None)
    @given(CHANGES, st.sets(st.integers(0, 30)))
    def holds(changes, places):
        given_ = {}
        with store.run("w") as run:
            state = {"items": [message(n) for n in range(6)], "n": 0}
            given_[run.checkpoint(state)] = state
            for what, n in changes:
                parent = list(given_)[n % len(given_)] if what == "branch" else None
                items = list(given_[parent]["items"] if parent else state["items"])
                at = n % (len(items) + 1)
                if what == "cut":
                    del items[at:]
                elif what == "shift":
                    items = [*items[at:], message(n)]
                elif what == "edit":
                    items.insert(at, message(n))
                else:
                    items += [message(n), message(n + 1)]
                state = {"items": items, "n": n}
                given_[run.checkpoint(state, parent=parent)] = state
        keep = [name for place, name in enumerate(given_) if place in places]
        store.upkeep.drop_states(run.id, keep)
        check(store, given_, keep)
        assert store.upkeep.drop_states(run.id, keep).values == 0

    holds()
