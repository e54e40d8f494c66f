"""Answering what a run waits for, from wherever a person sees the question."""

from collections.abc import Callable
from functools import partial

from textual.dom import DOMNode
from textual.screen import Screen

from ...core.errors import FlightlogError
from ...core.events import Decision
from ...core.runs import Approval, Run
from ...core.signing import who
from ...core.store import Store
from ..facts import NOBODY
from ..lines import one_line
from ..live.pulse import pulse_of
from ..loading import ask_in_thread, in_thread
from ..messages import Trouble
from ..program.command_log import log_of
from ..screens.prompt import Prompt


def ask(screen: Screen[None], store: Store, run: Run, decision: Decision, then: Callable[[], None]) -> None:
    """Asks for a note on the oldest question that a run waits with, and gives the answer; `then` when it is given."""
    if run.source:
        _refuse(screen, f"Shown as it lies in {one_line(run.source, 40)}; answer it there")
    elif run.status != "waiting":
        _refuse(screen, "Nothing waits for an answer")
    else:
        ask_in_thread(screen, lambda: store.runs.approvals(run.id), partial(_asked, screen, store, decision, then))


def _asked(
    screen: Screen[None], store: Store, decision: Decision, then: Callable[[], None], found: list[Approval]
) -> None:
    pending = next((one for one in found if one.status == "pending" and not one.answered), None)
    if pending is None:
        _refuse(screen, "It is answered already; the run takes it up")
        return
    word = "Approve" if decision == "approved" else "Reject"

    def noted(note: str | None) -> None:
        if note is not None:
            give(screen, store, pending, decision, note, then)

    title, warning = f"{word}: {one_line(pending.question, 200)}", partial(_unheard, screen, pending.run)
    screen.app.push_screen(Prompt(title, "a note, or nothing", may_be_empty=True, warning=warning), noted)


def _unheard(screen: Screen[None], run: str) -> str:
    """Why an answer that is being written may reach nobody, as far as the program knows by now; empty if it will."""
    pulse = pulse_of(screen)
    if pulse is None:
        return ""
    found = pulse.board.get(run)
    if found is not None and found.status == "lost":
        return NOBODY
    return "" if found is not None and found.status == "waiting" else "the run waits no more"


def give(
    node: DOMNode, store: Store, approval: Approval, decision: Decision, note: str, then: Callable[[], object]
) -> None:
    """Gives the answer in a thread and says so, and whether anybody may hear it; `then` when that is over, well or
    not."""

    def answer() -> bool:
        store.runs.decide(approval.run, approval.id, decision, by=who(), note=note)
        return store.runs.get(approval.run).status == "lost"

    def done(result: bool | FlightlogError) -> None:
        if isinstance(result, FlightlogError):
            node.post_message(Trouble(result))
        else:
            told = f"{decision}: {one_line(approval.question, 80)}"
            verb = "approve" if decision == "approved" else "reject"
            why = ("--note", note) if note else ()
            log_of(node).add((verb, approval.run, "--approval", approval.id, *why), told)
            heard = f"; {NOBODY}" if result else ""
            node.app.notify(told + heard, severity="warning" if heard else "information", markup=False)
        then()

    in_thread(node, answer, done)


def _refuse(screen: Screen[None], why: str) -> None:
    screen.notify(why, severity="warning", markup=False)
