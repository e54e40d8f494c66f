"""The command palette, and the one of themes, in the signs that the program draws."""

from textual.command import CommandList, CommandPalette, Provider

from ..widgets.strips import plain_scroll_bar


class Palette(CommandPalette):
    """Textual's own, without signs outside ASCII where none are wanted."""

    def __init__(self, what: str, providers: "list[type[Provider]] | None" = None, *, id: str | None = None) -> None:
        super().__init__(providers, placeholder=f"search for {what}", id=id)

    def on_mount(self) -> None:
        plain_scroll_bar(self.query_one(CommandList))
