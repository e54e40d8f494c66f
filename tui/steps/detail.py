"""The page about one step: its facts, and both sides of it, what went in and what came out."""

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from ...core.errors import Corrupt, NotFound
from ...core.events import Fault, Json, StepFinished, StepStarted
from ...core.runs import Step
from ...core.store import Store
from ...core.text import safe_text
from .. import format
from ..facts import fact, label, no_answer, paired
from ..lines import one_line, status_ink
from ..parts.fault_nodes import fault_nodes
from ..parts.talk import spoken
from ..trees.json_nodes import SHORT, WHOLE, section_of
from ..trees.nodes import Node
from .picture import Picture

READ = 100_000
"""Characters of a text that is unfolded by itself."""

SHOWN = 8
"""Steps that are named of those it waited for."""


class StepDetail(msgspec.Struct, kw_only=True, frozen=True):
    """What is read about one step when somebody looks."""

    step: Step
    input: Json = None
    output: Json = None
    fault: Fault | None = None
    problem: str = ""
    """Why its input or output cannot be read."""


def read_detail(store: Store, step: Step) -> StepDetail:
    """A step's input, output and error, read from its own events."""
    input: Json = None
    output: Json = None
    fault: Fault | None = None
    problem = ""
    try:
        if step.has_input and step.started_seq:
            event = store.runs.event(step.run, step.started_seq)
            input = event.input if isinstance(event, StepStarted) else None
        if (step.has_output or step.error) and step.finished_seq:
            event = store.runs.event(step.run, step.finished_seq)
            output, fault = (event.output, event.error) if isinstance(event, StepFinished) else (None, None)
    except (Corrupt, NotFound) as error:
        problem = str(error)
    return StepDetail(step=step, input=input, output=output, fault=fault, problem=problem)


def fact_nodes(found: StepDetail, picture: Picture) -> Iterator[Node]:
    """What is known of the step but for its two sides."""
    step, forest = found.step, picture.forest
    status = picture.stands(step)
    told = f"{picture.glyphs.status(status)} {status}  "
    yield Node("title", [(told, status_ink(status)), (one_line(step.name), "strong")])
    if found.problem:
        yield fact("damaged", found.problem, "bad")
    own = forest.own_time(step, picture.now)
    sums = forest.sums.get(step.id)
    yield from paired(
        [
            ("agent", one_line(step.agent, 60), "text"),
            ("kind", one_line(step.kind, 40), "text"),
            ("started", format.moment(step.started) if step.started else "", "text"),
            ("took", picture.took(step) + (f", {format.duration(own)} by itself" if own is not None else ""), "text"),
            ("attempt", f"{step.attempt}" if step.attempt > 1 else "", "text"),
            ("tokens", f"{step.tokens.input:,} in, {step.tokens.output:,} out" if step.tokens.total else "", "text"),
            ("cost", _cost(step, picture), "text"),
            ("log", f"{format.plural(step.logs, 'entry', 'entries')}" if step.logs else "", "text"),
            ("inside", format.plural(sums.steps, "step") if sums and sums.steps else "", "text"),
            ("its run", format.short_id(step.began_run, picture.glyphs) if step.began_run else "", "accent"),
            ("id", one_line(step.id, 40), "muted"),
        ],
        picture.width,
    )
    if step.depends_on:
        yield Node("after", [label("after"), (_after(step, picture), "text")])


def _cost(step: Step, picture: Picture) -> str:
    whole = picture.cost(step) if step.id in picture.forest.sums else ""
    own = format.cost(step.money, picture.glyphs) if step.money.provenance != "none" else ""
    return f"{whole}, {own or 'none'} by itself" if whole != own else whole


def _after(step: Step, picture: Picture) -> str:
    known = picture.forest.by_id
    names = [one_line(known[id].name if id in known else id, 40) for id in step.depends_on[:SHOWN]]
    more = len(step.depends_on) - SHOWN
    return ", ".join(names) + (f" and {more:,} more" if more > 0 else "")


def went_in(found: StepDetail) -> list[Node]:
    """The side of what the step was given; empty if nothing was recorded."""
    return [] if found.input is None else _side("input", found.input)


def came_out(found: StepDetail, stands: str) -> list[Node]:
    """The side of what came back, the error before all; of a step that stands so, why nothing did."""
    nodes: list[Node] = []
    if found.fault:
        nodes += fault_nodes(found.fault)
    elif found.step.error:
        nodes.append(fact("error", found.step.error, "bad"))
    if found.output is not None:
        nodes += _side("output", found.output)
    elif found.input is not None and (words := no_answer(stands)):
        nodes.append(Node("open", [(words, "muted")]))
    return nodes


def _side(name: str, value: Json) -> list[Node]:
    """One side: text as text, that of a list of content blocks too, and all else as the tree that it is."""
    text, rest = spoken(value) if isinstance(value, str | list) else ("", value)
    if len(text) <= SHORT and "\n" not in text:
        return [_with_texts(section_of(name, value))]
    lines = text.count("\n") + 1
    about = f"  {len(text):,} characters" + (f", {lines:,} lines" if lines > 1 else "")
    shown = Node(name, [(name, "title"), (about, "faint")], text=safe_text(text, lines=True, limit=WHOLE))
    shown.open = len(text) <= READ
    return [shown] if rest is None else [shown, section_of(f"{name} beside the text", rest)]


def _with_texts(node: Node) -> Node:
    """The same with the texts right below it unfolded: they are what somebody looks for."""
    make = node.children
    if make is not None:
        node.children = lambda: [replace(one, open=one.open or 0 < len(one.text) <= READ) for one in make()]
    return node
