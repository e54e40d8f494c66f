"""What is shown where nothing fits."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen

from ..lines import Line
from ..widgets.line_list import OneLine


class TooSmall(ModalScreen[None]):
    """Stands over everything until the terminal has grown."""

    WIDTH, HEIGHT = 40, 10
    """The least that is drawn on."""

    BINDINGS = [Binding("q,ctrl+q", "app.quit", show=False)]

    def compose(self) -> ComposeResult:
        yield OneLine(self._say)

    def _say(self, width: int) -> Line:
        return [(f"needs {self.WIDTH}x{self.HEIGHT}", "warn"), ("  q quits", "muted")]

    def action_back(self) -> None:
        """There is nothing to step out to."""
