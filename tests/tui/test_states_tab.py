"""The states tab: search, export, copies, how to go on from a state, and marks that go from run to run."""

import json
from collections.abc import Iterator
from pathlib import Path

import flightlog
import pytest
from counting import counted as counted_of
from flightlog.core.errors import Conflict, StorageError
from flightlog.core.query.query import EVERYTHING
from flightlog.core.store import Store
from flightlog.tui.messages import OpenRun
from flightlog.tui.states.export import as_json, export
from flightlog.tui.states.key_nodes import state_nodes
from flightlog.tui.states.search import MOST, find
from flightlog.tui.states.shown import Shown, Values
from flightlog.tui.trees import json_nodes
from flightlog.tui.trees import nodes as tree
from flightlog.tui.trees.nodes import Folds, Shape, rows
from reading import SIZES, opened, screen_of, settled, text_of, wait
from recorded import NASTY, record_everything
from textual.widgets import Input

STATE = {
    "plan": {"goal": "sort the inbox", "steps": [{"do": f"step {n}"} for n in range(250)]},
    "notes": "\n".join(f"line {n} of the notes" for n in range(300)) + "\nthe needle lies here",
    "short": "no Needle",
    "flag": True,
    "none": None,
    "deep": [[[["needle"]]]],
    "a" * 200: 1,
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


def recorded(store: Store, *states: dict) -> tuple[str, list[str]]:
    with store.run("triage", name="some") as run, run.step("think", agent="planner") as step:
        points = [step.checkpoint(state) for state in states]
    return run.id, points


def walked(state: dict) -> dict:
    """All rows of the tree of a state, unfolded wherever a hit may lie."""
    values, places = Values(), [("c", key) for key in state]
    values.keep({place: state[place[1]] for place in places})
    folds = Folds()
    for path in {path for word in ("", "needle") for path in find(word, "c", state).paths}:
        folds.set(folds.along(path[:-1]), True)
    from flightlog.core.checkpoints import Checkpoint, StateKey

    keys = tuple(StateKey(key=key, size_bytes=1) for key in state)
    shown = Shown(Checkpoint(id="c", run="r", seq=1, t=""), keys, (), frozenset())
    nodes = state_nodes(shown, values, {}, everything=True, plain=True)
    return {row.path.keys: row for row in rows(nodes, folds, Shape(80))}


def test_every_place_that_is_found_is_a_line_of_the_tree():
    tree = walked(STATE)
    for word in ("needle", "step", "true", "null", "goal", "249", "aaa"):
        found = find(word, "c", STATE).paths
        assert found, word
        assert not [path for path in found if path not in tree], word
    assert find("needle", "c", STATE).paths == (("deep", 0, 0, 0, 0), ("notes", "value"), ("short",))
    assert find("nowhere at all", "c", STATE).paths == ()


def test_a_search_goes_as_deep_as_a_state_and_has_an_end():
    deep: object = "needle"
    for _ in range(5000):
        deep = [deep]
    assert len(find("needle", "c", {"k": deep}).paths[0]) == 5001
    assert len(find("x", "c", {"k": ["x"] * (MOST + 5)}).paths) == MOST
    for _ in range(5000):
        deep = {"needle": deep}
    assert sum(map(len, find("needle", "c", {"k": deep}).paths)) < 1_100_000


async def test_a_word_is_searched_in_keys_and_values_and_gone_to(store):
    plan = {"goal": "another one", "steps": [{"do": f"other {n}"} for n in range(900)]}
    run, _ = recorded(store, {**STATE, "plan": plan, "short": "earlier"}, STATE)
    async with opened(store, run, tab="states") as pilot:
        tab = screen_of(pilot).tab
        await pilot.press("slash", *"needle", "enter")
        await wait(pilot, lambda: "1 of 3" in text_of(pilot))
        assert tab.state.current.path.keys == ("deep", 0, 0, 0, 0)
        await pilot.press("n")
        assert "2 of 3" in text_of(pilot)
        assert "the needle lies here" in tab.state.current.text
        await pilot.press("N", "N")
        assert "3 of 3" in text_of(pilot)
        await pilot.press("left")
        await settled(pilot)
        await pilot.press("n")
        await wait(pilot, lambda: "1 of 2" in text_of(pilot))
        await pilot.press("escape")
        assert tab.hits is None and "1 of 2" not in text_of(pilot)
        await pilot.press("right")
        await settled(pilot)
        await pilot.press("slash", *"step 249", "left", "enter")  # of a key that changed, from what was not read yet
        await wait(pilot, lambda: tab.hits)
        assert tab.query_one("#state-word", Input).value == "step 249"
        assert tab.state.current.path.keys == ("plan", "steps", ("range", 200), 249, "do")
        await pilot.press("slash", "escape")
        assert not tab.has_class("searching")
        tab.query_one("#state-word", Input).value = ""
        await pilot.press("slash", *"zzz", "enter")
        await wait(pilot, lambda: "nowhere" in text_of(pilot))


async def test_a_state_is_written_to_a_new_file_and_never_over_one(store, tmp_path, monkeypatch):
    run, (_, point) = recorded(store, {"n": 1}, STATE)
    monkeypatch.chdir(tmp_path)
    async with opened(store, run, tab="states") as pilot:
        await pilot.press("e", "enter")
        await wait(pilot, lambda: pilot.app.told)
        there = tmp_path / f"state-{point}.json"
        assert str(there) in pilot.app.told[-1]
        assert json.loads(there.read_bytes()) == STATE
        await pilot.press("e", "enter")
        await wait(pilot, lambda: len(pilot.app.told) == 2)
        assert "already" in pilot.app.told[-1]
        await pilot.press("left")
        await settled(pilot)
        await pilot.press("e", *"one.json", "enter")
        await wait(pilot, lambda: len(pilot.app.told) == 3)
        assert json.loads((tmp_path / "one.json").read_bytes()) == {"n": 1}


def test_what_cannot_be_written_is_a_sentence_and_opaque_bytes_are_told(store, tmp_path):
    with store.run("w") as run:
        point = run.checkpoint({"ü": "é"}, opaque={"blob": b"never loaded"})
    state = store.checkpoints.stored(point)
    told = json.loads(as_json(state))
    assert told == store.checkpoints.state(point)
    assert export(state, point, str(tmp_path)).path == tmp_path / f"state-{point}.json"
    with pytest.raises(Conflict, match="already"):
        export(state, point, str(tmp_path))
    for nowhere in (str(tmp_path / "no" / "folder.json"), "\0", "~nobody-of-that-name/x"):
        with pytest.raises(StorageError):
            export(state, point, nowhere)


async def test_values_states_and_programs_are_copied(store):
    run, (_, point) = recorded(store, {"n": 1}, STATE)
    async with opened(store, run, tab="states") as pilot:
        app, tab = pilot.app, screen_of(pilot).tab
        await pilot.press("y")
        await wait(pilot, lambda: app.clipboard)
        assert json.loads(app.clipboard) == STATE
        await pilot.press("slash", *"step 249", "enter")
        await wait(pilot, lambda: tab.hits)
        await pilot.press("y")
        await wait(pilot, lambda: app.clipboard == '"step 249"')
        await pilot.press("escape", "B")
        await wait(pilot, lambda: "from_checkpoint=" in text_of(pilot))
        await pilot.press("y")
        await wait(pilot, lambda: point in app.clipboard)
        await pilot.press("escape")
        assert "from_checkpoint=" not in text_of(pilot)
        program = app.clipboard
    exec(compile(program, "copied", "exec"), {})
    (branch,) = (one for one in store.runs.query(EVERYTHING).items if one.id != run)
    assert (branch.from_checkpoint, branch.parent, branch.workflow) == (point, run, "triage")
    (first,) = store.checkpoints.list(branch.id)
    assert store.checkpoints.state(first.id) == STATE


async def test_a_marked_state_is_compared_with_one_of_another_run(store):
    one, (first,) = recorded(store, {"same": 1, "plan": "left"})
    other, (second,) = recorded(store, {"same": 1, "plan": "right", "more": True})
    async with opened(store, one, tab="states") as pilot:
        await pilot.press("x")
        await settled(pilot)
        pilot.app.post_message(OpenRun(other))
        await wait(pilot, lambda: screen_of(pilot).run_id == other and screen_of(pilot).tab)
        await pilot.press("t")
        await wait(pilot, lambda: "x compares with" in text_of(pilot))
        await pilot.press("x")
        await wait(pilot, lambda: screen_of(pilot).tab.diff)
        await settled(pilot)
        tab = screen_of(pilot).tab
        assert (tab.diff.a, tab.diff.b) == (first, second)
        assert {change.key: change.kind for change in tab.diff.changes} == {"plan": "changed", "more": "added"}
        shown = text_of(pilot)
        assert "of run" in shown and '"left" → "right"' in shown
        await pilot.press("escape")
        await settled(pilot)
        assert not tab.marked and screen_of(pilot).run_id == other
        await pilot.press("x", "escape", "escape")
        await wait(pilot, lambda: screen_of(pilot).run_id == one)
        await settled(pilot)
        assert not any("✓" in line for line in text_of(pilot).splitlines()[3:])
        assert "x compares with" not in text_of(pilot)


async def test_from_a_key_to_the_step_that_wrote_it(store):
    run, _ = recorded(store, {"a": 1, "b": 1}, {"a": 1, "b": 2})
    async with opened(store, run, tab="states") as pilot:
        await pilot.press("v", "tab", "home", "J")
        await wait(pilot, lambda: screen_of(pilot).current == "steps")
        await settled(pilot)
        await pilot.press("t", "J")
        await wait(pilot, lambda: screen_of(pilot).current == "steps")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_hostile_and_deep_states_are_searched_shown_and_branched_from(store, size):
    run = record_everything(store, NASTY)
    deep: object = "sunken"
    for n in range(5000):
        deep = {"a": deep} if n % 2 else [deep]
    with store.run("deep" + "x" * 40, name="deep") as nested:
        nested.checkpoint({"deep": deep, "needle": NASTY})
    sought = [(run, "inst"), (nested.id, "needle"), (nested.id, "sunken")]
    for id, word in sought[: 3 if size[0] > 100 else 2]:  # five thousand lines are unfolded once
        async with opened(store, id, size, "states") as pilot:
            await pilot.press("slash", *word, "enter")
            await wait(pilot, lambda: screen_of(pilot).tab.hits)
            for keys in (("n",), ("B",), ("escape",), ("v",), ("b",), ("asterisk",), ("y",)):
                await pilot.press(*keys)
                await settled(pilot)
                shown = text_of(pilot)
                assert not [sign for sign in shown if sign != "\n" and not sign.isprintable()]
                assert word != "sunken" or keys != ("n",) or '"sunken"' in shown


def counted(monkeypatch, *places: tuple[object, str]) -> list[int]:
    """Counts the calls of functions."""
    calls = [0]

    def count(real):
        def call(*args: object, **options: object) -> object:
            calls[0] += 1
            return real(*args, **options)

        return call

    for module, name in places:
        monkeypatch.setattr(module, name, count(getattr(module, name)))
    return calls


async def test_a_key_costs_what_is_on_screen_however_deep_a_state_is_unfolded(store, monkeypatch):
    made = counted(monkeypatch, (tree, "_row"), (tree, "Path"), (json_nodes, "json_node"))
    keys = ("k", "space", "space", "asterisk", "b", "n", "v", "v", "x", "x", "home", "j", "space", "space")
    cost: dict[int, list[int]] = {}
    for depth in (50, 5000):
        deep: object = "sunken"
        for n in range(depth):
            deep = {"a": deep} if n % 2 else [deep]
        with store.run("deep") as run:
            run.checkpoint({"deep": deep, "flat": [1, 2]})
        async with opened(store, run.id, tab="states") as pilot:
            tab = screen_of(pilot).tab
            await pilot.press("slash", *"sunken", "enter")
            await wait(pilot, lambda: "1 of 1" in text_of(pilot))
            assert len(tab.state.rows) == depth + 2
            cost[depth] = []
            for key in keys:
                before = made[0]
                await pilot.press(key)
                await settled(pilot)
                cost[depth].append(made[0] - before)
            assert len(tab.state.rows) == depth + 3  # with who wrote the key
            assert tab.state.current.path.keys == ("deep",)
    assert cost[5000] == cost[50], dict(zip(keys, zip(*cost.values(), strict=True), strict=True))
    assert max(cost[5000]) < 10


async def test_a_run_that_started_at_a_checkpoint_is_a_branch_of_the_graph(store):
    run, (first, last) = recorded(store, {"n": 1}, {"n": 2})
    with store.run("triage", name="tried again", parent=run, from_checkpoint=first) as branch:
        pass
    async with opened(store, run, tab="states") as pilot:
        tab = screen_of(pilot).tab
        assert [row.node.target for row in tab.graph.rows] == [first, ("run", branch.id), last]
        assert "tried again" in text_of(pilot) and "├─✔" in text_of(pilot)
        await pilot.press("home", "down")
        await settled(pilot)
        assert tab.shown.checkpoint.id == first  # the state in which it began
        await pilot.press("right")
        await settled(pilot)
        assert tab.shown.checkpoint.id == last
        await pilot.press("up", "enter")
        await wait(pilot, lambda: screen_of(pilot).run_id == branch.id)


async def test_of_a_state_of_many_keys_what_is_in_sight_is_read(store):
    keys = 2000
    run, _ = recorded(store, {f"k{n:04}": n for n in range(keys)}, {f"k{n:04}": n + 1 for n in range(keys)})
    counts = counted_of(store)
    async with opened(store, run, tab="states") as pilot:
        await wait(pilot, lambda: "k0000: 0 → 1" in text_of(pilot) and ": …" not in text_of(pilot))
        await settled(pilot)
        counts["checkpoints"].calls.clear()
        await pilot.press("tab", "end")
        last = f"k{keys - 1}: {keys - 1} → {keys}"
        await wait(pilot, lambda: last in text_of(pilot) and ": …" not in text_of(pilot))
        await settled(pilot)
        read = [key for name, given, _ in counts["checkpoints"].calls if name == "values" for key in given[1]]
        assert 2 * 20 <= len(read) <= 2 * 36  # of both states, those on the screen
        assert counts["checkpoints"].named("values") <= 4 and not counts["checkpoints"].named("keys")


async def test_of_a_run_that_goes_on_what_came_since_is_read(store):
    with store.run("triage") as run:
        with run.step("first") as step:
            points = [step.checkpoint({"n": n}) for n in range(5)]
        counts = counted_of(store)
        async with opened(store, run.id, tab="states") as pilot:
            tab = screen_of(pilot).tab
            assert len(tab.checkpoints) == 5
            counts["checkpoints"].calls.clear()
            counts["runs"].calls.clear()
            with run.step("second") as step:
                points.append(step.checkpoint({"n": 5}))
            pilot.app.changed()
            await wait(pilot, lambda: len(tab.checkpoints) == 6 and "second" in text_of(pilot))
            await settled(pilot)
            last = tab.checkpoints[4]
            afters = {more["after"] for name, _, more in counts["checkpoints"].calls if name == "list"}
            assert afters <= {last.seq, tab.checkpoints[5].seq} and last.seq in afters
            steps = [more for name, _, more in counts["runs"].calls if name == "steps"]
            assert steps == [{"after": last.step}]
            assert [one.id for one in tab.checkpoints] == points and tab.here == points[-1]
