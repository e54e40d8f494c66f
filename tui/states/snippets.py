"""How a program goes on from a state: a few lines to copy, for the recorder and for LangGraph."""

import json
from collections.abc import Mapping

from ...core.checkpoints import Checkpoint
from ...core.runs import Run
from ...core.text import safe_text
from ..trees.nodes import Node


def branch_snippet(run: Run, checkpoint: Checkpoint, place: str, foreign: Mapping[str, str]) -> str:
    """Lines of Python. `place` is what the store is opened by; `foreign` what the program that wrote it calls it by.

    Every recorded text in it is a literal in ASCII.
    """
    if run.source == "langgraph" and "checkpoint_id" in foreign:
        return _langgraph(place, foreign)
    return _recorder(run, checkpoint, place)


def _recorder(run: Run, checkpoint: Checkpoint, place: str) -> str:
    facts = [text(run.workflow)]
    if run.version is not None:
        facts.append(f"version={run.version}")
    facts += [f"from_checkpoint={text(checkpoint.id)}", f"parent={text(run.id)}"]
    return "\n".join(
        (
            "import flightlog",
            "",
            f"with flightlog.open({text(place)}) as store:",
            f"    state = store.checkpoints.state({text(checkpoint.id)})",
            "    with store.run(",
            *(f"        {fact}," for fact in facts),
            "    ) as run:",
            "        # its first checkpoint is this state",
            "        ...",
        )
    )


def _langgraph(place: str, foreign: Mapping[str, str]) -> str:
    return "\n".join(
        (
            "from langgraph.checkpoint.sqlite import SqliteSaver",
            "",
            'config = {"configurable": {',
            *(f"    {text(key)}: {text(value)}," for key, value in foreign.items()),
            "}}",
            f"with SqliteSaver.from_conn_string({text(place)}) as saver:",
            "    graph = builder.compile(checkpointer=saver)",
            "    # config = graph.update_state(config, {...})  # to change the state first",
            "    graph.invoke(None, config)  # goes on from here, as a new branch of the thread",
        )
    )


def text(value: str) -> str:
    """A Python literal in ASCII."""
    return json.dumps(value)


def snippet_nodes(snippet: str) -> list[Node]:
    """Lines of a program."""
    return [
        Node(n, [(safe_text(line, limit=None), "faint" if line.lstrip().startswith("#") else "text")])
        for n, line in enumerate(snippet.split("\n"))
    ]
