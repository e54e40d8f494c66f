"""Asking a person, and waiting for the answer that somebody gives from another process."""

import logging
import threading
import time
from typing import Any, NamedTuple

from .. import clock
from ..errors import StorageError
from ..events import ApprovalDecided, ApprovalRequested, Decision
from ..ids import new_ulid
from .tape import Tape

log = logging.getLogger("flightlog.recorder")

POLL_S = 0.25
"""Seconds between two looks for an answer; a look costs a `stat`."""


class Question(NamedTuple):
    """What is asked, and from where."""

    text: str
    timeout: float | None
    """Seconds to wait; None waits for ever."""
    step: str | None
    details: dict[str, Any]


def ask(tape: Tape, question: Question, stop: threading.Event) -> Decision | None:
    """Records the question, waits, records the answer and returns it; None when `stop` was set first."""
    until = None if question.timeout is None else time.monotonic() + question.timeout
    approval = _requested(tape, question)
    decision: Decision | None = None
    try:
        decision = _wait(tape, approval, until, stop)
    finally:
        if decision is None:
            # Nobody waits any more, but the question stands: asked again, it takes this approval up.
            with tape.lock:
                tape.left[question.text] = approval
    return decision


def _requested(tape: Tape, question: Question) -> str:
    with tape.lock:
        left = tape.left.pop(question.text, None)
        if left in tape.asked:
            return left
        expires = None if question.timeout is None else clock.from_seconds(clock.now_s() + question.timeout)
        asked = ApprovalRequested(
            approval=new_ulid(), question=question.text, step=question.step, expires=expires, details=question.details
        )
        tape.append(asked)
        tape.asked[asked.approval] = asked.question
        return asked.approval


def _wait(tape: Tape, approval: str, until: float | None, stop: threading.Event) -> Decision | None:
    while True:
        answer = _look(tape, approval)
        if answer:
            return _decide(tape, approval, *answer)
        rest = POLL_S if until is None else min(POLL_S, until - time.monotonic())
        if rest <= 0:
            return _decide(tape, approval, "expired", "", "nobody answered in time")
        if stop.wait(rest):
            return None


def _decide(tape: Tape, approval: str, decision: Decision, by: str, note: str) -> Decision:
    with tape.lock:
        if tape.asked.pop(approval, None) is None:
            return "expired"  # The run ended while this thread waited, and closed the question.
        tape.append(ApprovalDecided(approval=approval, decision=decision, by=by, note=note))
        return decision


def _look(tape: Tape, approval: str) -> tuple[Decision, str, str] | None:
    try:
        return tape.store.recording.answer(tape.run, approval)
    except StorageError as error:
        # A store that is away for a while may come back with the answer.
        log.warning("run %s: no look at the answers: %s", tape.run, error)
        return None
