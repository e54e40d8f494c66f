"""`?`: every key that works here, from the table of keys, and the words of the query language."""

from collections.abc import Iterator, Mapping

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from ...core.query.query_keys import KEYS
from ..doctor.words import MEANS, SEVERITIES, mark
from ..glyphs import Glyphs, glyphs_of
from ..keys import all_shown, offered, place
from ..lines import Line, flowing
from ..personal.person import own_keys
from ..widgets.ready_lines import ReadyLines
from .prompt import beside


def help_lines(
    places: tuple[str, ...], glyphs: Glyphs, *, read_only: bool, queries: bool, own: Mapping[str, str] = {}
) -> Iterator[Line]:
    """The keys of some places, the innermost first, then what a filter understands, then what the signs mean."""
    yield from _keys(places, read_only, own)
    if queries:
        yield [("Filter", "title")]
        yield from ([(f"  {known.example:<30}", "accent"), (known.what, "text")] for known in KEYS.values())
        yield []
    yield [("Signs", "title")]
    for status in STATUSES:
        yield [(f"  {glyphs.status(status)} ", "text"), (status, "muted")]
    for sign, meaning in _signs(places, glyphs):
        yield [(f"  {sign} ", "text"), (meaning, "muted")]


def _keys(places: tuple[str, ...], read_only: bool, own: Mapping[str, str]) -> Iterator[Line]:
    taken: set[str] = set()
    for id in places:
        keys = [
            key._replace(keys=",".join(left))
            for key in offered((id,), read_only=read_only, own=own)
            if (left := [name for name in key.keys.split(",") if name not in taken])
        ]
        if not keys:
            continue
        yield [(place(id).title, "title")]
        for key in keys:
            yield [(f"  {all_shown(key):<18}", "accent"), (key.help, "text")]
        yield []
        # What an inner place does with a key, no outer one does; but for those that work now and then only.
        taken.update(name for key in keys if not key.priority for name in key.keys.split(","))


def _signs(places: tuple[str, ...], glyphs: Glyphs) -> Iterator[tuple[str, str]]:
    """What stands for something on these places, beside how runs stand."""
    yield glyphs.watched, "watched: its end, a failure and a question are told"
    yield glyphs.damaged, "parts of it could not be read"
    yield "~", "a cost computed from a price table"
    yield glyphs.at_least, "at least: some calls have no known price"
    if "compare" in places:
        yield glyphs.best, "the best of these numbers, where there is no room for the word"
        yield glyphs.worst, "the worst"
    if "doctor" in places:
        yield from ((mark(severity, glyphs), f"{severity}: {MEANS[severity]}") for severity in SEVERITIES)
        yield glyphs.mark, "can be put right at once; nothing is lost by it"
    if "plan" in places:
        for action in ("keep", "states", "archive", "trash"):
            yield glyphs.action(action), f"what a policy does to a run: {action}"


STATUSES = ("running", "waiting", "lost", "failed", "completed", "paused", "pending", "cancelled")
"""Of runs, as they are told."""
_WITH_QUERIES = frozenset({"runs", "costs", "plan", "archive"})
"""Places in which queries are written."""


def hang_of(line: Line) -> int:
    """Cells before what a key or a word means, but for where that leaves little room."""
    return min(len(line[0][0]), 20) if len(line) > 1 else 0


class HelpLines(ReadyLines):
    """The lines, none of them cut; they cannot be chosen."""

    def __init__(self, lines: list[Line]) -> None:
        super().__init__(lambda width: [part for line in lines for part in flowing(line, width - 1, hang_of(line))])

    @property
    def shows_cursor(self) -> bool:
        return False

    def move_to(self, index: int, *, center: bool = False) -> None:
        """Without a cursor in sight a move is one of the page: the lines themselves go."""
        # The cursor stays on the first line, so that an index says how far one goes; 0 is the beginning itself.
        self.scroll_to(y=self.scroll_offset.y + index if index else 0, animate=False, immediate=True, force=True)

    def line_at(self, event: events.Click) -> int | None:
        return None


class Help(ModalScreen[None]):
    """The keys of the screen below."""

    BINDINGS = [Binding("escape,q,question_mark", "leave", show=False)]

    def __init__(self, places: tuple[str, ...], *, read_only: bool = False) -> None:
        super().__init__()
        self._places, self._read_only = places, read_only

    def compose(self) -> ComposeResult:
        queries = not _WITH_QUERIES.isdisjoint(self._places)
        told = {"read_only": self._read_only, "queries": queries}
        lines = help_lines(self._places, glyphs_of(self), **told, own=own_keys(self))
        with Vertical(classes="dialog tall"):
            yield HelpLines(list(lines))

    def on_click(self, event: events.Click) -> None:
        if beside(self, event):
            self.dismiss()

    def action_leave(self) -> None:
        self.dismiss()
