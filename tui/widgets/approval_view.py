"""The approvals tab: what waits for a person, answered right here."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from ...core import clock
from ...core.events import Decision
from ...core.runs import FINISHED, Approval, Run
from ...core.store import Store
from ..facts import Lesson, teach
from ..keys import bindings
from ..lines import Line, one_line
from ..parts.answering import give
from ..parts.approval_nodes import answer_line, approval_nodes
from ..personal.person import key_for
from ..trees.nodes import Node
from .line_list import OneLine
from .page_tab import PageTab, step_names
from .tree_view import TreeView

EMPTY = Lesson(
    "Nothing was asked",
    "A run that asks waits until somebody answers: here, by `flightlog approve`, or from another program.",
    'if run.approve("Send 14 mails?", timeout=600):\n    send()',
    "approvals",
)


class Asked(NamedTuple):
    """What was read."""

    approvals: list[Approval]
    names: dict[str, str]


class ApprovalTab(PageTab):
    """Questions and answers."""

    PLACE = "approvals"
    BINDINGS = bindings("approvals")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._store: Store | None = None
        self._answering: tuple[Approval, Decision] | None = None

    def compose(self) -> ComposeResult:
        yield TreeView()
        yield OneLine(self._ask, id="answer-head")
        yield Input(placeholder="a note, or nothing; enter answers, esc does not", id="answer-note", compact=True)

    def read(self, store: Store, run: Run) -> Asked:
        self._store = store
        approvals = store.runs.approvals(run.id)
        known = self.found.names if self.found else {}
        return Asked(approvals, step_names(store, run, known, [one.step for one in approvals]))

    def nodes(self, run: Run, found: Asked) -> Sequence[Node]:
        if not found.approvals:
            return teach(EMPTY, run)
        keys = key_for(self, "approvals.approve"), key_for(self, "approvals.reject")
        answer = answer_line(self._why_not(run), *keys, lost=run.status == "lost")
        return approval_nodes(found.approvals, found.names, clock.now_s(), self.glyphs, answer)

    def tick(self) -> None:
        self.draw_again()

    def _why_not(self, run: Run) -> str:
        """Why nobody can answer here; empty if one can."""
        if run.source:
            return f"shown as it lies in {one_line(run.source, 40)}; answer it there"
        if self._store is not None and self._store.read_only:
            return "this store is opened read-only: nothing can be answered here"
        return "the run is finished and waits no more" if run.status in FINISHED else ""

    @property
    def pending(self) -> Approval | None:
        """The waiting approval under the cursor, else the first one that waits."""
        found = self.found.approvals if self.found else ()
        waiting = [one for one in found if one.status == "pending" and not one.answered]
        row = self.lines.current
        first = row.path.first if row else None
        here = first[0] if isinstance(first, tuple) else first
        return next((one for one in waiting if one.id == here), waiting[0] if waiting else None)

    def when_waiting(self) -> bool:
        """Whether something waits for an answer that can be given here."""
        return self.run is not None and self.pending is not None and not self._why_not(self.run)

    def action_answer(self, decision: Decision) -> None:
        pending = self.pending
        if self.run is None or pending is None:
            self.notify("Nothing waits for an answer", markup=False)
            return
        why = self._why_not(self.run)
        if why:
            self.notify(why[0].upper() + why[1:], severity="warning", markup=False)
            return
        self._answering = (pending, decision)
        self.add_class("answering")
        self.query_one("#answer-head").refresh()
        self.query_one(Input).value = ""
        self.query_one(Input).focus()

    def _ask(self, width: int) -> Line:
        if self._answering is None:
            return []
        approval, decision = self._answering
        word = ("approve", "good") if decision == "approved" else ("reject", "bad")
        return [word, ("  ", "text"), (one_line(approval.question, 200), "strong")]

    @on(Input.Submitted)
    def decide(self, message: Input.Submitted) -> None:
        """Gives the answer."""
        if self._answering is None or self._store is None:
            return
        (approval, decision), store, note = self._answering, self._store, message.value.strip()
        self.back()

        give(self, store, approval, decision, note, lambda: self.post_message(self.Reread()))

    def back(self) -> bool:
        if self._answering is None:
            return False
        self._answering = None
        self.remove_class("answering")
        self.lines.focus()
        return True
