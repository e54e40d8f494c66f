"""What checkpoints cost, beside LangGraph's own SqliteSaver given the same states by a real graph."""

import gc
import hashlib
import operator
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Annotated, Any, TypedDict

import flightlog
import msgspec
import pytest
from flightlog.core.store import Store
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from measure import p, say, told

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

STEPS = 200
WORDS = [f"{number:x}" for number in random.Random(1).choices(range(1 << 20), k=5000)]


def text(choose: random.Random, size: int) -> str:
    return " ".join(choose.choices(WORDS, k=size // 5))[:size]


# --- the agents ------------------------------------------------------------------------------------------


class Conversation(TypedDict):
    messages: Annotated[list, operator.add]
    step: int


class Desk(TypedDict):
    documents: list
    step: int


def talk(step: int) -> dict[str, Any]:
    """A message of 2 kB."""
    role = "assistant" if step % 2 else "user"
    return {"messages": [{"role": role, "id": f"m{step}", "content": text(random.Random(step), 1950)}], "step": step}


def document(choose: random.Random, number: int) -> dict[str, Any]:
    return {"id": number, "title": text(choose, 40), "text": text(choose, 900), "score": choose.random()}


def desk() -> list[dict[str, Any]]:
    """Two megabytes under one key."""
    choose = random.Random(7)
    return [document(choose, number) for number in range(2_050)]


def work(step: int, documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Another text in one document of a hundred, anywhere."""
    choose, changed = random.Random(step), list(documents)
    for place in choose.sample(range(len(documents)), len(documents) // 100):
        changed[place] = document(choose, place)
    return {"documents": changed, "step": step}


def states_of_talk() -> Iterator[dict[str, Any]]:
    state: dict[str, Any] = {"messages": [], "step": -1}
    for step in range(STEPS):
        update = talk(step)
        state = {"messages": state["messages"] + update["messages"], "step": step}
        yield state


def states_of_work() -> Iterator[dict[str, Any]]:
    documents = desk()
    for step in range(STEPS):
        state = work(step, documents)
        documents = state["documents"]
        yield state


def graph_of_talk() -> tuple[Any, dict[str, Any]]:
    return _loop(Conversation, lambda state: talk(state["step"] + 1)), {"messages": [], "step": -1}


def graph_of_work() -> tuple[Any, dict[str, Any]]:
    return _loop(Desk, lambda state: work(state["step"] + 1, state["documents"])), {"documents": desk(), "step": -1}


def _loop(schema: Any, node: Callable[[Any], dict[str, Any]]) -> Any:
    graph = StateGraph(schema)
    graph.add_node("agent", node)
    graph.add_edge(START, "agent")
    graph.add_conditional_edges("agent", lambda state: END if state["step"] == STEPS - 1 else "agent")
    return graph


AGENTS = {
    "a conversation + 2 kB a step": (graph_of_talk, states_of_talk, 20),
    "2 MB, 1% changed": (graph_of_work, states_of_work, 10),
}


# --- theirs and ours -------------------------------------------------------------------------------------


def theirs(place: Path, make: Callable[[], tuple[Any, dict[str, Any]]]) -> tuple[list[float], int]:
    """Seconds of each `put`, and bytes on disk. What they write between two checkpoints is not timed."""
    times: list[float] = []

    class Timed(SqliteSaver):
        def put(self, *given: Any) -> Any:
            began = time.perf_counter()
            found = super().put(*given)
            times.append(time.perf_counter() - began)
            return found

    graph, first = make()
    with Timed.from_conn_string(str(place / "theirs.sqlite")) as saver:
        config = {"configurable": {"thread_id": "1"}, "recursion_limit": 2 * STEPS}
        last = graph.compile(checkpointer=saver).invoke(first, config)
    assert last["step"] == STEPS - 1
    return times, on_disk(place)


def ours(
    place: Path, kind: str, states: Iterator[dict[str, Any]]
) -> tuple[list[float], int, dict[str, dict[str, Any]]]:
    """Seconds of each `checkpoint`, bytes on disk, and what each was given."""
    times: list[float] = []
    given: dict[str, dict[str, Any]] = {}
    with opened(place, kind) as store:
        with store.run("bench") as run:
            for state in states:
                began = time.perf_counter()
                checkpoint = run.checkpoint(state)
                times.append(time.perf_counter() - began)
                given[checkpoint] = state
        store.runs.totals()
    return times, on_disk(place), given


def opened(place: Path, kind: str) -> Store:
    return flightlog.open(place, storage=kind)


def on_disk(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def cold(place: Path, kind: str, given: dict[str, dict[str, Any]]) -> tuple[list[float], list[float]]:
    """Seconds until a state is back, each from a store that was opened for it and has looked into its list of runs.

    And the seconds that it takes to decode and check the same bytes if they were at hand, in turn. What the stores
    before left behind in this process is cleared away before, for it is no part of a look at one.
    """
    times, least = [], []
    gc.collect()
    gc.freeze()  # what this test holds of all the states is no part of a look at one
    for checkpoint in random.Random(3).sample(sorted(given), len(given)):
        with opened(place, kind) as store:
            store.runs.totals()
            gc.collect()
            began = time.perf_counter()
            state = store.checkpoints.state(checkpoint)
            times.append(time.perf_counter() - began)
        assert state == given[checkpoint]
        body = msgspec.json.encode(state)
        began = time.perf_counter()
        hashlib.sha256(body).hexdigest()
        msgspec.json.decode(body)
        least.append(time.perf_counter() - began)
    gc.unfreeze()
    return times, least


@pytest.mark.parametrize("kind", ["file", "sqlite"])
@pytest.mark.parametrize("agent", AGENTS)
def test_states(agent, kind, tmp_path):
    graph, states, share = AGENTS[agent]
    (tmp_path / "theirs").mkdir()
    (tmp_path / "ours").mkdir()
    their_times, their_bytes = theirs(tmp_path / "theirs", graph)
    our_times, our_bytes, given = ours(tmp_path / "ours", kind, states())
    assert len(given) == STEPS
    kept = sum(path.stat().st_size for path in (tmp_path / "ours").rglob("*reserve"))
    sizes = f"{our_bytes / 1e6:.2f} MB ({kept / 1e6:.2f} kept for a full disk) / {their_bytes / 1e6:.1f} MB"
    say(0, f"{agent}, {kind}: bytes on disk, to theirs", our_bytes / their_bytes, 1 / share, sizes)
    medians = f"{told(median(our_times))} / {told(median(their_times))}"
    say(0, f"{agent}, {kind}: a checkpoint, median", median(our_times) / median(their_times), 1, medians)
    sums = f"{told(sum(our_times))} / {told(sum(their_times))}"
    say(0, f"{agent}, {kind}: all checkpoints", sum(our_times) / sum(their_times), 1, sums)
    back, least = cold(tmp_path / "ours", kind, given)
    detail = f"median {told(median(back))}, p95 {told(p(back, 95))}; to hash and decode it alone {told(median(least))}"
    say(0, f"{agent}, {kind}: any state back, cold, the slowest of {STEPS}", max(back) * 1e3, 20, detail, "ms")
