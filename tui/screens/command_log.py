"""`@`: what was changed since the program began, each change as the command line that does the same."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from ...core.text import safe_text
from .. import format
from ..glyphs import glyphs_of
from ..keys import bindings
from ..lines import Line, one_line, wrapped
from ..program.command_log import Command
from ..widgets.empty import Empty
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import LineList, OneLine

NOTHING: list[Line] = [
    [("Nothing was changed yet", "strong")],
    [
        (
            "What you archive, delete, pin, tag, answer or apply stands here as a command line, "
            "to be copied into a script, or to cron.",
            "muted",
        )
    ],
]
DETAIL = 4
"""Lines in which the command under the cursor is shown whole."""


class CommandList(LineList):
    """The changes, the newest first."""

    def __init__(self, commands: list[Command]) -> None:
        super().__init__(id="commands", classes="keeps-cursor")
        self.commands = commands

    @property
    def current(self) -> Command | None:
        """The one under the cursor."""
        return self.commands[self.cursor] if self.cursor < len(self.commands) else None

    def count(self) -> int:
        return len(self.commands)

    def key_at(self, index: int) -> Command:
        return self.commands[index]

    def draw(self, index: int, width: int) -> Line:
        one = self.commands[index]
        when = format.clock(one.at)
        return [(f" {when}  ", "muted"), (one_line(one.line, max(width - len(when) - 4, 10)), "text")]


class CommandLogScreen(Screen[None]):
    """The list, and the one under the cursor whole, with what came of it."""

    BINDINGS = bindings("commands")
    AUTO_FOCUS = "CommandList"
    PLACES = ("commands", "moves", "app")
    CSS = """
    CommandLogScreen { layout: vertical; }
    #commands-pane { height: 1fr; }
    """

    def __init__(self, commands: list[Command]) -> None:
        super().__init__()
        self._commands = commands

    def compose(self) -> ComposeResult:
        yield FrameLine("top", self._title, id="commands-top")
        with Vertical(id="commands-pane"):
            yield CommandList(self._commands)
            for row in range(DETAIL):
                line = OneLine(lambda width, row=row: self._detail(row, width))  # type: ignore[misc]
                line.add_class("detail")
                yield line
            yield Empty()
        yield KeyBar("commands")

    @property
    def list(self) -> CommandList:
        """The changes."""
        return self.query_one(CommandList)

    def on_mount(self) -> None:
        nothing = not self._commands
        self.query_one(Empty).show(NOTHING if nothing else [])
        for part in (self.list, *self.query(".detail")):
            part.display = not nothing

    def _title(self, width: int) -> tuple[Line, Line]:
        count = format.plural(len(self._commands), "change")
        return [(" Changed since the program began ", "title")], [(f" {count} ", "muted")]

    def _detail(self, row: int, width: int) -> Line:
        one = self.list.current
        if one is None:
            return []
        if row == 0:
            return [(f" {glyphs_of(self).completed} ", "good"), (one_line(one.did, 400), "muted")]
        lines = wrapped(safe_text(one.line, limit=2000), max(width - 4, 20))
        return [("   ", "text"), (lines[row - 1], "strong")] if row <= len(lines) else []

    @on(LineList.Moved)
    def _moved(self) -> None:
        for part in self.query(".detail"):
            part.refresh()

    @on(LineList.Chosen)
    def action_copy(self) -> None:
        """Copies the command line as it is, to be pasted into a shell."""
        if (one := self.list.current) is not None:
            self.app.copy_to_clipboard(one.line)
            self.app.notify("command copied", markup=False)
        else:
            self.app.notify("nothing was changed yet", markup=False)

    def action_copy_all(self) -> None:
        """Copies all of them as a script, the oldest first."""
        if self._commands:
            self.app.copy_to_clipboard("".join(f"{one.line}\n" for one in reversed(self._commands)))
            self.app.notify(f"{format.plural(len(self._commands), 'command')} copied", markup=False)
        else:
            self.app.notify("nothing was changed yet", markup=False)

    def action_back(self) -> None:
        self.dismiss()
