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
from ..lines import one_line
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

    prompt = Prompt(f"{word}: {one_line(pending.question, 200)}", "a note, or nothing", may_be_empty=True)
    screen.app.push_screen(prompt, noted)


def give(
    node: DOMNode, store: Store, approval: Approval, decision: Decision, note: str, then: Callable[[], object]
) -> None:
    """Gives the answer in a thread and says so; `then` when that is over, well or not."""

    def answer() -> None:
        store.runs.decide(approval.run, approval.id, decision, by=who(), note=note)

    def done(result: FlightlogError | None) -> None:
        if isinstance(result, FlightlogError):
            node.post_message(Trouble(result))
        else:
            told = f"{decision}: {one_line(approval.question, 80)}"
            verb = "approve" if decision == "approved" else "reject"
            why = ("--note", note) if note else ()
            log_of(node).add((verb, approval.run, "--approval", approval.id, *why), told)
            node.app.notify(told, markup=False)
        then()

    in_thread(node, answer, done)


def _refuse(screen: Screen[None], why: str) -> None:
    screen.notify(why, severity="warning", markup=False)
