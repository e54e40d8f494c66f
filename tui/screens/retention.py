"""Place 5, Retention: the policy and what it would do to every run, the archive, the trash and the audit trail."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical

from ...core import clock
from ...core.feed import Watch
from ...core.runs import Totals
from ...core.store import Store
from ...core.upkeep import Removal
from ..cycle import after
from ..hinting import hint
from ..keys import bindings
from ..lines import Line
from ..loading import Loader
from ..messages import BudgetsLooked, OperationEnded, PolicyLooked, StoreChanged
from ..personal.leaving import one_of
from ..personal.person import key_for
from ..retention.retaining import retaining_of
from ..widgets.archive_tab import ArchiveTab
from ..widgets.audit_tab import AuditTab
from ..widgets.empty import Empty, no_retention
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import LineList
from ..widgets.list_tab import ListTab
from ..widgets.place_line import PlaceLine
from ..widgets.plan_tab import PlanTab
from ..widgets.policy_editor import PolicyEditor
from ..widgets.retention_tabs import TABS, RetentionTabs
from ..widgets.store_header import StoreHeader
from ..widgets.trash_tab import TrashTab
from .place import PlaceScreen
from .run_operations import undo

NARROW = 100
"""Columns under which it is told in few words when the policy acts."""


class Counted(NamedTuple):
    """What one reading brought for the header."""

    cursor: int
    totals: Totals


class RetentionScreen(PlaceScreen):
    """The frame round the tabs; each tab reads for itself, and only while it is looked at."""

    BINDINGS = bindings("retention", "place")
    CSS_PATH = "../styles/retention.tcss"
    AUTO_FOCUS = "PlanList"
    AT_ONCE = ("retention.", "place.", "plan.edit", "plan.save", "plan.revert")
    """Rows of the table of keys that need not wait for a plan of very many runs."""

    def __init__(self, store: Store, watching: Watch) -> None:
        super().__init__(store, watching)
        self.tab = "plan"
        self._composed = asyncio.Event()
        self.loader: Loader[Counted] = Loader(self, self._prepare, self._counted, every=1.0)
        self._removals: Sequence[Removal] = ()
        self._others: Loader[Sequence[Removal]] = Loader(self, self._ask_others, self._others_told, every=10.0)

    @property
    def PLACES(self) -> tuple[str, ...]:
        """Places of the table of keys that work here."""
        if isinstance(self.focused, PolicyEditor):
            return ("policy", "app")
        if self.tab == "plan" and self.store.policy_file is None:
            return ("retention", "place", "moves", "app")
        return (self.tab, "retention", "place", "moves", "app")

    def compose(self) -> ComposeResult:
        yield StoreHeader(self._header)
        yield PlaceLine("retention", self._by_itself, id="list-top")
        yield RetentionTabs(lambda: self.tab, self._right, id="retention-tabs")
        with Vertical(id="retention-body"):
            if self.store.policy_file is not None:
                yield PlanTab(self.store, self.store.policy_file, id="plan")
            else:
                yield Empty()
            yield ArchiveTab(self.store, id="archive")
            yield TrashTab(self.store, id="trash")
            yield AuditTab(self.store, id="audit")
        yield KeyBar("plan", "retention")

    @property
    def plan(self) -> PlanTab | None:
        """The policy and its plan; None where there can be none."""
        return next(iter(self.query(PlanTab)), None)

    @property
    def opening(self) -> asyncio.Event | None:
        """There until what the tab in sight lists was read: keys wait for that."""
        if not self._composed.is_set():
            return self._composed
        in_sight = next((tab for tab in self.lists if tab.id == self.tab), self.plan)
        return None if in_sight is None else in_sight.opening

    @property
    def lists(self) -> list[ListTab[Any]]:
        """The other tabs."""
        return [self.query_one(ArchiveTab), self.query_one(TrashTab), self.query_one(AuditTab)]

    def on_mount(self) -> None:
        self._composed.set()
        self._show_tab()

    def left(self) -> dict[str, Any]:
        """The tab."""
        return {"tab": self.tab}

    def take_up(self, kept: dict[str, Any]) -> None:
        """Is as it was left."""
        self.tab = one_of(kept.get("tab"), TABS) or self.tab

    def show_taken(self) -> None:
        """Shows what it has taken up while it was on screen already."""
        self.action_tab(self.tab)

    # Reading.

    def on_screen_resume(self) -> None:
        # Behind the frame: what is read in a thread, of all runs at first, would only keep it waiting.
        self.call_after_refresh(self.action_refresh)

    def on_store_changed(self, message: StoreChanged) -> None:
        if self.is_current:
            self._look()

    def on_operation_ended(self, message: OperationEnded) -> None:
        self._look()
        self._look_at_policy()

    def _look_at_policy(self) -> None:
        if (retaining := retaining_of(self)) is not None:
            retaining.look()

    def on_policy_looked(self, message: PolicyLooked) -> None:
        self.query_one("#list-top", PlaceLine).update()

    def _look(self) -> None:
        self.loader.request()
        self._others.request()
        if self.plan is not None:
            self.plan.look()
        for tab in self.lists:
            tab.look()

    def action_refresh(self) -> None:
        """Reads everything again."""
        self._look()
        if self.plan is not None:
            self.plan.refresh_all()
            self._look_at_policy()

    def _prepare(self) -> Callable[[], Counted]:
        store = self.store
        return lambda: Counted(store.feed.cursor(), store.runs.totals())

    def _counted(self, found: Counted) -> None:
        self._note(found)
        self.query_one("#header").refresh()

    def _ask_others(self) -> Callable[[], Sequence[Removal]] | None:
        return None if self.plan is not None else self.store.upkeep.removals

    def _others_told(self, found: Sequence[Removal]) -> None:
        self._removals = found
        self._show_empty()

    # Drawing.

    def _show_tab(self) -> None:
        for name in TABS:
            for part in self.query(f"#{name}"):
                part.display = name == self.tab
        self._show_empty()
        self._told()
        self._show_keys()

    def _show_empty(self) -> None:
        for empty in self.query("#retention-body > Empty").results(Empty):
            empty.show(no_retention(self._removals, clock.now_s()) if self.tab == "plan" else [])

    @on(PlanTab.Saved)
    def _saved(self) -> None:
        self._look_at_policy()

    @on(PlanTab.Retold)
    def _retold(self) -> None:
        if self.plan is not None and not self.plan.changed:
            found = self.plan.made.found
            self.query_one(TrashTab).keep_for(found.policy.trash_for if found is not None else "")
        self._told()

    def _told(self) -> None:
        self.query_one("#retention-tabs", RetentionTabs).update()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._show_keys()

    def _show_keys(self) -> None:
        bar, places = self.query_one(KeyBar), tuple(one for one in self.PLACES[:2] if one not in ("app", "place"))
        if bar.places != places:
            bar.places = places
            bar.refresh()

    def on_budgets_looked(self, message: BudgetsLooked) -> None:
        self.query_one("#header").refresh()

    def _tick(self) -> None:
        super()._tick()
        if self.is_current:
            self.query_one("#list-top", PlaceLine).update()

    def _by_itself(self) -> Line:
        retaining = retaining_of(self)
        return retaining.line(short=self.size.width < NARROW) if retaining is not None else []

    def _right(self) -> Line:
        if self.tab == "plan":
            return self.plan.right_title() if self.plan is not None else []
        return next((tab.right_title() for tab in self.lists if tab.id == self.tab), [])

    # What the person does.

    def action_tab(self, name: str) -> None:
        self.tab = name
        self._show_tab()
        for tab in self.lists:
            if tab.id == name:
                tab.look()
        lines = list(self.query(f"#{name} LineList").results(LineList))
        self.set_focus(lines[0] if lines else None)
        self._show_keys()

    def action_next_tab(self, step: int) -> None:
        self.action_tab(after(self.tab, TABS, step))

    def action_pause(self) -> None:
        retaining = retaining_of(self)
        if retaining is None or not retaining.look_now.every:
            hint(self, "the policy does nothing by itself")
        else:
            retaining.pause()
            until = f"until {key_for(self, 'retention.pause')} is pressed again"
            what = f"the policy does nothing by itself {until}" if retaining.paused else "it goes on"
            self.app.notify(what, markup=False)

    def action_undo(self) -> None:
        undo(self, self.store)

    def action_back(self) -> None:
        """Takes the filter of the archive off, goes back to the plan, then steps out to the runs."""
        if self.tab == "archive" and self.query_one(ArchiveTab).clear_filter():
            return
        if self.tab != "plan":
            self.action_tab("plan")
        else:
            self.app.pop_screen()
