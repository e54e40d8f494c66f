"""The overview of a run as lines: who, what, when, how it ended, what it came from and what came of it."""

from collections.abc import Iterator

import msgspec

from ...core.checkpoints import Checkpoint
from ...core.clock import between, to_seconds
from ...core.copies import copied_from
from ...core.events import Fault, Json
from ...core.repositories.upkeep import WEEK_S
from ...core.runs import FINISHED, Damage, Message, MetricValue, Note, Run
from ...core.text import safe_text
from ...core.upkeep import Removal
from .. import format
from ..facts import evidence, fact, gap, heading, label, last_moment, paired, until
from ..glyphs import Glyphs
from ..keys import place, row, shown
from ..lines import Line, one_line, status_ink
from ..lines import between as edges
from ..states.graph_nodes import origin_line
from ..steps.outline import Outline, outline_lines
from ..trees.json_nodes import OPEN_DEPTH, section_of
from ..trees.nodes import Node
from .fault_nodes import fault_nodes
from .talk import spoken

FOLD = 4
"""Cells of a line that its text does not have: the sign of a fold, and the scroll bar."""


class Overview(msgspec.Struct, kw_only=True, frozen=True):
    """All that the overview shows."""

    run: Run
    fault: Fault | None = None
    """The error in full."""
    steps: Outline = Outline()
    """The few that it has room for."""
    snapshots: dict[str, Json] = {}
    said: Message | None = None
    """The message that was sent last, where no result is recorded."""
    parent: Run | None = None
    children: tuple[Run, ...] = ()
    origin: Checkpoint | None = None
    """Checkpoint of another run that this one started from."""
    notes: tuple[Note, ...] = ()
    metrics: tuple[MetricValue, ...] = ()
    damage: tuple[Damage, ...] = ()
    removal: Removal | None = None
    """When its own program removes it."""


def overview_nodes(found: Overview, now: float, glyphs: Glyphs, width: int) -> list[Node]:
    """The whole overview, for lines of so many cells."""
    sections = (
        _status(found.run, now, glyphs, width),
        _damage(found.damage),
        _removal(found.removal, now, width),
        paired(_facts(found.run, now, glyphs), width),
        _fault(found),
        _steps(found, now, glyphs, width),
        _snapshots(found.snapshots, "result", "output"),
        _said(found.said, glyphs),
        _snapshots(found.snapshots, "input", "plan"),
        _lineage(found, now, glyphs),
        _added(found, glyphs),
        _meta(found.run),
    )
    nodes: list[Node] = []
    for number, section in enumerate(map(list, sections)):
        nodes += [gap(number), *section] if section and nodes else section
    return nodes


def _status(run: Run, now: float, glyphs: Glyphs, width: int) -> Iterator[Node]:
    ink = status_ink(run.status)
    line: Line = [(f"{glyphs.status(run.status)} {run.status}", ink)]
    if run.evidence:
        line.append((f"  {evidence(run, now)}", ink))
    elif run.error:
        line.append((f"  {one_line(run.error)}", "bad"))
    elif run.status == "running" and run.current_step:
        line.append((f"  {one_line(run.current_step, 80)}", "strong"))
    yield Node("status", line)
    if run.status == "waiting" and not run.source:
        key = next(key for key in place("run").keys if key.id == "run.approvals")
        yield Node("answer", [(shown(key), "accent"), (" shows the question and takes the answer", "muted")])
    if run.objective:
        yield fact("objective", run.objective, "strong", room=width - FOLD)


def _damage(damage: tuple[Damage, ...]) -> Iterator[Node]:
    if not damage:
        return
    yield Node("damaged", [(f"{format.plural(len(damage), 'piece')} of this run could not be read", "bad")])
    for number, one in enumerate(damage[:20]):
        where = one_line(one.where, 80) + (f", byte {one.offset:,}" if one.offset is not None else "")
        line: Line = [(one_line(one.what), "bad"), (f"  {where}", "muted")]
        yield Node(("damage", number), line, text=safe_text(one.raw, lines=True), ink="muted")
    rest: Line = [("The rest is whole. ", "muted"), (shown(row("app.doctor")), "accent"), (" or ", "muted")]
    yield Node("advice", [*rest, ("flightlog doctor", "accent"), (" says more.", "muted")])


def _removal(removal: Removal | None, now: float, width: int) -> Iterator[Node]:
    if removal is None:
        return
    left = to_seconds(removal.first) - now
    when = f"in {format.age(left)}" if left > 0 else "at its next start"
    line: Line = [(f"{one_line(removal.by, 40)} removes it {when}", "warn" if left < WEEK_S else "muted")]
    yield Node("removal", [*line, (f", {one_line(removal.rule)}", "muted")])
    if left < WEEK_S:
        yield Node("keeping", [("flightlog backup TO", "accent"), (" keeps what lies here", "muted")])


def _facts(run: Run, now: float, glyphs: Glyphs) -> list[tuple[str, str, str]]:
    workflow = one_line(run.workflow, 60) + (f"@{run.version}" if run.version is not None else "")
    took = between(run.started, until(run, now))
    steps = f"{run.steps_done:,} of {run.steps:,} done" if run.steps else ""
    errors = "".join(
        f", {format.plural(n, what)}" for n, what in ((run.errors, "error"), (run.warnings, "warning")) if n
    )
    items = f"{run.items:,}" + (f", {run.items_failed:,} failed" if run.items_failed else "") if run.items else ""
    return [
        ("workflow", workflow, "text"),
        ("session", one_line(run.session or "", 60), "text"),
        ("name", one_line(run.name, 60), "text"),
        ("project", one_line(run.project or "", 60), "text"),
        ("started", _when(run.started, now), "text"),
        (
            "took" if run.status in (*FINISHED, "lost") else "so far",
            format.duration(took) if run.started else "",
            "text",
        ),
        ("finished", _when(run.finished, now), "text"),
        ("attempt", f"{run.attempt}" if run.attempt > 1 else "", "text"),
        ("steps", steps, "text"),
        (
            "log",
            f"{format.plural(run.logs, 'entry', 'entries')}{errors}" if run.logs else "",
            "bad" if run.errors else "text",
        ),
        ("cost", _cost(run, glyphs), "text"),
        ("tokens", _tokens(run) if run.tokens.total else "", "text"),
        ("items", items, "bad" if run.items_failed else "text"),
        ("plan", one_line(run.plan_id, 60), "text"),
        ("size", f"{format.size(run.size_bytes)}, {format.plural(run.events, 'event')}", "text"),
        ("id", one_line(run.id, 60), "muted"),
        ("source", one_line(f"{run.source} {run.source_id}".strip() or copied_from(run), 120), "text"),
        ("process", _writer(run), "muted"),
    ]


def _when(t: str | None, now: float) -> str:
    if not t:
        return ""
    try:
        return f"{format.moment(t)}, {format.age(now - to_seconds(t))} ago"
    except ValueError:
        return one_line(t, 40)


def _cost(run: Run, glyphs: Glyphs) -> str:
    if run.money.provenance == "none":
        return ""
    money = run.money
    known = " and ".join(word for word, n in (("recorded", money.recorded), ("computed", money.computed)) if n)
    unknown = f"{format.plural(money.unknown, 'call')} of unknown price" if money.unknown else ""
    return f"{format.cost(money, glyphs)} {', '.join(filter(None, (known, unknown)))}"


def _tokens(run: Run) -> str:
    return f"{run.tokens.input:,} in, {run.tokens.output:,} out"


def _writer(run: Run) -> str:
    if run.writer is None:
        return ""
    return one_line(f"pid {run.writer.pid}" + (f" on {run.writer.host}" if run.writer.host else ""), 80)


def _fault(found: Overview) -> Iterator[Node]:
    fault = found.fault
    if fault is None or not (fault.message.strip() or fault.traceback.strip()):
        return
    yield heading("error")
    yield from fault_nodes(fault)


STEPS = 8
"""Steps that are told; the tab of them has all."""


def _steps(found: Overview, now: float, glyphs: Glyphs, width: int) -> Iterator[Node]:
    """Where the time went, and what failed: that is what most people open a run for."""
    rows, which = found.steps
    if not rows:
        return
    run, told = found.run, len(rows)
    count = f"  {told:,} of {run.steps:,}, {which}; "
    rest: Line = [(count, "faint"), (shown(row("run.steps")), "accent"), (" has all", "faint")]
    yield Node(("heading", "steps"), [("steps", "title"), *(rest if told < run.steps else [])])
    lines = outline_lines(rows, run, width - FOLD, last_moment(run, now), glyphs)
    for one, line in zip(rows, lines, strict=True):
        yield Node(("step", one.step.id), line, target=("step", one.step.id))


def _snapshots(snapshots: dict[str, Json], *names: str) -> Iterator[Node]:
    for name in names:
        if name in snapshots:
            yield section_of(name, snapshots[name], depth=OPEN_DEPTH)


SAID = 2000
"""Characters of a message that are shown of it here; the tab of messages shows all."""


def _said(said: Message | None, glyphs: Glyphs) -> Iterator[Node]:
    text = spoken(said.content)[0].strip() if said else ""
    if said is None or not text:
        return
    cut = text if len(text) <= SAID else text[:SAID] + glyphs.ellipsis
    whom = f" {glyphs.arrow} {one_line(said.recipient, 40)}" if said.recipient else ""
    line: Line = [("last said", "title"), (f"  {one_line(said.sender, 40)}{whom}, {format.clock(said.t)}", "muted")]
    yield Node("said", line, text=safe_text(cut, lines=True, limit=None), open=True)


def _lineage(found: Overview, now: float, glyphs: Glyphs) -> Iterator[Node]:
    run = found.run
    if not (run.parent or run.from_checkpoint or found.children):
        return
    yield heading("lineage")
    if run.parent:
        yield _relative("parent", run.parent, found.parent, now, glyphs)
    if run.from_checkpoint:
        origin = found.origin
        target = ("run", origin.run) if origin else None
        yield Node("origin", [label("started at"), *origin_line(run.from_checkpoint, origin, glyphs)], target=target)
    for number, child in enumerate(found.children):
        yield _relative("children" if number == 0 else "", child.id, child, now, glyphs)


def _relative(name: str, id: str, run: Run | None, now: float, glyphs: Glyphs) -> Node:
    short = format.short_id(one_line(id, 40), glyphs)
    if run is None:
        return Node(("run", id), [label(name), (short, "text"), ("  is not here", "muted")])
    workflow = one_line(run.workflow, 40) + (f"@{run.version}" if run.version is not None else "")
    took = format.duration(between(run.started, until(run, now)))
    line: Line = [
        label(name),
        (f"{glyphs.status(run.status)} ", status_ink(run.status)),
        (short, "accent"),
        (f"  {workflow}", "text"),
        (f"  {one_line(run.name or run.objective, 60)}", "muted"),
    ]
    end: Line = [(f"  {run.status}  {took:>8}", "muted")]
    return Node(("run", id), lambda width: edges(line, end, min(width, 112)), target=("run", id))


def _added(found: Overview, glyphs: Glyphs) -> Iterator[Node]:
    """What people and the run itself pinned to it: tags, notes, metrics."""
    run = found.run
    if run.pinned:
        yield Node("pinned", [label("pinned"), (glyphs.pinned, "accent"), (" kept from every clean-up", "muted")])
    if run.archived:
        where: Line = [(glyphs.archived, "accent"), (" packed into one file; all can be read as before", "muted")]
        yield Node("archived", [label("archived"), *where])
    if run.tags:
        yield Node("tags", [label("tags"), ("  ".join(one_line(tag, 60) for tag in run.tags), "accent")])
    for number, note in enumerate(found.notes):
        who = f"{one_line(note.by, 40) or 'someone'}, {format.clock(note.t)}"
        whole = safe_text(note.text.strip(), lines=True)
        line: Line = [label("note"), (one_line(note.text, 160), "text"), (f"  {who}", "muted")]
        long = "\n" in whole or len(whole) > 160
        yield Node(("note", number), line, text=whole if long else "")
    for number, metric in enumerate(found.metrics[:200]):
        line = [
            label("metrics" if number == 0 else ""),
            (f"{metric.value:g}", "active"),
            (f"  {one_line(metric.name, 80)}", "text"),
        ]
        yield Node(("metric", number), line)


def _meta(run: Run) -> Iterator[Node]:
    if run.meta:
        yield section_of("meta", run.meta)
