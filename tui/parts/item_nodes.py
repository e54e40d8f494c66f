"""Rows of a batch as lines: how they stand, how often they were tried, and all that happened to one."""

from collections.abc import Iterator
from functools import partial

from ...core.clock import between
from ...core.events import ItemChanged, ItemStatus
from ...core.runs import Item, Retry, Run
from .. import format
from ..facts import fact, gap
from ..glyphs import Glyphs
from ..lines import Line, fitted, one_line, right, status_ink
from ..trees.json_nodes import section_of
from ..trees.nodes import Node
from .fault_nodes import fault_nodes
from .item_pages import History, Rows

HEADS = (("row", 9), ("  status", 14), ("tries", 7), ("took", 9), ("changed", 14))
"""Titles and their cells; the last two are left out where there is no room, the rest of a line is the error."""


def item_nodes(rows: Rows, now: str, glyphs: Glyphs) -> list[Node]:
    """Rows in the order given, failed ones first; those that are unfolded with what happened to them."""
    nodes: list[Node] = []
    before: str | None = None
    for item in rows.items:
        if before == "failed" != item.status:
            nodes.append(gap("failed"))
        before = item.status
        retry = rows.retries.get(item.row_number)
        _, history = rows.histories.get(item.row_number, (0, None))
        line = partial(_line, item, retry, now, glyphs)
        nodes.append(Node(item.row_number, line, partial(_detail, item, retry, history, glyphs)))
    return nodes


def item_head(width: int) -> Line:
    """The heads of the columns, above lines that begin with the sign of their fold."""
    cells = "".join(right(head, size) if n != 1 else head.ljust(size) for n, (head, size) in enumerate(_heads(width)))
    return [("  ", "text"), *fitted([(cells + "  error", "muted")], max(width - 2, 0))]


def _heads(width: int) -> tuple[tuple[str, int], ...]:
    return HEADS if width >= 90 else HEADS[:4] if width >= 60 else HEADS[:3]


def _line(item: Item, retry: Retry | None, now: str, glyphs: Glyphs, width: int) -> Line:
    ink = status_ink(item.status)
    spans: Line = [
        (right(f"{item.row_number:,}", 9), "muted"),
        (f"  {glyphs.status(item.status)} {item.status}".ljust(14), ink),
        (right(f"{item.attempts}", 7), "warn" if item.attempts > 1 else "muted"),
        (right(_took(item, now), 9), "text"),
        (right(format.clock(item.changed) if item.changed else "", 14), "muted"),
    ][: len(_heads(width + 2))]
    return [*spans, ("  ", "text"), *_retried(retry, glyphs), (one_line(item.error, 300), "bad")]


def _took(item: Item, now: str) -> str:
    ended = item.changed if item.status not in ("pending", "processing") else now
    took = between(item.started, ended) if item.status != "pending" else None
    return "" if took is None else format.duration(took)


def _retried(retry: Retry | None, glyphs: Glyphs) -> Line:
    """What the run's next attempt made of a failed row."""
    if retry is None or retry.run is None:
        return []
    status = retry.next.status if retry.next else ""
    word = f"{glyphs.status(status)} {status}" if status else "not yet"
    return [(f"then {word} in {format.short_id(one_line(retry.run, 40), glyphs)}  ", status_ink(status))]


def _detail(item: Item, retry: Retry | None, history: History | None, glyphs: Glyphs) -> list[Node]:
    if history is None:
        return [Node("wait", [("reading", "muted")])]
    return list(_told(item, retry, history, glyphs)) or [
        Node("nothing", [("nothing more was recorded of this row", "faint")])
    ]


def _told(item: Item, retry: Retry | None, history: History, glyphs: Glyphs) -> Iterator[Node]:
    if history.problem:
        yield fact("damaged", history.problem, "bad")
    latest = next((event for event in reversed(history.events) if event.attempt == item.attempts), None)
    if latest and latest.error:
        yield from fault_nodes(latest.error)
    if item.attempts > 1:
        yield Node("tries", [("tries", "title")], partial(_tries, history, glyphs), open=True)
    if retry and retry.run:
        line: Line = [("next attempt  ", "muted"), *_retried(retry, glyphs)]
        yield Node("retry", line, target=("run", retry.run))
    for name in ("input", "output"):
        value = next((found for event in reversed(history.events) if (found := getattr(event, name)) is not None), None)
        if value is not None:
            yield section_of(name, value)
    if item.step:
        yield Node("step", [("its step  ", "muted"), (one_line(item.step, 60), "accent")], target=item.step)


def _tries(history: History, glyphs: Glyphs) -> list[Node]:
    """The last word of every attempt."""
    last: dict[int, ItemChanged] = {event.attempt: event for event in history.events}
    return [Node(attempt, _try(attempt, event, glyphs)) for attempt, event in sorted(last.items())]


def _try(attempt: int, event: ItemChanged, glyphs: Glyphs) -> Line:
    ink = status_ink(event.status)
    fault = event.error
    return [
        (right(f"{attempt}", 3), "muted"),
        (f"  {glyphs.status(event.status)} {event.status}  ", ink),
        (f"{format.clock(event.t)}  ", "muted"),
        (one_line(f"{fault.type}: {fault.message}", 300) if fault else "", "bad"),
    ]


def item_counts(run: Run, rows: Rows) -> Line:
    """How the batch stands, and which of its rows are shown."""
    status: ItemStatus | None = rows.place.status
    line: Line = [(format.plural(run.items, "row"), "strong")]
    line.append((f"  {run.items_failed:,} failed", "bad") if run.items_failed else ("  none failed", "muted"))
    if status:
        number = f"{rows.standing:,} " if rows.standing is not None else ""
        line.append((f"  {number}{status} only", "accent"))
    above = len(rows.place.starts) > 1
    if rows.next or above:
        where = "in the middle" if rows.next and above else "the last" if above else "the first"
        line.append((f"  {where} {len(rows.items):,} are held, more as you go", "muted"))
    return line
