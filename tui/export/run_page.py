"""One run as a page: who and when, steps on one time scale, logs, states, costs, and all else it is made of."""

from collections.abc import Iterator

from ...core import clock
from ...core.runs import Run
from ...core.store import Store
from ..glyphs import UNICODE
from ..lines import status_ink
from .elements import Html, joined, tag
from .page import page
from .run_logs import logs
from .run_parts import approvals, artifacts, items, messages, notes
from .run_states import states
from .run_steps import steps
from .run_sums import costs, facts, fault, metrics, snapshots


def run_page(store: Store, run: Run) -> Html:
    """The page of a run. Reads only what it shows, within `bounds`; to be called in a thread."""
    return page(title_of(run), heading(run), *sections(store, run, clock.now_s()))


def title_of(run: Run) -> str:
    """What a run is called; an agent's own words."""
    version = f"@{run.version}" if run.version is not None else ""
    return f"{run.workflow}{version}: {run.name or run.objective or run.id}"


def heading(run: Run) -> Html:
    """The page's first lines."""
    sign = f"{UNICODE.status(run.status)} {run.status}"
    under = joined([tag("span", sign, class_=status_ink(run.status)), f"  {run.id}"])
    why = run.error or run.evidence
    return joined([tag("h1", title_of(run)), tag("p", under, f"  {why}" if why else "", class_="sub")])


def sections(store: Store, run: Run, now: float) -> Iterator[Html]:
    """The parts of the page that have something in them."""
    yield facts(store, run, now)
    yield fault(store, run)
    yield snapshots(store, run)
    if run.steps:
        yield steps(store, run, now)
    if run.logs:
        yield logs(store, run)
    if run.checkpoints:
        yield states(store, run)
    if run.money.provenance != "none":
        yield costs(store, run)
    yield metrics(store, run)
    if run.messages:
        yield messages(store, run)
    if run.items:
        yield items(store, run)
    if run.approvals:
        yield approvals(store, run)
    if run.artifacts:
        yield artifacts(store, run)
    if run.notes:
        yield notes(store, run)
