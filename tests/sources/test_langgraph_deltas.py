"""Delta channels, which most snapshots leave out: what was written is shown, and adds up to what the library says."""

import operator
from typing import Annotated, TypedDict

import flightlog
import msgspec
import pytest
from flightlog.backends.sources.langgraph.deltas import DELTA
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.channels.delta import DeltaChannel
from langgraph.graph import START, StateGraph

OFTEN = 4  # updates between two snapshots that have the channel


def added(before, writes):
    return [*before, *(one for write in writes for one in write)]


class Kept(TypedDict, total=False):
    messages: Annotated[list, DeltaChannel(added, snapshot_frequency=OFTEN)]
    notes: Annotated[list, operator.add]


def answering() -> StateGraph:
    graph = StateGraph(Kept)
    graph.add_node("model", lambda state: {"messages": [AIMessage(f"answer {len(state['messages'])}")], "notes": ["n"]})
    graph.add_edge(START, "model")
    return graph


def put_together(value) -> list:
    if isinstance(value, list):
        return value
    assert value["__class__"] == DELTA
    return added(value.get("snapshot", []), value["writes"])


@pytest.fixture
def forked(program):
    """A thread of several turns, and another that goes on from the middle of it."""
    compiled = program.graph("chat", answering())
    place = {"configurable": {"thread_id": "chat"}}
    for turn in range(6):
        compiled.invoke({"messages": [HumanMessage(f"question {turn}")]}, place)
    middle = list(compiled.get_state_history(place))[9]
    compiled.invoke({"messages": [HumanMessage("or rather")]}, middle.config)
    return {
        snapshot.config["configurable"]["checkpoint_id"]: snapshot.values
        for snapshot in compiled.get_state_history(place)
    }


def test_every_state_has_what_the_library_says(program, forked):
    with flightlog.open(program.path) as store:
        (run,) = store.find("")
        left_out = 0
        found = store.checkpoints.list(run.id)
        assert len(found) == len(forked) > 18
        for checkpoint in found:
            state = store.checkpoints.state(checkpoint.id)
            wanted = forked[store.checkpoints.foreign(checkpoint.id)["checkpoint_id"]]
            value = state.get("messages", [])
            left_out += isinstance(value, dict)
            assert [one["content"] for one in put_together(value)] == [one.content for one in wanted["messages"]]
            assert state.get("notes", []) == wanted["notes"]
        assert left_out > 8


def test_the_step_that_wrote_last_is_blamed(program, forked):
    with flightlog.open(program.path) as store:
        (run,) = store.find("")
        last = store.checkpoints.list(run.id)[-1].id
        blamed = store.checkpoints.blame(last, "messages")
        assert {step.id: step.name for step in store.runs.steps(run.id)}[blamed.step] == "model"


def test_what_was_cut_off_or_is_damaged_is_left_out_or_named(program, forked):
    with program.connection as connection:
        oldest = min(forked)
        connection.execute("DELETE FROM checkpoints WHERE checkpoint_id = ?", (oldest,))
        connection.execute(
            "UPDATE writes SET value = x'c1' WHERE channel = 'messages' AND checkpoint_id ="
            " (SELECT min(checkpoint_id) FROM writes WHERE channel = 'messages' AND checkpoint_id > ?)",
            (oldest,),
        )
    with flightlog.open(program.path) as store:
        (run,) = store.find("")
        states = [store.checkpoints.state(one.id) for one in store.checkpoints.list(run.id)]
        said = msgspec.json.encode([state.get("messages") for state in states]).decode()
        assert "unreadable" in said and "question 5" in said
