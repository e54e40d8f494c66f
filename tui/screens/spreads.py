"""Two versions of a workflow over all their runs."""

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from ...core.comparing.spreads import TwoVersions, two_versions
from ...core.store import Store
from ..glyphs import glyphs_of
from ..keys import bindings
from ..lines import Line, one_line
from ..loading import Loader
from ..messages import StoreChanged
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.ready_lines import ReadyLines
from ..workflows.spread_lines import spread_lines


class SpreadScreen(Screen[None]):
    """How the runs of both versions lie: by status, and every number as a small histogram on one scale."""

    BINDINGS = bindings("spread", "place")
    CSS_PATH = "../styles/compare.tcss"
    PLACES = ("spread", "place", "moves", "app")

    def __init__(self, store: Store, workflow: str, before: int, after: int) -> None:
        super().__init__()
        self.store, self.workflow, self.before, self.after = store, workflow, before, after
        self.found: TwoVersions | None = None
        self.loader: Loader[TwoVersions] = Loader(self, self._prepare, self._loaded, every=1.0, rest=5.0)

    def compose(self) -> ComposeResult:
        yield FrameLine("top", self._titles, id="spread-top")
        with Vertical(id="spread-body"):
            yield ReadyLines(self._lines)
        yield KeyBar("spread")

    def on_mount(self) -> None:
        self.loader.request()

    def on_store_changed(self, message: StoreChanged) -> None:
        if self.is_current:
            self.loader.request()

    def _prepare(self) -> Callable[[], TwoVersions]:
        store, workflow, before, after = self.store, self.workflow, self.before, self.after
        return lambda: two_versions(store.metrics, workflow, before, after)

    def _loaded(self, found: TwoVersions) -> None:
        if (found.before.version, found.after.version) == (self.before, self.after):
            self.found = found
            self.query_one(ReadyLines).show()
            self.query_one("#spread-top", FrameLine).refresh()
        else:
            self.loader.request()

    def _titles(self, width: int) -> tuple[Line, Line]:
        left: Line = [
            (f" {one_line(self.workflow, 60)}", "strong"),
            (f"@{self.before} {glyphs_of(self).arrow} @{self.after} ", "title"),
        ]
        return left, [(" over all their runs ", "muted")]

    def _lines(self, width: int) -> Sequence[Line]:
        if self.found is None:
            return [[("reading", "muted")]]
        return list(spread_lines(self.found, width, glyphs_of(self)))

    # What the person does.

    def action_swap(self) -> None:
        self.before, self.after = self.after, self.before
        self.loader.request(at_once=True)

    def action_refresh(self) -> None:
        """Reads both again."""
        self.loader.request(at_once=True)

    def action_back(self) -> None:
        self.dismiss()
