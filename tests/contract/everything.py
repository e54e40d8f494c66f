"""Everything that can be read of a store, by what was asked: to be compared with what it answers at another time."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from flightlog.core.errors import FlightlogError
from flightlog.core.logs import LogFilter
from flightlog.core.numbers.figures import Figures
from flightlog.core.pages import Page, Sort
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.repositories import CheckpointRepository, LogRepository, MetricsRepository, RunRepository
from flightlog.core.runs import Run, Totals
from flightlog.core.store import Store
from msgspec.structs import replace

ELSEWHERE = {"archived": False, "size_bytes": None}
"""What is another thing where a run lies elsewhere, and nothing else may be."""

WRITES = {"annotate", "annotate_each", "decide", "record_pattern"}
QUERIES = ("", "has:note -log:strasse", "log:東京 | name:triage")


def reads() -> set[str]:
    """The names of all that can be asked, but for what another read tells in other portions."""
    kinds = (RunRepository, LogRepository, CheckpointRepository, MetricsRepository)
    named = {f"{kind.__name__}.{name}" for kind in kinds for name in vars(kind) if not name.startswith("_")}
    return {name for name in named if name.split(".")[1] not in WRITES}


def everything(store: Store) -> dict[str, Any]:
    """The answers by question; each begins with the method's name."""
    found: dict[str, Any] = {}

    def ask(name: str, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        key = f"{name} {args} {options}"
        try:
            found[key] = _plain(call(*args, **options))
        except FlightlogError as error:
            found[key] = (type(error), error.what)
        return found[key]

    runs = [run.id for run in _all(store, "")]
    for question in _of_store(store):
        ask(*question)
    for run in runs:
        for question in _of_run(store, run):
            ask(*question)
    return found


def _of_store(store: Store) -> Iterator[tuple[Any, ...]]:
    for text in QUERIES:
        query = parse(text)
        yield "RunRepository.query", lambda query: _all(store, query), query
        for name in ("count", "totals", "workflows", "sessions", "projects", "pending", "acts", "spenders"):
            yield f"RunRepository.{name}", getattr(store.runs, name), query
        for by in ("run", "step", "version", "workflow", "model", "agent", "session", "day"):
            yield "RunRepository.costs", store.runs.costs, by, query
        for words in ("red", "東京 🦊", "entry 7"):
            yield "LogRepository.search", store.logs.search, words, query
    for key in ("workflow", "status", "model", "session", "project", "tag", "agent"):
        yield "RunRepository.values", store.runs.values, key
    for sort in ("started", "cost", "name"):
        order = Sort(field=sort)  # type: ignore[arg-type]
        yield "RunRepository.cursor_after", store.runs.cursor_after, EVERYTHING, order, 3
        yield "RunRepository.query", store.runs.query, EVERYTHING, order
    for every, by in product(("day", "hour", "minute"), ("run", "workflow", "model")):
        yield "RunRepository.spending", lambda every, by: store.runs.spending(every, by, since=""), every, by
    ids = [run.id for run in _all(store, EVERYTHING)]
    yield "RunRepository.doing", store.runs.doing, ids
    yield "RunRepository.figures", lambda ids: _sums(store.runs.figures(EVERYTHING, ids=ids)), ids[:5]
    if ids:
        yield (
            "RunRepository.ids_between",
            lambda one: sorted(store.runs.ids_between(EVERYTHING, Sort(), one, ids[-1])),
            ids[0],
        )
        yield "RunRepository.ids_between", lambda: sorted(store.runs.ids_between(EVERYTHING, Sort(), ids[1], None))
    yield "RunRepository.some", lambda ids: sorted(store.runs.some(ids), key=lambda run: run.id), ids
    for workflow in store.runs.values("workflow"):
        yield "RunRepository.recent", store.runs.recent, workflow
        for name in ("summary", "outcomes", "trends", "spread", "reported", "patterns"):
            yield f"MetricsRepository.{name}", getattr(store.metrics, name), workflow
        yield "MetricsRepository.newest", store.metrics.newest, workflow, None
        yield "MetricsRepository.compare", store.metrics.compare, workflow, [1, 2]
        yield "MetricsRepository.against_parent", store.metrics.against_parent, workflow, 1, 2
        for span in store.metrics.spread(workflow):
            yield "MetricsRepository.durations", _durations(store), workflow, span


def _sums(figures: Figures) -> tuple[Any, ...]:
    """All but the bytes, which are fewer in an archive."""
    return figures.runs, figures.unpriced, figures.took, figures.nanousd, figures.tokens


def _durations(store: Store) -> Callable[[str, int], Any]:
    return lambda workflow, span: store.metrics.durations(workflow, span=span)


def _of_run(store: Store, run: str) -> Iterator[tuple[Any, ...]]:
    names = ("get", "resolve", "children", "steps", "items", "retries", "messages", "approvals", "artifacts", "damage")
    for name in (*names, "snapshots", "metrics", "notes", "events", "cost_records", "with_children"):
        yield f"RunRepository.{name}", getattr(store.runs, name), run
    yield "RunRepository.cursor_at", store.runs.cursor_at, run, Sort()
    for seq in (1, 2, 5, store.runs.get(run).last_seq, 10**6):
        yield "RunRepository.event", store.runs.event, run, seq
    yield "RunRepository.some_events", store.runs.some_events, run, (5, 1, 2, 10**6)
    for number in range(3):
        yield "RunRepository.events", lambda run, n: store.runs.events(run, after=2 * n, limit=3), run, number
    for filter in (LogFilter(), LogFilter(level="WARNING"), LogFilter(text="red"), LogFilter(step="s1")):
        yield "LogRepository.query", store.logs.query, run, filter
        yield "LogRepository.query", lambda run, f: store.logs.query(run, f, limit=2, before=7), run, filter
        yield "LogRepository.query", lambda run, f: store.logs.query(run, f, limit=2, after=2), run, filter
    yield "LogRepository.counts", store.logs.counts, run
    yield "LogRepository.scan", store.logs.scan, run, "entry 7"
    yield "CheckpointRepository.list", store.checkpoints.list, run
    checkpoints = store.checkpoints.list(run)
    for at in checkpoints:
        for name in ("get", "foreign", "keys", "state", "stored", "blames"):
            yield f"CheckpointRepository.{name}", getattr(store.checkpoints, name), at.id
        keys = [key.key for key in store.checkpoints.keys(at.id) if key.opaque is None]
        yield "CheckpointRepository.values", store.checkpoints.values, at.id, keys
        yield "CheckpointRepository.diff", store.checkpoints.diff, checkpoints[0].id, at.id
        for key in store.checkpoints.keys(at.id):
            yield "CheckpointRepository.value", store.checkpoints.value, at.id, key.key
            yield "CheckpointRepository.blame", store.checkpoints.blame, at.id, key.key


def _all(store: Store, query: Any) -> list[Run]:
    query = parse(query) if isinstance(query, str) else query
    page = store.runs.query(query)
    runs = list(page.items)
    while page.next:
        page = store.runs.query(query, after=page.next)
        runs += page.items
    return runs


def _plain(answer: Any) -> Any:
    """Without where a run lies."""
    if isinstance(answer, Run):
        return replace(answer, **ELSEWHERE)
    if isinstance(answer, Totals):
        return replace(answer, size_bytes=0)
    if isinstance(answer, Page):
        return [_plain(one) for one in answer.items]
    if isinstance(answer, dict | str | bytes | int | float) or answer is None or hasattr(answer, "__struct_fields__"):
        return answer
    return [_plain(one) for one in answer]
