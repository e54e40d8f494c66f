"""What lies in the trash as a tab: until when, and back from there or gone for good."""

import shlex
from collections.abc import Hashable, Iterator, Sequence

from textual import on, work

from ...core import clock
from ...core.operations import Done, Trashed, new_order
from ...core.pages import Page, each
from ...core.progress import counted
from ...core.signing import who
from ...core.store import Store
from ...core.units import seconds_of
from .. import format
from ..glyphs import glyphs_of
from ..hinting import may_change
from ..keys import bindings
from ..lines import Line, one_line
from ..operations.operations import Work, jobs_of
from ..personal.person import key_for
from ..screens.prompt import Confirm
from ..screens.run_operations import begin_work, undo
from .line_list import LineList
from .list_tab import ListTab, Table


class TrashTab(ListTab[Trashed]):
    """The newest first; what leaves it when, as the policy says."""

    BINDINGS = bindings("trash")
    TABLE = Table(
        ("", "Run", "Workflow", "Deleted", "Left", "Size", "By", "Rule, or operation"),
        "llllrrll",
        7,
        (6, 3, 2),
        {1: 26, 2: 22, 6: 12},
    )

    def __init__(self, store: Store, *, id: str | None = None) -> None:
        super().__init__(store, id=id)
        self.trash_for: float | None = None
        """Seconds that a run lies here, as the policy that is saved says; None if there is none."""

    def keep_for(self, span: str) -> None:
        """The policy says how long a run lies here; empty if there is none."""
        seconds = seconds_of(span) if span else None
        if seconds != self.trash_for:
            self.trash_for = seconds
            self.rows.redraw()

    def read(self, limit: int, after: str | None) -> Page[Trashed]:
        return self.store.upkeep.trashed(limit=limit, after=after)

    def cells_of(self, one: Trashed) -> list[str]:
        glyphs = glyphs_of(self)
        version = "" if one.version is None else f"@{one.version}"
        return [
            glyphs.archived if one.archived else glyphs.status(one.status),
            one_line(one.name or format.short_id(one.run, glyphs), 80),
            f"{one_line(one.workflow, 60)}{version}",
            format.clock(one.at, short=True),
            self._left(one),
            format.size(one.size_bytes),
            one_line(one.by, 40) or glyphs.dash,
            one_line(one.rule or one.operation, 80),
        ]

    def _left(self, one: Trashed) -> str:
        """How long it still lies here."""
        if self.trash_for is None:
            return glyphs_of(self).dash
        try:
            left = clock.to_seconds(one.at) + self.trash_for - clock.now_s()
        except ValueError:
            return format.UNKNOWN
        return format.age(left) if left > 0 else "over"

    def inks_of(self, one: Trashed) -> list[str]:
        left = "warn" if self._left(one) == "over" else "text"
        return ["muted", "text", "text", "muted", left, "text", "muted", "muted"]

    def key_of(self, one: Trashed) -> Hashable:
        return one.run

    def detail_of(self, one: Trashed) -> Line:
        by = f" by {one_line(one.by, 60)}" if one.by else ""
        left = self._left(one)
        when = "it leaves with the next clean-up" if left == "over" else f"{left} until it is removed for good"
        if self.trash_for is None:
            when = "it stays until somebody empties the trash"
        return [
            (one_line(one.run, 60), "text"),
            (f" deleted {format.moment(one.at)}{by}", "muted"),
            (f" {glyphs_of(self).dot} {when}", "text"),
        ]

    def empty_lines(self) -> Sequence[Line]:
        key = key_for(self, "retention.undo")
        return [
            [("The trash is empty", "strong")],
            [(f"what is deleted lies here until it is removed for good, and {key} takes it back", "muted")],
        ]

    # What the person does.

    @on(LineList.Chosen)
    def action_open(self) -> None:
        """To the operation that put the run here."""
        one = self.chosen
        if one is not None:
            from ..screens.operation import OperationScreen

            self.app.push_screen(OperationScreen(self.store, one.operation))

    def action_take_back(self) -> None:
        """Takes back the operation that put the run here."""
        one = self.chosen
        if one is not None:
            undo(self.screen, self.store, one.operation)

    def action_purge(self) -> None:
        one = self.chosen
        if one is not None and may_change(self, self.store):
            self._ask_to_purge((one,), (one.run,))

    def action_empty_trash(self) -> None:
        if self.chosen is None or not may_change(self, self.store):
            return
        store = self.store

        def found(items: tuple[Trashed, ...]) -> None:
            if items:
                self._ask_to_purge(items, ())

        def look() -> tuple[Trashed, ...]:
            return tuple(counted(each(lambda after: store.upkeep.trashed(limit=1000, after=after)), 0))

        jobs_of(self).begin(self, "looking at the trash", look, found)

    @work
    async def _ask_to_purge(self, items: tuple[Trashed, ...], named: tuple[str, ...]) -> None:
        words = ("trash", "empty", *named, "--yes")
        store, order = self.store, new_order(by=who(), why=shlex.join(("flightlog", *words)))
        ids, before = {one.run for one in items}, _just_after(max(one.at for one in items))
        size = format.size(sum(one.size_bytes for one in items))
        what = f"Remove {format.plural(len(items), 'run')} ({size}) for good?"
        if not await self.app.push_screen_wait(Confirm(what, "From every copy there is: nothing takes this back.")):
            return

        def begin() -> Iterator[Done]:
            return store.upkeep.purge(order, before=before, runs=ids)

        begin_work(self.screen, Work("removing", "removed for good", len(items), begin, words=words))


def _just_after(moment: str) -> str:
    return clock.from_seconds(clock.to_seconds(moment) + 0.000002)
