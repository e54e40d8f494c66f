"""The log of a run on its page: its beginning, its end, and what was severe between them."""

from collections.abc import Iterator

from ...core.logs import LogEntry, LogFilter
from ...core.runs import Run
from ...core.store import Store
from .. import format
from ..lines import level_ink
from .bounds import FIRST_LOGS, LAST_LOGS, LOG, SEVERE, left_out
from .elements import Html, folded, joined, note, row, section, table, tag, text
from .values import value


def logs(store: Store, run: Run) -> Html:
    """Log entries within the bounds; the severe ones alone by a click, without any script."""
    parts = _read(store, run)
    names = {step.id: step.name for step in store.runs.steps(run.id, limit=10_000)}
    shown = sum(len(part) for part in parts)
    body: list[Html] = []
    for number, part in enumerate(parts):
        if number:
            between = tag("td", tag("span", "…", class_="faint"), colspan=4)
            body.append(tag("tr", between))
        body += _rows(part, names)
    left = left_out(shown, run.logs, "entries")
    told = note(f"{left}: shown are the first, the last, and warnings and errors between them") if left else Html("")
    return section("Log", told, _filter(), table(("time", "", "step", ""), body, class_="log"), about=entries(run))


def entries(run: Run) -> str:
    """How many entries there are, and how many of them are severe."""
    plural = format.plural
    return f"{plural(run.logs, 'entry', 'entries')}, {plural(run.errors, 'error')}, {plural(run.warnings, 'warning')}"


def _read(store: Store, run: Run) -> list[list[LogEntry]]:
    """Pieces of the log with gaps between them."""
    last = store.logs.query(run.id, limit=FIRST_LOGS + LAST_LOGS)
    if run.logs <= FIRST_LOGS + LAST_LOGS:
        return [last]
    last = last[-LAST_LOGS:]
    first = [entry for entry in store.logs.query(run.id, limit=FIRST_LOGS, after=0) if entry.seq < last[0].seq]
    after = first[-1].seq if first else 0
    severe = store.logs.query(run.id, LogFilter(level="WARNING"), limit=SEVERE, after=after)
    between = [entry for entry in severe if entry.seq < last[0].seq]
    return [part for part in (first, between, last) if part]


def _rows(entries: list[LogEntry], names: dict[str, str]) -> Iterator[Html]:
    for entry in entries:
        level = tag("span", entry.level, class_=level_ink(entry.level))
        message = joined([text(entry.message, lines=True, limit=LOG)])
        if entry.details:
            message = joined([message, folded(tag("small", "details", class_="muted"), value(entry.details, LOG))])
        step = names.get(entry.step, entry.step) if entry.step else ""
        yield row(format.instant(entry.t), level, text(step or "", limit=60), message, class_=entry.level)


def _filter() -> Html:
    """The choice of a level: the style sheet hides the others."""
    choices = (("all", "all"), ("info", "INFO and above"), ("warnings", "warnings and errors"), ("errors", "errors"))
    labels = (
        tag("label", tag("input", type="radio", name="level", class_=name, checked=name == "all"), words)
        for name, words in choices
    )
    return tag("p", *labels, class_="filter")
