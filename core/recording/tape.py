"""What all recorders of one run share: its writer, its steps, where its states stand, whether it is over."""

import logging
import os
import threading
from typing import TYPE_CHECKING

from ..events import (
    ApprovalDecided,
    ApprovalRequested,
    CheckpointSaved,
    CostPriced,
    CostRecorded,
    Fault,
    FinishedStatus,
    ItemChanged,
    ItemStatus,
    RunFinished,
    RunPaused,
    RunStarted,
    StepEnd,
    StepFinished,
)
from ..forking import inherited
from ..repositories import RunWriter
from .disabled import NullWriter
from .pricing import Pricing
from .step_book import StepBook
from .version_check import check_version

if TYPE_CHECKING:
    from ..store import Store

log = logging.getLogger("flightlog.recorder")

LEARNED = frozenset(
    {"run.started", "graph.declared", "step.started", "step.finished", "checkpoint", "cost", "cost.priced", "item"}
    | {"approval.requested", "approval.decided"}
)
"""Types of events that a recorder must know of to go on with a run."""


class Tape:
    """The state of a run while it is recorded. Thread-safe."""

    def __init__(self, store: "Store", writer: RunWriter) -> None:
        self.store = store
        self.writer = writer
        self.run = writer.run
        self.append = writer.append
        self.is_recording = not isinstance(writer, NullWriter)
        self.steps = StepBook()
        self.pricing = Pricing(writer.append, store.prices)
        self.lock = threading.RLock()
        self.last_checkpoint: str | None = None
        self.asked: dict[str, str] = {}
        """Undecided approval → its question."""
        self.left: dict[str, str] = {}
        """Question → its undecided approval that nobody waits for: asked again, the question takes it up."""
        self.rows: dict[int, tuple[int, ItemStatus]] = {}
        """Row number → attempts so far and status, of rows that are not done."""
        self.is_over = False
        self._pid = os.getpid()
        inherited(self)

    def in_child(self) -> None:
        """Nobody holds its locks or looks its prices up, so that who records is refused at once."""
        self.lock = threading.RLock()
        self.steps.in_child()
        self.pricing.in_child()

    @property
    def is_forked(self) -> bool:
        """Whether this is a forked child's copy, by which nothing can be recorded."""
        return os.getpid() != self._pid

    def __del__(self) -> None:
        """Of a run that was forgotten its program is told, while its programmer looks."""
        if getattr(self, "is_over", True) or not self.is_recording or self.is_forked:
            return
        log.warning(
            "run %s was left without an end, and is shown as lost; use `with store.run(…)`, or call its finish()",
            self.run,
        )

    def learn(self) -> None:
        """Takes in what was recorded before the run was taken up again, and closes what was left open."""
        unpriced: dict[int, CostRecorded] = {}
        for event in self.writer.history(LEARNED):
            self.steps.learn(event)
            if isinstance(event, CheckpointSaved):
                self.last_checkpoint = event.checkpoint
            elif isinstance(event, CostRecorded) and event.nanousd is None:
                unpriced[event.seq] = event
            elif isinstance(event, CostPriced):
                unpriced.pop(event.cost, None)
            elif isinstance(event, ApprovalRequested):
                self.asked[event.approval] = event.question
            elif isinstance(event, ApprovalDecided):
                self.asked.pop(event.approval, None)
            elif isinstance(event, ItemChanged):
                self.note_row(event)
            elif isinstance(event, RunStarted):
                check_version(self, event)
        self.left = {question: approval for approval, question in self.asked.items()}
        for cost in unpriced.values():
            self.pricing.add(cost)
        self.close_steps("failed", Fault(type="Interrupted", message="the run was left before the step ended"))

    def let_go(self) -> None:
        """Leaves a run that could not be begun or taken up."""
        self.is_over = True
        self.writer.close()

    def note_row(self, item: ItemChanged) -> None:
        """Remembers the attempts of a row until it is done."""
        if item.status in ("completed", "skipped"):
            self.rows.pop(item.row_number, None)
        else:
            self.rows[item.row_number] = (item.attempt, item.status)

    def close_steps(self, status: StepEnd, fault: Fault | None) -> None:
        """Ends all open steps, inner ones first."""
        for step in self.steps.open():
            if self.steps.end(step, status):
                self.append(StepFinished(step=step, status=status, error=fault))

    def finish(self, status: FinishedStatus, fault: Fault | None) -> None:
        """Closes what is open, appends the last event and lets go of the run; does nothing the second time."""
        with self.lock:
            if self.is_over:
                return
            self.is_over = True
            try:
                self._close_all(status, fault)
                self.append(RunFinished(status=status, error=fault))
            finally:
                self.writer.close()

    def _close_all(self, status: FinishedStatus, fault: Fault | None) -> None:
        while self.asked:
            approval, _ = self.asked.popitem()
            self.append(ApprovalDecided(approval=approval, decision="expired", note="the run ended"))
        if status == "completed":
            self.close_steps("completed", None)
        else:
            why = Fault(type=fault.type, message=fault.message) if fault else Fault(message=f"the run was {status}")
            self.close_steps("failed", why)
        for step in self.steps.pending():
            if self.steps.end(step, "skipped"):
                self.append(StepFinished(step=step, status="skipped"))

    def pause(self, reason: str) -> None:
        """Lets go of the run so that somebody may take it up; its open steps stay as they are."""
        with self.lock:
            self.append(RunPaused(reason=reason))
            self.is_over = True
            self.steps.forget_open()
            self.writer.close()
