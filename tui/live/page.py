"""The board of live runs as lines: what each is at and since when, how far it has come, what it spends."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ...core.clock import seconds_at
from ...core.numbers.rates import Rate, Rates
from ...core.runs import Doing, Run, Step
from .. import format
from ..facts import evidence
from ..glyphs import Glyphs
from ..lines import Columns, Line, one_line
from .board import Entry, Group, Need

NARROW = 100
"""Cells under which names have half the room."""
LEAD = 4
"""Cells before the first column: whether it is watched, and how it stands."""
BAR = 6
NAME, KIND, LEAST = 20, 22, 30
"""Cells of the run's name and its workflow at most, and of what it is at, at least, where others can give way."""
MOST = 60
"""Cells of what it is at, at most: on a very wide screen the numbers stay near."""
SHORT = 16
"""The same on a narrow screen."""
BREATH = 4.0
"""Seconds of a breath; who said nothing for longer than that holds it."""
INKS: dict[Need, str] = {"waiting": "warn", "lost": "bad", "failed": "bad", "stuck": "warn", "running": "active"}
HEADS = ("Run", "Workflow", "What it is at", "For", "Done", "", "Tok/min", "$/h", "Cost", "Last")
ALIGN = "lllrrlrrrr"
WIDE = 2
DROP = (5, 8, 1, 6, 4, 9, 7)
"""Columns that are left out first where there is no room; never what it is at, and since when."""


class Place(NamedTuple):
    """Where a run is in its work."""

    path: tuple[str, ...] = ()
    """The open steps that lie in each other, the outermost first; of several ways the one that began first."""
    since: float | None = None
    """When the innermost of them began, in Unix seconds."""
    others: int = 0
    """Innermost steps that are open beside it."""


def place_of(open: Sequence[Step]) -> Place:
    """Where the open steps of a run lead to."""
    by_id = {step.id: step for step in open}
    holding = {step.parent for step in open}
    inner = [step for step in open if step.id not in holding]
    if not inner:
        return Place()
    first = min(inner, key=lambda step: step.started or "")
    path, step, seen = [first.name], first, {first.id}
    while step.parent in by_id and step.parent not in seen:
        step = by_id[step.parent]
        seen.add(step.id)
        path.append(step.name)
    return Place(tuple(reversed(path)), seconds_at(first.started), len(inner) - 1)


def done_of(run: Run, doing: Doing) -> tuple[int, int]:
    """How much is done, of how much: of its rows, else of its steps; of 0 where nobody knows how many will come."""
    if doing.items:
        total = sum(doing.items.values())
        return total - doing.items.get("pending", 0) - doing.items.get("processing", 0), total
    declared = run.steps - run.steps_done - len(doing.open) > 0
    return run.steps_done, run.steps if declared else 0


def _together(group: Group) -> str:
    """What stands where a single run has its name."""
    return f"{len(group.entries):,} {group.need}"


class LivePage:
    """Lines of a board as it was at one moment; to draw one costs nothing for the others."""

    def __init__(
        self, lines: Sequence[Entry | Group], doing: Mapping[str, Doing], rates: Rates, watched: frozenset[str],
        now: float, glyphs: Glyphs,
    ) -> None:  # fmt: skip
        entries = [line for line in lines if isinstance(line, Entry)]
        self._inside = frozenset(e.run.id for line in lines if isinstance(line, Group) for e in line.entries)
        self.lines, self._doing, self._watched, self._now, self._glyphs = lines, doing, watched, now, glyphs
        self._rates = {entry.run.id: rates.of(entry.run.id, now, entry.began) for entry in entries}
        names = [name_of(entry.run, glyphs) for entry in entries[:200]]
        names += [_together(line) for line in lines if isinstance(line, Group)]
        kinds = (_kind(entry.run) for entry in entries[:200])
        name, kind = max(names, key=len, default=""), max(kinds, key=len, default="")
        numbers = ("0:00:00", "00 done", "0" * BAR, "000.0k", "≥$0.000", "~$0.0000", "00 min")
        self._wide, self._narrow = (
            Columns(
                HEADS,
                [[name[:most], kind[:KIND], "0" * least, *numbers]],
                align=ALIGN,
                wide=WIDE,
                drop=DROP,
                least=least,
                most=MOST,
            )
            for most, least in ((NAME, LEAST), (NAME // 2, SHORT))
        )

    def _columns(self, width: int) -> Columns:
        return self._wide if width >= NARROW else self._narrow

    def head(self, width: int) -> Line:
        """The titles."""
        return [(" " * LEAD, "muted"), *self._columns(width).head(width - LEAD)]

    def line(self, index: int, width: int) -> Line:
        """One run, or the runs of a workflow that are over in the same way."""
        line = self.lines[index]
        return self._group(line, width) if isinstance(line, Group) else self._run(line, width)

    def _group(self, group: Group, width: int) -> Line:
        glyphs, newest, ink = self._glyphs, group.entries[0], INKS[group.need]
        cells = [
            _together(group),
            one_line(group.workflow, 60),
            f"{'the newest' if width >= NARROW else one_line(group.workflow, 60)}: {self._at(newest, Doing())[0]}",
            *[""] * 6,
            format.age(max(self._now - newest.last, 0.0)),
        ]
        inks = [ink, "muted", "text", *["text"] * 6, "muted"]
        fold = glyphs.open if group.unfolded else glyphs.closed
        lead: Line = [(f"{fold} ", "muted"), (f"{self.sign(newest)} ", ink)]
        return [*lead, *self._columns(width).draw(cells, inks, width - LEAD, spread=True)]

    def _run(self, entry: Entry, width: int) -> Line:
        glyphs = self._glyphs
        run, doing = entry.run, self._doing.get(entry.run.id, Doing())
        at, since = self._at(entry, doing)
        done, total = done_of(run, doing)
        failed = doing.items.get("failed", 0)
        rate = self._rates[run.id]
        cells = [
            ("  " if run.id in self._inside else "") + name_of(run, glyphs),
            _kind(run),
            at,
            format.duration(self._now - since) if since is not None else "",
            f"{done:,}/{total:,}" if total else f"{done:,} done" if done else "",
            _bar(done, total, glyphs) if total and entry.need in ("running", "stuck", "waiting") else "",
            tokens_text(rate, glyphs),
            money_text(rate, glyphs),
            format.run_cost(run, glyphs),
            format.age(max(self._now - entry.last, 0.0)),
        ]
        ink = INKS[entry.need]
        loud = ink if entry.need != "running" else "text"
        quiet = "warn" if entry.need == "stuck" else "muted"
        inks = ["strong", "muted", loud, loud, "bad" if failed else "text", "active", "text", "text", "muted", quiet]
        watched = glyphs.watched if run.id in self._watched else " "
        lead: Line = [(watched, "accent"), (" ", "text"), (self.sign(entry), ink), (" ", "text")]
        return [*lead, *self._columns(width).draw(cells, inks, width - LEAD)]

    def sign(self, entry: Entry) -> str:
        """How it stands; what goes on breathes, in the wall clock's time."""
        if entry.need == "running" and self._now - entry.last < BREATH * 3:
            return self._glyphs.breath[int(self._now * 4 / BREATH) % 4]
        return self._glyphs.status(entry.run.status)

    def _at(self, entry: Entry, doing: Doing) -> tuple[str, float | None]:
        """What it is at, or needs a person for, and since when (Unix seconds)."""
        run, place = entry.run, place_of(doing.open)
        if entry.need == "waiting":
            return one_line(run.evidence, 200) or "waits for an answer", entry.last
        if entry.need == "lost":
            return evidence(run, self._now) or "lost", entry.last
        if entry.need == "failed":
            return one_line(run.error, 200) or "failed", entry.last
        path = path_text(place, self._glyphs) or one_line(run.current_step, 80) or self._glyphs.dash
        return (f"stuck? {path}" if entry.need == "stuck" else path), place.since if place.path else entry.began


def path_text(place: Place, glyphs: Glyphs) -> str:
    """`gather › search web`, and how many others are open."""
    path = f" {glyphs.into} ".join(one_line(name, 60) for name in place.path)
    return f"{path} +{place.others}" if place.others else path


def tokens_text(rate: Rate, glyphs: Glyphs) -> str:
    """Tokens a minute."""
    return format.count(round(rate.tokens_per_minute)) if rate.tokens else glyphs.dash


def money_text(rate: Rate, glyphs: Glyphs) -> str:
    """Dollars an hour: at least so much where calls have no price, `?` where none has."""
    hourly = rate.nanousd_per_hour
    if hourly is None:
        return format.UNKNOWN if rate.unknown else glyphs.dash
    return (glyphs.at_least if rate.unknown else "") + format.dollars(hourly)


def _bar(done: int, total: int, glyphs: Glyphs) -> str:
    filled = min(done * BAR // total, BAR)
    return glyphs.bar * filled + glyphs.bar_rest * (BAR - filled)


def name_of(run: Run, glyphs: Glyphs) -> str:
    """Its name, or what its id is told apart by."""
    return one_line(run.name, 60) or format.short_id(one_line(run.id, 40), glyphs)


def _kind(run: Run) -> str:
    return one_line(run.workflow, 60) + ("" if run.version is None else f"@{run.version}")
