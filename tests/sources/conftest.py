"""Databases made by really running LangGraph, with scripted models."""

import operator
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, TypedDict

import flightlog
import pytest

# Test modules are imported by path, so that a helper beside them must be put in reach.
sys.path.insert(0, str(Path(__file__).parent))

from beside import name_sources
from flightlog.backends.sources.langgraph.index import LangGraphIndex
from flightlog.backends.sources.langgraph.original import Original
from flightlog.backends.sqlite.engine import open_database
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.func import entrypoint, task
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, Send, interrupt


class State(TypedDict, total=False):
    messages: Annotated[list, add_messages]
    notes: Annotated[list, operator.add]
    answer: str
    blob: str


def said(text: str, tokens: tuple[int, int], **more: Any) -> AIMessage:
    """What a scripted model answers."""
    usage = {"input_tokens": tokens[0], "output_tokens": tokens[1], "total_tokens": sum(tokens)}
    usage["input_token_details"] = {"cache_read": tokens[0] // 2}
    return AIMessage(text, usage_metadata=usage, response_metadata={"model_name": "gpt-4o"}, **more)


def chain(**nodes: Any) -> StateGraph:
    """Nodes that run one after the other."""
    graph, before = StateGraph(State), START
    for name, node in nodes.items():
        graph.add_node(name, node)
        graph.add_edge(before, name)
        before = name
    return graph


def agent() -> StateGraph:
    """Calls a tool, then answers."""
    call = [{"name": "search", "args": {"q": "weather"}, "id": "call-1"}]
    return chain(
        model=lambda state: {"messages": [said("", (100, 20), tool_calls=call)]},
        tools=lambda state: {"messages": [ToolMessage("sunny", tool_call_id="call-1", name="search")]},
        answer=lambda state: {"messages": [said("It is sunny.", (150, 7))]},
    )


def parallel() -> StateGraph:
    """Three workers by `Send`, then a summary."""
    graph = StateGraph(State)
    graph.add_node("plan", lambda state: {"messages": [said("three parts", (10, 5))]})
    graph.add_node(
        "work", lambda part: {"notes": [part["n"]], "messages": [said(f"part {part['n']}", (30, part["n"]))]}
    )
    graph.add_node("merge", lambda state: {"messages": [said("merged", (90, 9))]})
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", lambda state: [Send("work", {"n": n}) for n in range(3)], ["work"])
    graph.add_edge("work", "merge")
    return graph


def joined() -> StateGraph:
    """Two branches that a third node waits for."""
    graph = StateGraph(State)
    for name in "abc":
        graph.add_node(name, lambda state, name=name: {"notes": [name]})
    graph.add_edge(START, "a")
    graph.add_edge(START, "b")
    graph.add_edge(["a", "b"], "c")
    return graph


def asking(times: int = 1) -> StateGraph:
    """A person is asked before something is sent."""

    def ask(state: State) -> State:
        return {"answer": ", ".join(str(interrupt({"question": f"Send mail {n}?"})) for n in range(times))}

    return chain(draft=lambda state: {"notes": ["draft"]}, ask=ask, send=lambda state: {"notes": ["sent"]})


def failing() -> StateGraph:
    def boom(state: State) -> State:
        raise ValueError("no such (table)")

    return chain(ok=lambda state: {"notes": ["ok"]}, boom=boom)


def nested() -> StateGraph:
    """A graph in a graph."""
    inner = chain(look=lambda state: {"messages": [said("looked", (40, 4))]}, read=lambda state: {"notes": ["read"]})
    return chain(before=lambda state: {"notes": ["before"]}, inner=inner.compile())


def large(size: int = 2_000_000) -> StateGraph:
    return chain(
        load=lambda state: {"blob": "x" * size, "messages": [said("loaded", (5, 5))]},
        use=lambda state: {"messages": [said("used", (6, 6))]},
    )


def thread(name: str, **more: Any) -> dict[str, Any]:
    return {"configurable": {"thread_id": name, **more}}


HELLO = {"messages": [HumanMessage("Hello there,\nwhat now?")]}


class Program:
    """A LangGraph program on one database; remembers which graph each thread ran."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.graphs: dict[str, StateGraph] = {}
        self.connection = sqlite3.connect(path, check_same_thread=False)
        self.saver = SqliteSaver(self.connection)

    def graph(self, name: str, graph: StateGraph, **how: Any) -> Any:
        self.graphs[name] = graph
        return graph.compile(checkpointer=self.saver, **how)

    def run(self, name: str, graph: StateGraph, given: Any = HELLO, **how: Any) -> Any:
        compiled = self.graph(name, graph, **how)
        compiled.invoke(given, thread(name))
        return compiled

    def close(self) -> None:
        self.connection.close()


def run_all(program: Program) -> None:
    """At least twenty threads with all that happens to threads."""
    for n in range(6):
        program.run(f"agent-{n}", agent())
    chat = program.run("chat", agent())
    chat.invoke({"messages": [HumanMessage("and tomorrow?")]}, thread("chat"))
    program.run("parallel", parallel())
    program.run("joined", joined())
    program.run("asked", asking())
    program.run("answered", asking()).invoke(Command(resume="yes"), thread("answered"))
    program.run("refused", asking()).invoke(Command(resume=False), thread("refused"))
    twice = program.run("asked-twice", asking(2))
    twice.invoke(Command(resume="first"), thread("asked-twice"))
    for name in ("failed", "mended"):
        with pytest.raises(ValueError, match="no such"):
            program.run(name, failing())
    program.graph("mended", chain(ok=lambda s: {}, boom=lambda s: {"notes": ["fine"]})).invoke(None, thread("mended"))
    program.run("nested", nested())
    program.run("large", large())
    program.run("stopped", asking(), interrupt_before=["send", "ask"])
    program.graph("at-exit", agent()).invoke(HELLO, thread("at-exit"), durability="exit")
    forked = program.run("forked", agent())
    history = list(forked.get_state_history(thread("forked")))
    forked.update_state(history[1].config, {"messages": [said("It rains.", (1, 1))]}, as_node="answer")
    again = program.run("forked-and-run", agent())
    history = list(again.get_state_history(thread("forked-and-run")))
    changed = again.update_state(history[2].config, {"messages": [HumanMessage("be brief")]}, as_node="model")
    again.invoke(None, changed)
    pending = program.run("updated", parallel())
    history = list(pending.get_state_history(thread("updated")))
    pending.update_state(history[1].config, {"messages": [HumanMessage("wait")]})

    @task
    def double(x: int) -> int:
        return 2 * x

    @entrypoint(checkpointer=program.saver)
    def flow(x: int) -> int:
        return double(x).result() + double(x + 1).result()

    flow.invoke(1, thread("functional"))


@pytest.fixture(scope="session")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A closed database of more than twenty threads."""
    program = Program(tmp_path_factory.mktemp("langgraph") / "mail bot.sqlite")
    with closing(program):
        run_all(program)
    return program


@pytest.fixture
def program(tmp_path: Path):
    """A program that runs while it is looked at."""
    with closing(Program(tmp_path / "live.sqlite")) as found:
        yield found


@pytest.fixture
def index_of():
    """Makes indexes in memory."""
    opened = []

    def make(path: Path) -> LangGraphIndex:
        database = open_database(None, truth=False)
        opened.append(database)
        index = LangGraphIndex(Original(path), database, "bot")
        index.refresh()
        return index

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def graphs():
    """The graphs by name, for tests that run their own."""
    return globals()


@pytest.fixture(params=["file", "sqlite"])
def folder(request, tmp_path):
    """A data directory with runs of its own, of which one goes on and one has no cost."""
    folder = tmp_path / "data"
    with flightlog.open(folder, storage=request.param) as store:
        for n in range(7):
            with (
                store.run("triage", name=f"own {n}", session="ana" if n % 2 else None) as run,
                run.step("plan") as step,
            ):
                step.log(f"needle {n}")
                if n:
                    step.cost("gpt-4o", input_tokens=10 * n, output_tokens=n, dollars=f"0.00{n}")
    return folder


@pytest.fixture
def store(folder, twenty):
    """The same, with a database of LangGraph beside."""
    name_sources(folder, twenty.path)
    with flightlog.open(folder) as store:
        yield store
