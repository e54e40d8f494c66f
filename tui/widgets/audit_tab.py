"""The audit trail as a tab: who did what, and when, to which runs."""

from collections.abc import Hashable, Sequence

from textual import on

from ...core.audit import Act
from ...core.operations import REVERSIBLE
from ...core.pages import Page
from .. import format
from ..glyphs import glyphs_of
from ..keys import bindings
from ..lines import Line, one_line
from ..messages import OpenRun
from ..screens.run_operations import undo
from .line_list import LineList
from .list_tab import ListTab, Table


class AuditTab(ListTab[Act]):
    """Operations and acts, the newest first."""

    BINDINGS = bindings("audit")
    TABLE = Table(("When", "By", "Did", "To", "What"), "lllll", 4, (1,), {1: 14, 3: 30})

    def read(self, limit: int, after: str | None) -> Page[Act]:
        return self.store.audit(limit=limit, after=after)

    def cells_of(self, one: Act) -> list[str]:
        dash = glyphs_of(self).dash
        told = (one.detail, one.note) if one.operation else (one.what, one.detail, one.note)
        what = ": ".join(one_line(part, 120) for part in told if part)
        return [format.clock(one.t), one_line(one.by, 40) or dash, one.action, self._to(one), what]

    def _to(self, one: Act) -> str:
        if one.run:
            return format.short_id(one_line(one.run, 60), glyphs_of(self))
        if one.workflow:
            return f"{one_line(one.workflow, 60)}@{one.version}"
        return one_line(one.what, 40) or glyphs_of(self).dash

    def inks_of(self, one: Act) -> list[str]:
        return ["muted", "text", _INKS.get(one.action, "text"), "text", "muted"]

    def key_of(self, one: Act) -> Hashable:
        return one.t, one.operation, one.id, one.run, one.action

    def detail_of(self, one: Act) -> Line:
        line: Line = [(format.moment(one.t), "text"), (f" {one_line(one.by, 60)} ", "strong")]
        line += [(one.action, _INKS.get(one.action, "text"))]
        for part in (one.run, one.what, one.detail, one.note):
            if part:
                line.append((f" {glyphs_of(self).dot} {one_line(part, 200)}", "text"))
        return line

    def empty_lines(self) -> Sequence[Line]:
        return [
            [("Nothing was done to any run yet", "strong")],
            [("who pins, tags, archives or removes one is told here", "muted")],
        ]

    def when_reversible(self) -> bool:
        """Whether what is under the cursor is an operation of a kind that can be taken back."""
        return self.rows.current is not None and self.rows.current.action in REVERSIBLE

    @on(LineList.Chosen)
    def action_open(self) -> None:
        """To the runs of an operation, or to the run."""
        one = self.chosen
        if one is not None and one.operation:
            from ..screens.operation import OperationScreen

            self.app.push_screen(OperationScreen(self.store, one.operation))
        elif one is not None and one.run:
            self.post_message(OpenRun(one.run))

    def action_take_back(self) -> None:
        """Takes back the operation under the cursor."""
        one = self.chosen
        if one is not None and one.operation:
            undo(self.screen, self.store, one.operation)
        elif one is not None:
            self.app.notify("only what was done with runs can be taken back here", markup=False)


_INKS = {"purge": "bad", "trash": "bad", "archive": "warn", "restore": "good", "undo": "good", "delete": "bad"}
