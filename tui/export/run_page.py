"""One run as a page: who and when, steps on one time scale, logs, states, costs, and all else it is made of."""

from collections.abc import Callable, Iterator

from ...core import clock
from ...core.errors import Corrupt, NotFound
from ...core.runs import Run
from ...core.store import Store
from ..glyphs import UNICODE
from ..lines import status_ink
from .bounds import at_hand
from .elements import Html, joined, section, tag
from .page import page
from .run_logs import logs
from .run_parts import approvals, artifacts, damage, items, messages, notes
from .run_states import states
from .run_steps import steps
from .run_sums import costs, facts, fault, metrics, snapshots


def run_page(store: Store, run: Run, remark: Callable[[], Html] | None = None) -> Html:
    """The page of a run. Reads only what it shows, within `bounds`; to be called in a thread."""
    return page(title_of(run), heading(run), *sections(store, run, clock.now_s()), remark=remark)


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
    parts: tuple[tuple[str, object, Callable[[], Html]], ...] = (
        ("Facts", True, lambda: facts(store, run, now)),
        ("Error", run.status == "failed", lambda: fault(store, run)),
        ("Input, plan and result", True, lambda: snapshots(store, run)),
        ("Steps", run.steps, lambda: steps(store, run, now)),
        ("Log", run.logs, lambda: logs(store, run)),
        ("States", run.checkpoints, lambda: states(store, run)),
        ("Costs", run.money.provenance != "none", lambda: costs(store, run)),
        ("Reported numbers", True, lambda: metrics(store, run)),
        ("Messages", run.messages, lambda: messages(store, run)),
        ("Items", run.items, lambda: items(store, run)),
        ("Approvals", run.approvals, lambda: approvals(store, run)),
        ("Artifacts", run.artifacts, lambda: artifacts(store, run)),
        ("Notes", run.notes, lambda: notes(store, run)),
        ("Damage", run.damaged, lambda: damage(store, run)),
    )
    return (_readable(title, part) for title, there, part in parts if there)


def _readable(title: str, part: Callable[[], Html]) -> Html:
    """A part of the page; of one that cannot be read the sentence that says why."""
    at_hand(title)
    try:
        return part()
    except (Corrupt, NotFound) as error:
        return section(title, tag("p", str(error), class_="bad"))
