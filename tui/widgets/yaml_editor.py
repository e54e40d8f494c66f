"""Where YAML is written: in colours, the line with a mistake marked."""

from rich.text import Text
from textual import events
from textual.strip import Strip
from textual.widgets import TextArea

from ...core.text import safe_text
from ..lines import Line
from ..themes import palette
from ..yaml_lines import yaml_lines
from .strips import plain_scroll_bar


class YamlEditor(TextArea):
    """An editor with undo, whose keys leave letters to what is written."""

    DEFAULT_CSS = """
    YamlEditor, YamlEditor:focus { border: none; padding: 0; background: transparent; scrollbar-size: 1 1; }
    YamlEditor .text-area--cursor-line { background: transparent; }
    YamlEditor:focus .text-area--cursor-line { background: $boost; }
    YamlEditor .text-area--gutter { color: $border-blurred; }
    YamlEditor .text-area--cursor-gutter { color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, show_line_numbers=True, soft_wrap=True, compact=True, tab_behavior="focus")
        self.cursor_blink = False
        self._inks: list[Line] = []
        self._mistake: int | None = None

    def on_mount(self) -> None:
        plain_scroll_bar(self)

    def put(self, text: str) -> None:
        """Puts another text in; undo brings back the one before."""
        if text != self.text:
            place = self.cursor_location
            self.replace(text, self.document.start, self.document.end)
            self.move_cursor(place)

    def mark(self, line: int | None) -> None:
        """Marks the line with the mistake."""
        if line != self._mistake:
            self._mistake = line
            self.notify_style_update()
            self.refresh()

    def coloured(self) -> None:
        """Colours what is written now."""
        inks = yaml_lines(self.text)
        if inks != self._inks:
            self._inks = inks
            # Lines that were painted since the text changed are kept without their colours.
            self.notify_style_update()
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        if not line.plain.isprintable():
            line = Text("".join(map(_safe, line.plain)), end="", no_wrap=True)
        inks = palette(self)
        spans = self._inks[line_index] if line_index < len(self._inks) else []
        if sum(len(piece) for piece, _ in spans) == len(line.plain):
            at = 0
            for piece, ink in spans:
                # Pictures of the screen lose the blanks that a piece begins with; so blanks stay without colour.
                line.stylize(getattr(inks, ink), at + len(piece) - len(piece.lstrip()), at + len(piece))
                at += len(piece)
        if line_index == self._mistake:
            line.stylize(inks.removed)
        return line

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        return strip.adjust_cell_length(self.size.width, self.rich_style)

    def on_key(self, event: events.Key) -> None:
        """A new line begins below what the one before it begins, or opens."""
        if event.key == "enter" and not self.read_only:
            event.stop()
            event.prevent_default()
            start, end = sorted(self.selection)
            before = self.document.get_line(start[0])[: start[1]]
            done = self.replace("\n" + " " * indent_after(before), start, end, maintain_selection_offset=False)
            self.move_cursor(done.end_location)


def indent_after(line: str) -> int:
    """With how many blanks the line after this one begins in YAML."""
    words = line.lstrip(" ")
    opens = words.startswith("- ") or (words.rstrip().endswith(":") and not words.startswith("#"))
    return len(line) - len(words) + 2 * opens


def _safe(character: str) -> str:
    """A character as it may be shown in one cell or two."""
    shown = safe_text(character)
    return shown if len(shown) == 1 else "?"
