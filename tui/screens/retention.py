"""Place 5, Retention: the policy and what it would do to every run, the archive, the trash and the audit trail."""

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from ...core import clock
from ...core.feed import Watch
from ...core.runs import Totals
from ...core.store import Store
from ..budget_lines import warning
from ..glyphs import glyphs_of
from ..keys import bindings
from ..lines import Line
from ..loading import Loader
from ..messages import BudgetsLooked, StoreChanged
from ..operations import busy_line
from ..standings import standings_of
from ..widgets.empty import Empty, no_retention
from ..widgets.header import Facts, header_line
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import OneLine
from ..widgets.place_line import PlaceLine
from ..widgets.plan_tab import PlanTab
from ..widgets.policy_editor import PolicyEditor


class RetentionScreen(Screen[None]):
    """The frame round the tabs; each tab reads for itself, and only while it is looked at."""

    BINDINGS = bindings("place")
    CSS_PATH = "../styles/retention.tcss"
    AUTO_FOCUS = "PlanList"

    def __init__(self, store: Store, watching: Watch) -> None:
        super().__init__()
        self.store, self.watching = store, watching
        self.tab = "plan"
        self._totals: Totals | None = None
        self._changed: float | None = None
        self.counter: Loader[Totals] = Loader(self, lambda: self.store.runs.totals, self._counted, every=1.0)

    @property
    def PLACES(self) -> tuple[str, ...]:
        """Places of the table of keys that work here."""
        inner = "policy" if isinstance(self.focused, PolicyEditor) else self.tab
        return (inner, "place", "moves", "app")

    def compose(self) -> ComposeResult:
        yield OneLine(self._header, id="header")
        yield PlaceLine("retention", lambda: self.plan.right_title() if self.plan else [], id="list-top")
        with Vertical(id="retention-body"):
            if self.store.policy_file is not None:
                yield PlanTab(self.store, self.store.policy_file, id="plan")
            else:
                yield Empty()
        yield KeyBar("plan")

    @property
    def plan(self) -> PlanTab | None:
        """The policy and its plan; None where there can be none."""
        return next(iter(self.query(PlanTab)), None)

    def on_mount(self) -> None:
        self.query_one(KeyBar).read_only = self.store.read_only
        if self.plan is None:
            self.query_one(Empty).show(no_retention())
        self.set_interval(1.0, self._tick)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        bar = self.query_one(KeyBar)
        if bar.places != self.PLACES[:1]:
            bar.places = self.PLACES[:1]
            bar.refresh()

    # Reading.

    def on_screen_resume(self) -> None:
        self.counter.request()
        if self.plan is not None:
            self.plan.refresh_all()

    def on_store_changed(self, message: StoreChanged) -> None:
        self._changed = clock.now_s()
        if self.is_current:
            self.counter.request()
            if self.plan is not None:
                self.plan.look()

    def _counted(self, found: Totals) -> None:
        self._totals = found
        self.query_one("#header").refresh()

    @on(PlanTab.Retold)
    def _retold(self) -> None:
        self.query_one("#list-top", PlaceLine).update()

    def action_refresh(self) -> None:
        """Reads everything again."""
        if self.plan is not None:
            self.plan.refresh_all()

    # Drawing.

    def on_budgets_looked(self, message: BudgetsLooked) -> None:
        self.query_one("#header").refresh()

    def _tick(self) -> None:
        if self.is_current:
            self.query_one("#header").refresh()

    def _header(self, width: int) -> Line:
        facts = Facts(
            name=self.store.name,
            totals=self._totals,
            mode=self.watching.mode,
            quiet=None if self._changed is None else clock.now_s() - self._changed,
            problem=self.watching.problem,
            read_only=self.store.read_only,
            busy=busy_line(self),
            budget=warning(standings_of(self), glyphs_of(self)),
        )
        return header_line(facts, width, glyphs_of(self))

    def action_back(self) -> None:
        self.app.pop_screen()
