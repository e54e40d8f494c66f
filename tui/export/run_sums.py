"""What is known of a run as a whole, on its page: facts, its error, snapshots, costs and reported numbers."""

from collections.abc import Iterable

from ...core.costs import CostGroup, GroupBy
from ...core.errors import Corrupt, NotFound
from ...core.events import Fault, RunFinished
from ...core.query.query import equals
from ...core.runs import Run
from ...core.store import Store
from .. import format
from ..compare.fact_rows import FACTS, took
from ..compare.value_rows import read_inputs
from .bounds import GROUPS, METRICS, SNAPSHOT, left_out
from .elements import Html, folded, joined, note, row, section, table, tag
from .run_logs import entries
from .values import about, value


def facts(store: Store, run: Run, now: float) -> Html:
    """Who, what and when."""
    told = [(name, tell(run)) for name, tell in FACTS]
    told += [
        ("started", format.moment(run.started)),
        ("finished", format.moment(run.finished) if run.finished else ""),
        ("took", format.duration(took(run, now))),
        ("steps", f"{run.steps_done:,} of {run.steps:,} done" if run.steps else ""),
        ("log", entries(run) if run.logs else ""),
        ("tokens", f"{run.tokens.input:,} in, {run.tokens.output:,} out" if run.tokens.total else ""),
        ("cost", f"{format.run_cost(run)} ({run.money.provenance})" if run.money.provenance != "none" else ""),
        ("recorded", f"{run.events:,} events, {format.size(run.size_bytes)}"),
        ("damaged", f"{run.damaged:,} parts could not be read" if run.damaged else ""),
    ]
    return section("Facts", table(("", ""), (row(name, text) for name, text in told if text), class_="facts"))


def fault(store: Store, run: Run) -> Html:
    """The error in full."""
    found = _fault(store, run)
    if found is None or not (found.message or found.traceback):
        return Html("")
    trace = folded("traceback", value(found.traceback, SNAPSHOT)) if found.traceback else Html("")
    return section("Error", tag("p", found.type, class_="bad"), value(found.message, SNAPSHOT), trace)


def _fault(store: Store, run: Run) -> Fault | None:
    if run.status != "failed" or not run.last_seq:
        return None
    try:
        event = store.runs.event(run.id, run.last_seq)
    except (Corrupt, NotFound) as error:
        return Fault(type="the error's record is damaged", message=str(error))
    return event.error if isinstance(event, RunFinished) else None


def snapshots(store: Store, run: Run) -> Html:
    """What it was given, planned and brought, and its meta."""
    found = read_inputs(store, run)
    parts = (
        folded(joined([name, tag("small", f"  {about(one)}")]), value(one, SNAPSHOT)) for name, one in found.items()
    )
    return section("Input, plan and result", *parts) if found else Html("")


# --- costs -------------------------------------------------------------------------------------------

HEADS = ("", "calls", "input", "output", "cached", "cost", "told by")


def costs(store: Store, run: Run) -> Html:
    """Money and tokens by model and by step, with where each number comes from."""
    names = {step.id: step.name for step in store.runs.steps(run.id, limit=10_000)}
    prices = sorted({record.prices for record in store.runs.cost_records(run.id, limit=1_000) if record.prices})
    parts = [
        *_groups(store, run, "model", {"": "no model"}),
        *_groups(store, run, "step", {"": "outside of steps"} | names),
    ]
    if run.money.unknown:
        parts.append(
            note(f"{format.plural(run.money.unknown, 'call')} without a known price: the sum is a lower bound.")
        )
    if prices:
        dates = ", ".join(prices[:5])
        parts.append(note(f"~ computed from the price tables of {dates}, not told by the provider."))
    return section("Costs", *parts, about=f"{format.run_cost(run)}, {run.money.provenance}")


def _groups(store: Store, run: Run, by: GroupBy, names: dict[str, str]) -> Iterable[Html]:
    found = store.runs.costs(by, equals("id", run.id))
    rows = (_group(group, names.get(group.key, group.key)) for group in found[:GROUPS])
    yield table((f"by {by}", *HEADS[1:]), rows, class_="sums")
    if left := left_out(GROUPS, len(found), f"{by}s"):
        yield note(left)


def _group(group: CostGroup, name: str) -> Html:
    tokens, money = group.tokens, group.money
    cached = tokens.cache_read + tokens.cache_write
    numbers = (f"{group.calls:,}", f"{tokens.input:,}", f"{tokens.output:,}", f"{cached:,}")
    return row(name, *numbers, format.cost(money), money.provenance)


def metrics(store: Store, run: Run) -> Html:
    """Numbers that the run reported, or was given."""
    page = store.runs.metrics(run.id, limit=METRICS)
    if not page.items:
        return Html("")
    rows = (row(one.name, f"{one.value:g}", format.moment(one.t)) for one in page.items)
    more = note(f"only the first {METRICS:,} are shown here") if page.next else Html("")
    return section("Reported numbers", table(("", "value", "when"), rows, class_="sums"), more)
