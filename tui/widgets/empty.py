"""What stands where runs would be: how to record the first one, why nothing is shown, what went wrong."""

from collections.abc import Sequence

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from ...core.clock import to_seconds
from ...core.errors import FlightlogError
from ...core.progress import Standing
from ...core.upkeep import Removal
from .. import format
from ..lines import Line, flowing, one_line, width_of
from .strips import strip_of

OPEN = """\
import flightlog

{data}
"""
FIRST_RUN = (
    OPEN
    + """\
with flightlog.open(data).run("triage", objective="sort mails") as run:
    with run.step("plan", agent="planner") as step:
        step.log("3 candidates", candidates=3)
        step.cost(model="gpt-4o", input_tokens=812, output_tokens=77)"""
)
PATH = 60
"""Characters of a path on one line, so that 80 columns show it whole."""


def code_lines(code: str, name: str) -> list[Line]:
    """Lines of a program that opens the data directory, whose path is given whole, however long it is."""
    whole = one_line(name, 4 * PATH)
    pieces = [whole[start : start + PATH] for start in range(0, len(whole), PATH)]
    quoted = "\n        ".join(f'"{piece}"' for piece in pieces or [""])
    data = f"data = {quoted}" if len(pieces) < 2 else f"data = ({quoted})"
    return [[("  " + line, "accent")] for line in code.format(data=data).split("\n")]


def nothing_yet(name: str) -> list[Line]:
    """An empty store: the lines that record a first run, the demo, and what many have on their disk already."""
    return [
        [("No runs yet", "strong")],
        [("A run appears here while it is recorded. From Python:", "muted")],
        [],
        *code_lines(FIRST_RUN, name),
        [],
        [("Or watch a fleet of scripted agents: ", "muted"), ("flightlog demo", "accent")],
        [("Or read what Claude Code or Codex did: ", "muted"), ("flightlog ~/.claude", "accent")],
    ]


def nothing_to_read(what: str) -> list[Line]:
    """What is only read holds nothing of a kind, and nobody can record into it."""
    return [
        [(what, "strong")],
        [("This is only read: it appears here when the program", "muted")],
        [("to which the data belong writes it.", "muted")],
    ]


def no_room_told() -> list[Line]:
    """Of the data of another program: what takes their room is not told."""
    return [
        [("What takes the room is not told here", "strong")],
        [("The data belong to another program, and are only read.", "muted")],
        [("How much was read of each run stands in the list of runs.", "muted")],
    ]


def nothing_live() -> list[Line]:
    """Nothing runs: what would be here, and how long it stays."""
    return [
        [("Nothing runs now", "strong")],
        [("A run appears here while it is recorded, first the one that needs a person:", "muted")],
        [],
        *([("  " + line, "text")] for line in ("it waits for an answer", "it is lost, or failed", "it is stuck")),
        [],
        [("Lost ones stay for an hour, failed ones for ten minutes.", "muted")],
        [("To see some: ", "muted"), ("flightlog demo", "accent")],
    ]


SAVE = "flightlog save triage triage.yaml --note 'the first one'"


SAVED = """\
{data}
flightlog.open(data).run("triage", definition=text)"""


def no_workflows(name: str) -> list[Line]:
    """Neither a run nor a version: how to save a first one."""
    return [
        [("No workflows yet", "strong")],
        [("A workflow appears with its first run, or its first version. From the shell:", "muted")],
        [],
        [("  " + SAVE, "accent")],
        [],
        [("From Python, a version is saved when its text is new:", "muted")],
        [],
        *code_lines(SAVED, name),
    ]


COST = """\
{data}
with flightlog.open(data).run("triage") as run:
    run.cost(model="gpt-4o", input_tokens=812, output_tokens=77)
    run.cost(model="house-7b", input_tokens=812, dollars="0.0031")"""


def no_costs(name: str) -> list[Line]:
    """No call of a model is recorded: how to tell the first."""
    return [
        [("No costs yet", "strong")],
        [("Tell the tokens of each call of a model; the price is looked up,", "muted")],
        [("off your program's path, or told by you. From Python:", "muted")],
        [],
        *code_lines(COST, name),
        [],
        [("What may be spent is said with budgets in flightlog.yaml:", "muted")],
        [],
        [("  budgets: [{per: day, max: 20.00}]", "accent")],
    ]


def no_space(name: str) -> list[Line]:
    """Nothing takes room: what will be seen here."""
    return [
        [("Nothing is kept here yet", "strong")],
        [("What takes the room is shown here: workflows, their runs, logs and states,", "muted")],
        [("down to the single key of a state. From Python:", "muted")],
        [],
        *code_lines(FIRST_RUN, name),
    ]


def refused(error: FlightlogError) -> list[Line]:
    """What cannot be shown of this store: why, and what to do."""
    return [[(one_line(error.what, 400), "strong")], [(one_line(error.advice, 400), "muted")]]


def no_costs_match(query: str, window: str) -> list[Line]:
    """A filter, or days, that leave no call."""
    what = [("No call of a model", "strong"), (f"  {one_line(query, 200)}", "text"), (f"  {window}", "text")]
    return [[span for span in what if span[0].strip()], [("/ changes the filter, t the days", "muted")]]


def no_policy(runs: int) -> list[Line]:
    """A store of so many runs without a retention policy."""
    return [
        [("No policy yet", "strong"), (f"  all of {format.plural(runs, 'run')} stay for ever", "muted")],
        [],
        [("e", "accent"), (" writes one: what it would do to every single run", "muted")],
        [("stands here while you type, with the reason.", "muted")],
        [("Nothing is ever done by looking.", "muted")],
    ]


def no_retention(removals: Sequence[Removal] = (), now: float = 0.0) -> list[Line]:
    """What belongs to another program, which may remove it, or lies in memory."""
    lines: list[Line] = [
        [("Nothing is kept or removed here", "strong")],
        [("what is shown belongs to another program, or lies in memory alone", "muted")],
    ]
    for one in removals:
        runs, left = format.plural(one.runs, "run"), to_seconds(one.first) - now
        when = f"the first in {format.age(left)}" if left > 0 else "some at its next start"
        lines += [
            [],
            [(f"{one_line(one.by, 40)} removes {runs}", "warn"), (f"  {format.size(one.size_bytes)}", "muted")],
            [(f"within a week, {when},", "muted")],
            [(one_line(one.rule, 120), "muted")],
            [("flightlog backup TO", "accent"), (" keeps what lies here", "muted")],
        ]
    return lines


def no_match(query: str) -> list[Line]:
    """A filter that shows nothing."""
    return [
        [("No run matches", "strong"), (f"  {one_line(query, 200)}", "text")],
        [("esc in the filter clears it", "muted")],
    ]


def opening(name: str, spinner: str, reading: Standing | None = None) -> list[Line]:
    """The store is being opened; what was recorded since it was last open is read meanwhile."""
    lines: list[Line] = [[(f"{spinner} opening {one_line(name, 200)}", "muted")]]
    if reading is not None and _is_told(reading):
        lines.append([("  " + format.standing(reading), "text")])
    return lines


def still_opening(spinner: str, reading: Standing | None) -> Line:
    """The same in the header, while what was known before stands in the list."""
    told = format.standing(reading) if reading is not None and _is_told(reading) else "opening"
    return [(f"{spinner} {told}", "muted")]


def _is_told(at: Standing) -> bool:
    return at.total > 1 or bool(at.what and not at.total)


PIECE = 70
"""Characters of a place on one line."""


def failed(error: FlightlogError) -> list[Line]:
    """The store could not be opened: what, where, and what next."""
    lines: list[Line] = [[(one_line(error.what, 400), "bad")]]
    # In pieces that any terminal shows whole: the end of a path is what tells it from others.
    where = one_line(error.where, 400)
    lines += [[(where[start : start + PIECE], "text")] for start in range(0, len(where), PIECE)]
    if error.advice:
        lines += [[], [(one_line(error.advice, 400), "muted")]]
    return [*lines, [], [("! says more, r tries again, q quits", "muted")]]


class Empty(Widget):
    """A few lines in the middle of an empty place."""

    DEFAULT_CSS = "Empty { height: 1fr; display: none; }"

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[Line] = []

    def show(self, lines: Sequence[Line]) -> None:
        """Shows these lines; none: it is not there."""
        self.display = bool(lines)
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def render_line(self, y: int) -> Strip:
        return strip_of(self, in_the_middle(self._lines, y, self.size), self.size.width)


def _flowing(line: Line, room: int) -> list[Line]:
    """A sentence in as many lines as it takes; what is indented is code, and stays as it is."""
    return [line] if line and line[0][0].startswith(" ") else flowing(line, room)


def in_the_middle(lines: Sequence[Line], y: int, size: Size) -> Line:
    """What stands in one of the lines of a place in whose middle there are a few; a sentence is never cut."""
    lines = [part for line in lines for part in _flowing(line, size.width - 2)]
    place = y - max((size.height - len(lines)) // 3, 0)
    if not 0 <= place < len(lines):
        return []
    left = max((size.width - max(map(width_of, lines))) // 2, 1)
    return [(" " * left, "text"), *lines[place]]
