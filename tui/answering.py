"""Answering what a run waits for, from wherever a person sees the question."""

import getpass
from collections.abc import Callable
from functools import partial

from textual.screen import Screen

from ..core.errors import FlightlogError
from ..core.events import Decision
from ..core.runs import Approval, Run
from ..core.store import Store
from .command_log import log_of
from .lines import one_line
from .loading import in_thread
from .messages import Trouble
from .screens.prompt import Prompt


def ask(screen: Screen[None], store: Store, run: Run, decision: Decision, then: Callable[[], None]) -> None:
    """Asks for a note on the oldest question that a run waits with, and gives the answer; `then` when it is given."""
    if run.source:
        _refuse(screen, f"Shown as it lies in {one_line(run.source, 40)}; answer it there")
    elif run.status != "waiting":
        _refuse(screen, "Nothing waits for an answer")
    else:
        in_thread(screen, lambda: store.runs.approvals(run.id), partial(_asked, screen, store, decision, then))


def _asked(
    screen: Screen[None],
    store: Store,
    decision: Decision,
    then: Callable[[], None],
    found: list[Approval] | FlightlogError,
) -> None:
    if isinstance(found, FlightlogError):
        screen.post_message(Trouble(found))
        return
    pending = next((one for one in found if one.status == "pending" and not one.answered), None)
    if pending is None:
        _refuse(screen, "It is answered already; the run takes it up")
        return
    word = "Approve" if decision == "approved" else "Reject"
    prompt = Prompt(f"{word}: {one_line(pending.question, 200)}", "a note, or nothing", may_be_empty=True)
    screen.app.push_screen(prompt, partial(_noted, screen, store, pending, decision, then))


def _noted(
    screen: Screen[None],
    store: Store,
    pending: Approval,
    decision: Decision,
    then: Callable[[], None],
    note: str | None,
) -> None:
    if note is None:
        return

    def answer() -> None:
        store.runs.decide(pending.run, pending.id, decision, by=getpass.getuser(), note=note)

    def done(result: FlightlogError | None) -> None:
        if isinstance(result, FlightlogError):
            screen.post_message(Trouble(result))
        else:
            told = f"{decision}: {one_line(pending.question, 80)}"
            verb = "approve" if decision == "approved" else "reject"
            why = ("--note", note) if note else ()
            log_of(screen).add((verb, pending.run, "--approval", pending.id, *why), told)
            screen.notify(told, markup=False)
        then()

    in_thread(screen, answer, done)


def _refuse(screen: Screen[None], why: str) -> None:
    screen.notify(why, severity="warning", markup=False)
