"""The bottom line: the keys that work now, which may also be clicked on."""

from textual.strip import Strip

from ..glyphs import glyphs_of
from ..keys import offered, shown
from ..keys.key import Key
from ..keys.typing import while_typing
from ..lines import Line, leading, width_of
from ..personal.person import own_keys
from ..program.commands import as_it_acts, has_effect
from .frame import FrameLine, frame_line
from .strips import strip_of

ESC = "esc"

NARROW = 50
"""Cells below which of the keys that work everywhere only those are told that tell of the others and lead out."""


def key_spans(keys: list[Key], width: int) -> list[tuple[Key, int, Line]]:
    """Keys that fit beside each other, with where they begin; the last ones (help, commands, quit) always fit first,
    the one that leads out comes if the others leave room.
    """
    spans: dict[str, Line] = {
        key.id: [(leading(shown(key), key.id), "accent"), (leading(f" {key.label}", key.id), "muted")] for key in keys
    }
    last = [key for key in keys if key.id.startswith("app.") and key.id != "app.back"]
    if width < NARROW:
        last = [key for key in last if key.id in ("app.help", "app.quit")] or last
    room = width - sum(width_of(spans[key.id]) + 2 for key in last)
    kept: list[Key] = []
    for key in keys:
        if key.id.startswith("app.") and key.id != "app.back":
            continue
        room -= width_of(spans[key.id]) + 2
        if room < 0:
            break
        kept.append(key)
    placed, at = [], 0
    for key in (*kept, *last):
        placed.append((key, at, spans[key.id]))
        at += width_of(spans[key.id]) + 2
    return placed


class KeyBar(FrameLine):
    """The frame's bottom with the keys of some places in it."""

    def __init__(self, *places: str) -> None:
        super().__init__("bottom")
        self.places = places
        self.read_only = False
        self._drawn: list[Key] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._look)

    def _look(self, _: object) -> None:
        """The cursor, the focus or what was read is another: other keys may have an effect."""
        if self.keys != self._drawn:
            self.refresh()

    @property
    def keys(self) -> list[Key]:
        """The keys that have an effect now, in words for what that is, whether there is room for all of them or not."""
        found = list(offered(tuple(dict.fromkeys((*self.places, "app"))), read_only=self.read_only, own=own_keys(self)))
        focused = self.screen.focused
        if focused is not None and focused.check_consume_key("a", "a"):
            found = list(while_typing(found))
        # Of two rows for one key the inner place's holds, also where it has no effect just now.
        inner = {shown(key): key for key in reversed(found)}
        ours = [key for key in found if shown(key) == ESC or inner[shown(key)] is key]
        kept = [as_it_acts(self.screen, key) for key in ours if has_effect(self.screen, key)]
        # The list of all runs lies on nothing, and a screen may say itself what esc does.
        leads_out = self.screen is not getattr(self.app, "home", None) and sum(shown(key) == ESC for key in kept) == 1
        return [key for key in kept if leads_out or key.id != "app.back"]

    def render_line(self, y: int) -> Strip:
        line: Line = [(" ", "text")]
        self._drawn = self.keys
        for _, at, span in key_spans(self._drawn, self.size.width - 6):
            line += [(" " * (at + 1 - width_of(line)), "text"), *span]
        line.append((" ", "text"))
        self._line = frame_line("bottom", line, [], self.size.width, glyphs_of(self))
        return strip_of(self, self._line, self.size.width)
