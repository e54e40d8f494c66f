"""The tab of place 5 in which a policy is written beside what it would do to every run."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import TextArea

from ...core.retention.live import LiveCatalogue
from ...core.retention.meant import Meant, meant
from ...core.retention.plan import ACTIONS, Action
from ...core.retention.policy_file import PolicyFile
from ...core.store import Store
from ..glyphs import glyphs_of
from ..hinting import may_change
from ..keys import bindings
from ..lines import Line, leading
from ..loading import SLOW, Loader, ask_in_thread
from ..messages import OpenRun
from ..operations.operations import operations_of
from ..personal.person import key_for
from ..retention.applying import question, work_of
from ..retention.plan_page import ORDERS, Shown, total_lines
from ..retention.plan_words import Stands, no_line, standing_lines
from ..retention.planning import MINUTE, Made, make, says_anything
from ..screens.prompt import Confirm
from ..screens.run_operations import begin_work, named
from .line_list import HeadLine, LineList, OneLine
from .plan_list import PlanList, Told
from .policy_editor import PolicyEditor
from .policy_writing import PolicyWriting

EVERY, REST = 1.0, 4.0
"""Seconds between two looks at what is new in a store that changes all the time, and at least so many times as long
as one took."""
QUICK = 0.1
"""Seconds that plans may take which are made at every key."""
PAUSE = 0.15
"""Seconds without a key after which others are made."""


class PlanTab(PolicyWriting):
    """Makes a plan of what is written as often as something changes: the text, the runs, their age."""

    BINDINGS = bindings("plan")

    class Retold(Message):
        """What is shown, or how the policy stands, has changed."""

    def __init__(self, store: Store, file: PolicyFile, *, id: str | None = None) -> None:
        super().__init__(store, file, id=id)
        self.live = LiveCatalogue(store)
        self.made = Made("")
        self.shown = Shown()
        self.opening = asyncio.Event()
        """Set when the first plan is there, or it is known that there is none: keys wait for that."""
        self._stopped = False
        self._timer: Timer | None = None
        self.reader: Loader[bool] = Loader(self, self._prepare_read, self._read, every=EVERY, rest=REST)
        self.planner: Loader[Made] = Loader(self, self._prepare_plan, self._planned, rest=REST, tell=self.tell)

    def compose(self) -> ComposeResult:
        lines = PlanList(id="plan-lines")
        with Vertical(id="policy-side"):
            yield PolicyEditor(id="policy-text")
            yield Told(self._standing, 5, id="policy-said")
        with Vertical(id="plan-side"):
            yield HeadLine(lines.head, id="plan-head")
            yield lines
            yield OneLine(self._detail, id="plan-detail")
            yield Told(self._totals, 4, id="plan-totals")

    def on_mount(self) -> None:
        self.filer.request()
        self.set_interval(0.1, self._tick)
        self.set_interval(MINUTE, self._older)
        self.set_interval(EVERY, self._try_again)

    def on_unmount(self) -> None:
        self._stopped = True

    @property
    def list(self) -> PlanList:
        """The runs."""
        return self.query_one(PlanList)

    # Reading.

    def look(self) -> None:
        """Something in the store may have changed. What this program itself does with runs is looked at when that is
        done: to plan time and again what goes next would take the time that it needs.
        """
        under_way = operations_of(self)
        if not (self.live.ready and under_way is not None and under_way.busy):
            self.reader.request()

    def refresh_all(self) -> None:
        """Looks at the store and at the policy's file again."""
        self.filer.request()
        self.reader.request(at_once=True)

    @property
    def _reads_runs_now(self) -> bool:
        """Whether a policy stands there, for which all runs are still to be read."""
        return not self.live.ready and says_anything(self.editor.text)

    def _prepare_read(self) -> Callable[[], bool]:
        # Where no policy asks for them, very many runs are not read for nothing, and not held.
        if not (self.live.ready or self._reads_runs_now):
            return self.live.count
        return partial(self.live.refresh, lambda: self._stopped)

    def _read(self, changed: bool) -> None:
        if changed:
            self.planner.request()
            self._show_empty()

    # Planning.

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self.editor.coloured()
        self.tell()
        if self._reads_runs_now:
            self.reader.request(at_once=True)
        if self._timer is not None:
            self._timer.stop()
        # Not by a short timer: one that is late on a busy machine never fires.
        if self.planner.took < QUICK:
            self.call_later(self.plan_now)
        else:
            self._timer = self.set_timer(PAUSE, self.plan_now)

    def plan_now(self) -> None:
        """A person waits for it: without the rest that is taken between plans of what changes by itself."""
        self.planner.request(at_once=True)

    def _prepare_plan(self) -> Callable[[], Made]:
        return partial(make, self.store, self.file, self.live, self.editor.text, self.shown, glyphs_of(self), self.made)

    def _planned(self, made: Made) -> None:
        before, self.made = self.made, made
        if made.page is not None and made.page is not before.page:
            self.list.show(made.page)
        self.editor.mark(made.mistake.line if made.mistake else None)
        self.tell()
        if made.text != self.editor.text or (made.page is not None and made.page.shown != self.shown):
            self.plan_now()
        elif self.written.file and (made.page is not None or made.found is None):
            self.opening.set()

    # Drawing.

    def tell(self) -> None:
        for told in self.query(Told):
            told.tell()
        self._show_empty()
        for line in self.query(OneLine):
            line.refresh()
        self.refresh_bindings()
        self.post_message(self.Retold())

    def _show_empty(self) -> None:
        self.list.show_empty(no_line(self.made, self.live, glyphs_of(self), key_for(self, "plan.show")))

    def _try_again(self) -> None:
        """What could not be read a moment ago, in a store that was locked say, is asked for once more."""
        if self.screen.is_current:
            if self._reads_runs_now and not self.reader.busy:
                self.reader.request()
            if self.made.text != self.editor.text and not self.planner.busy:
                self.planner.request()

    def _older(self) -> None:
        if self.screen.is_current:
            self.planner.request()

    def _tick(self) -> None:
        if self.made.page is None and self.screen.is_current:
            self._show_empty()

    def _totals(self, width: int) -> Sequence[Line]:
        made = self.made
        if made.page is None or made.found is None:
            what = "as it was before the mistake" if made.page is not None else ""
            return [[(what, "warn")]]
        if self.planner.seconds >= SLOW and made.text != self.editor.text:
            return [[("as it was before: the plan of what is written now is being made", "warn")]]
        return total_lines(made.page, made.found.policy, width, glyphs_of(self))

    def _standing(self, width: int) -> Sequence[Line]:
        text = self.editor.text
        keys = self._key("save"), self._key("revert")
        stands = Stands(self.written, text != self.saved, self.stale, self.store.read_only, *keys)
        return standing_lines(self.made if self.made.text == text else Made(text), stands, width)

    def _key(self, what: str) -> str:
        """A key that works where the person is, as it is written for them."""
        return key_for(self, f"{'policy' if self.screen.focused is self.editor else 'plan'}.{what}")

    def on_descendant_focus(self) -> None:
        self.query_one("#policy-said", Told).tell()

    def right_title(self) -> Line:
        """What of the plan is shown, for the line of the frame above it."""
        page, glyphs = self.made.page, glyphs_of(self)
        if page is None:
            return []
        order = self.shown.order
        arrow = glyphs.descending if order.descending else glyphs.ascending
        line: Line = [(leading(f" {len(page.lines):,}", "plan.show"), "text")]
        if self.shown.action is not None:
            line.append((leading(f" to {self.shown.action}", "plan.show"), "accent"))
        return [*line, (f" {glyphs.dot} ", "faint"), (leading(f"{order.name} {arrow} ", "plan.sort"), "muted")]

    def _detail(self, width: int) -> Line:
        """All that is to be said of the run under the cursor."""
        one, page = self.list.current, self.made.page
        return page.detail(one) if one is not None and page is not None else []

    def when_saved_policy(self) -> bool:
        """Whether there is a policy in force that could be applied."""
        made = self.made
        whole = made.mistake is None and made.found is not None and made.plan is not None
        return whole and not (self.changed or self.stale or made.text != self.saved)

    # What the person does.

    @on(LineList.Moved)
    def _moved(self) -> None:
        self.query_one("#plan-detail").refresh()

    @on(LineList.Chosen)
    def action_open(self) -> None:
        one = self.list.current
        if one is not None:
            self.post_message(OpenRun(one.run.id))

    def action_edit(self) -> None:
        self.editor.focus()

    @on(PolicyEditor.Leaving)
    def leave(self) -> None:
        """Goes back to the plan."""
        self.list.focus()

    def action_show(self) -> None:
        ways: list[Action | None] = [None, *(one for one in reversed(ACTIONS) if self._has(one))]
        place = ways.index(self.shown.action) if self.shown.action in ways else 0
        self._show(self.shown._replace(action=ways[(place + 1) % len(ways)]))

    def _has(self, action: Action) -> bool:
        return self.made.page is not None and self.made.page.sums[action].runs > 0

    def action_sort(self) -> None:
        names = [order.name for order in ORDERS]
        self._show(self.shown._replace(order=ORDERS[(names.index(self.shown.order.name) + 1) % len(ORDERS)]))

    @on(HeadLine.Picked)
    def _title_picked(self, message: HeadLine.Picked) -> None:
        """Sorts by the column; by the one that is on, the other way round."""
        title = message.title.lower()
        name = {"run": "newest", "ended": "newest"}.get(title, "reason" if title.startswith("what") else title)
        order = next((one for one in ORDERS if one.name == name), ORDERS[0])
        if order.name == self.shown.order.name:
            self.action_reverse()
        else:
            self._show(self.shown._replace(order=order))

    def action_reverse(self) -> None:
        order = self.shown.order
        self._show(self.shown._replace(order=order._replace(descending=not order.descending)))

    def _show(self, shown: Shown) -> None:
        self.shown = shown
        self.plan_now()

    def action_apply(self) -> None:
        made = self.made
        if not may_change(self, self.store):
            return
        if made.mistake is not None or made.found is None or made.plan is None:
            self._tell_off(str(made.mistake) if made.mistake else "there is no policy that could be applied")
        elif self.changed or self.stale or made.text != self.saved:
            self._tell_off(f"the policy is not saved: {self._key('save')} saves it, then it may be applied")
        else:
            job = partial(meant, self.store, made.plan)
            ask_in_thread(self, job, self._ask_to_apply)

    def _tell_off(self, why: str) -> None:
        self.app.notify(why, severity="warning", markup=False)

    @work
    async def _ask_to_apply(self, found: Meant) -> None:
        every = self.made.found.every if self.made.found else 0.0
        if await self.app.push_screen_wait(Confirm(*question(found, every))) and await named(self.app, found.emptied):
            begin_work(self.screen, work_of(self.store, found))
