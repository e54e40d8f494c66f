"""The signs that carry meaning, so that colour never has to: one set for Unicode, one for plain ASCII."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from textual.dom import DOMNode


class Glyphs(NamedTuple):
    """Every sign the screens draw; each is one cell wide unless it says otherwise."""

    running: str = "●"
    waiting: str = "◐"
    failed: str = "✖"
    completed: str = "✔"
    pending: str = "◌"
    paused: str = "‖"
    cancelled: str = "⊘"
    lost: str = "⚠"
    skipped: str = "∅"
    damaged: str = "‼"
    unknown: str = "·"

    cursor: str = "▌"
    mark: str = "✓"
    watched: str = "◎"
    pinned: str = "◆"
    bookmark: str = "⚑"
    archived: str = "▤"
    open: str = "▾"
    closed: str = "▸"
    ascending: str = "↑"
    descending: str = "↓"
    ellipsis: str = "…"
    dash: str = "–"
    dot: str = "·"
    rule: str = "─"
    line: str = "│"
    at_least: str = "≥"
    approximately: str = "≈"
    within: str = "◔"
    """Of a budget, as are the next two: below its warning mark, above it, all spent."""
    near: str = "◕"
    used_up: str = "◉"
    kept: str = "○"
    """Of what a retention policy does to a run, as are the next two."""
    thinned: str = "◒"
    trashed: str = "×"
    best: str = "★"
    """Of numbers that are compared, where there is no room for the word; so is the next one."""
    worst: str = "▽"
    arrow: str = "→"
    into: str = "›"
    """Before what a screen within a place is of."""

    frame: str = "╭╮├┤╰╯"
    """Corners: of the top, of a line between, of the bottom."""
    branch: str = "├ "
    """Two cells, as are the next three: what stands before a node of a tree."""
    last: str = "└ "
    trunk: str = "│ "
    gap: str = "  "

    bar: str = "▇"
    bar_rest: str = "·"
    bar_running: str = "▶"
    spark: str = "▁▂▃▄▅▆▇█"
    """From least to most; as many cells as the set has steps."""
    stack: str = "█▓▒░▚≡"
    """The parts of bars of a plot, from the greatest to the rest."""
    breath: str = "●◉○◉"
    """What goes on, in the four phases of a breath."""
    spinner: str = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
    """One cell at a time."""

    @property
    def corners(self) -> dict[str, tuple[str, str]]:
        """Left and right corner of each line of the frame."""
        a, b, c, d, e, f = tuple(self.frame)
        return {"top": (a, b), "middle": (c, d), "bottom": (e, f)}

    def budget(self, state: str) -> str:
        """The sign of how a budget stands."""
        return {"near": self.near, "spent": self.used_up}.get(state, self.within)

    def action(self, action: str) -> str:
        """The sign of what a retention policy does to a run."""
        return {"archive": self.archived, "trash": self.trashed, "states": self.thinned}.get(action, self.kept)

    def status(self, status: str) -> str:
        """The sign of a status of a run, step, item or approval."""
        return {
            "running": self.running,
            "processing": self.running,
            "waiting": self.waiting,
            "failed": self.failed,
            "rejected": self.failed,
            "completed": self.completed,
            "approved": self.completed,
            "pending": self.pending,
            "paused": self.paused,
            "cancelled": self.cancelled,
            "expired": self.cancelled,
            "lost": self.lost,
            "skipped": self.skipped,
        }.get(status, self.unknown)


UNICODE = Glyphs()

ASCII = Glyphs(
    running="*",
    waiting="?",
    failed="x",
    completed="+",
    pending=".",
    paused="=",
    cancelled="/",
    lost="!",
    skipped="-",
    damaged="#",
    unknown=" ",
    cursor=">",
    mark="v",
    watched="w",
    pinned="^",
    bookmark="b",
    archived="a",
    open="-",
    closed="+",
    ascending="^",
    descending="v",
    ellipsis="~",
    dash="-",
    dot="-",
    rule="-",
    line="|",
    at_least=">",
    approximately="~",
    within=".",
    near="o",
    used_up="X",
    kept=".",
    thinned="s",
    trashed="x",
    best="*",
    worst="!",
    arrow=">",
    into=">",
    frame="++++++",
    branch="|-",
    last="`-",
    trunk="| ",
    bar="=",
    bar_rest=".",
    bar_running=">",
    spark="_.-=^",
    stack="#=+:%-",
    breath="*oOo",
    spinner="|/-\\",
)


_PLAIN = str.maketrans(
    {"…": "~", "–": "-", "·": "-", "→": ">", "▇": "=", "“": '"', "”": '"', "⏎": "$"}
    | {chr(0x2400 + n): "?" for n in range(34)}
)


def plain(text: str) -> str:
    """Text without the signs that are ours but not ASCII; what agents wrote stays as it is."""
    return text if text.isascii() else text.translate(_PLAIN)


def glyphs_of(node: "DOMNode") -> Glyphs:
    """The signs of the program that a widget or screen belongs to."""
    found = getattr(node.app, "glyphs", UNICODE)
    return found if isinstance(found, Glyphs) else UNICODE
