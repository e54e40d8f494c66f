"""What is being done with runs: one operation at a time, in a thread, told in the header, stopped where it is safe."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ...core.errors import FlightlogError, Stopped
from ...core.progress import Progress, telling
from ...core.text import safe_text
from .. import format
from ..glyphs import Glyphs, glyphs_of
from ..lines import Line, one_line
from ..loading import SLOW, TOLD_EVERY, in_thread
from ..messages import OperationEnded, Trouble
from ..personal.person import key_for
from ..program.command_log import log_of
from .jobs import BAR, Jobs, refresh_told

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode
    from textual.timer import Timer

    from ...core.operations import Done

T = TypeVar("T")

_REASONS = 2


class Work(NamedTuple):
    """Something that is to be done with runs."""

    doing: str
    """`archiving`, for the header."""
    done: str
    """`archived`, for the summary."""
    total: int
    begin: Callable[[], Iterator[Done]]
    """Called in a thread; what it gives is closed when the person stops it."""
    undo: bool = False
    """Whether `z` takes it back."""
    words: tuple[str, ...] = ()
    """The verb of the command line, and its words, that do the same; none where nothing is changed."""
    stops: bool = False
    """Whether one piece can be stopped in the middle."""


class Outcome:
    """How far it is, and what came of it. The thread counts; the event loop looks."""

    def __init__(self) -> None:
        self.done = self.before_bytes = self.after_bytes = 0
        self.skipped: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.stopped = False
        self.progress = Progress()
        """Of the run that is at hand."""

    @property
    def looked_at(self) -> int:
        """How many runs it has gone through."""
        return self.done + self.skipped.total() + self.failed.total()

    def count(self, one: Done) -> None:
        """A run more."""
        if one.outcome == "done":
            self.done += 1
            self.before_bytes += one.before_bytes
            self.after_bytes += one.after_bytes
        else:
            (self.skipped if one.outcome == "skipped" else self.failed)[one.why] += 1


class Operations:
    """Does one piece of work after another for the whole program. Its methods belong to the event loop."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self.jobs = Jobs(app)
        """What else a person waits for."""
        self._quits = False
        self._work: Work | None = None
        self._outcome = Outcome()
        self._began = 0.0
        self._timer: Timer | None = None
        self._reversible: bool | None = None
        """Whether something can be taken back; None while nobody has looked since the last change."""
        self._looking = False

    @property
    def busy(self) -> bool:
        """Whether something is under way."""
        return self._work is not None

    def begin(self, work: Work) -> bool:
        """Begins it; False, which is said, if something else is under way."""
        if self._work is not None:
            self._app.notify(f"still {self._work.doing}: one thing at a time", severity="warning", markup=False)
            return False
        self._work, self._outcome, self._began = work, Outcome(), time.monotonic()
        outcome = self._outcome

        def run() -> None:
            with telling(outcome.progress), closing(work.begin()) as each:  # type: ignore[type-var]
                for one in each:
                    outcome.count(one)
                    if outcome.stopped:
                        break

        self._timer = self._app.set_interval(TOLD_EVERY, self._show)
        in_thread(self._app, run, self._ended)
        return True

    def reversible(self, look: Callable[[], bool]) -> bool:
        """Whether something can be taken back, as far as that is known; else `look` is called in a thread, once."""
        if self._reversible is None and not self._looking:
            self._looking = True
            in_thread(self._app, look, self._looked)
        return bool(self._reversible)

    def _looked(self, found: bool | FlightlogError) -> None:
        # Of a store that cannot say it the key is offered, and tells why.
        self._looking, self._reversible = False, found if isinstance(found, bool) else True
        self._app.screen.refresh_bindings()

    def stop(self) -> bool:
        """Stops what is under way, after the run that it is at or in the middle of a big one; False if nothing is."""
        if self._work is None or self._outcome.stopped:
            return self.jobs.stop() or self._work is not None
        self._outcome.stopped = True
        self._outcome.progress.stop()
        self._show()
        return True

    @property
    def in_the_way(self) -> str:
        """What is being changed while somebody wants to quit, as a clause; empty if nothing is, or he said so."""
        if self._quits:
            return ""
        if self._work is not None:
            of = f", {self._outcome.looked_at:,} of {self._work.total:,}" if self._work.total > 1 else ""
            return self._work.doing + of
        return self.jobs.changing.doing if self.jobs.changing else ""

    def stop_and_quit(self) -> None:
        """Ends the program when what is being changed was stopped; asked once more, at once."""
        self._quits = True
        if self._work is None and self.jobs.changing is None:
            self._app.exit()
            return
        self._outcome.stopped = True
        self._outcome.progress.stop()
        while self.jobs.stop():
            pass
        self._app.set_interval(TOLD_EVERY, self._quit)

    def _quit(self) -> None:
        if self._work is None and self.jobs.changing is None:
            self._app.exit()

    def _show(self) -> None:
        refresh_told(self._app)

    def _ended(self, error: FlightlogError | None) -> None:
        work, outcome = self._work, self._outcome
        assert work is not None
        assert self._timer is not None
        self._timer.stop()
        self._work = self._reversible = None
        if isinstance(error, Stopped) and not outcome.looked_at:
            self._app.notify(f"stopped {work.doing}: all is as it was", severity="warning", markup=False)
        elif outcome.looked_at or error is None:
            severity = "warning" if outcome.failed or outcome.stopped else "information"
            told = summary(work, outcome, key_for(self._app, "runs.undo"))
            self._app.notify(told, severity=severity, timeout=8, markup=False)  # type: ignore[arg-type]
            if outcome.done or (error is None and not work.total):
                log_of(self._app).add(work.words, told)
        if error is not None and not isinstance(error, Stopped):
            self._app.post_message(Trouble(error))
        self._app.post_message(OperationEnded())

    def line(self, glyphs: Glyphs) -> Line:
        """What the header tells of it, and how it is stopped; empty if nothing is under way that takes long."""
        work, outcome = self._work, self._outcome
        took = time.monotonic() - self._began
        if work is None or took < SLOW:
            return self.jobs.line(glyphs)
        if outcome.stopped:
            return [(f"stopping {work.doing}", "warn")]
        big = outcome.progress.part
        if work.total <= 1 and big is None:
            key = key_for(self._app, "app.stop") if work.stops else ""
            stops: Line = [(f" {key}", "accent"), (" stops", "muted")] if key else []
            return [(f"{work.doing} {format.duration(took)}", "text"), *stops]
        part = (outcome.looked_at + (big.done / big.total if big else 0.0)) / work.total if work.total else 0.0
        left = f" {format.duration(took / part - took)} left" if part > 0 and took > 2 else ""
        filled = format.bar(min(part, 1.0), BAR, glyphs)
        text = f"{work.doing} {outcome.looked_at:,}/{work.total:,}"
        if big is not None:
            text += f" {format.size(big.done)} of {format.size(big.total)}"
        key = key_for(self._app, "app.stop")
        return [(f"{text} ", "text"), (filled, "accent"), (left, "muted"), (f" {key}", "accent"), (" stops", "muted")]


def summary(work: Work, outcome: Outcome, undo: str = "z") -> str:
    """What came of it, in a sentence or two; safe to show. `undo`: the key that takes it back."""
    parts = [f"{format.plural(outcome.done, 'run')} {work.done}"]
    if outcome.done and outcome.after_bytes < outcome.before_bytes:
        now = f" are now {format.size(outcome.after_bytes)}" if outcome.after_bytes else " freed"
        parts[0] += f": {format.size(outcome.before_bytes)}{now}"
    parts += [stays(outcome.skipped)] if outcome.skipped else []
    parts += [_failures(outcome.failed)] if outcome.failed else []
    left = work.total - outcome.looked_at
    if outcome.stopped and left > 0:
        parts.append(f"stopped, {left:,} not looked at")
    if work.undo and outcome.done:
        parts.append(f"{undo} takes it back")
    return "; ".join(parts)


def reasons(counts: Counter[str]) -> str:
    """Why, the most frequent first: `it is pinned`, `each is pinned`, `it is pinned (3), it is running (2)`."""
    whys = {why: why.removeprefix("it ") for why in counts}
    if len(counts) == 1:
        only = one_line(safe_text(next(iter(whys.values()))), 80)
        return f"{'it' if counts.total() == 1 else 'each'} {only}"
    told = [f"it {one_line(safe_text(whys[why]), 80)} ({count:,})" for why, count in counts.most_common(_REASONS)]
    return ", ".join([*told, *(["…"] if len(counts) > _REASONS else [])])


def stays(counts: Counter[str]) -> str:
    """How many runs stay, and why: `1 stays: it is running`."""
    return f"{counts.total():,} {'stays' if counts.total() == 1 else 'stay'}: {reasons(counts)}"


def _failures(counts: Counter[str]) -> str:
    """How many failed, and the most frequent errors."""
    told = [f"{one_line(safe_text(why), 80)} ({count:,})" for why, count in counts.most_common(_REASONS)]
    return f"{counts.total():,} failed: {', '.join([*told, *(['…'] if len(counts) > _REASONS else [])])}"


def operations_of(node: DOMNode) -> Operations | None:
    """What is under way in the program that a widget or screen belongs to."""
    found = getattr(node.app, "operations", None)
    return found if isinstance(found, Operations) else None


def jobs_of(node: DOMNode) -> Jobs:
    """What else a person waits for in that program; only there can anything be begun."""
    found = operations_of(node)
    assert found is not None
    return found.jobs


def busy_line(node: DOMNode) -> Line:
    """What the header of a screen tells of it."""
    found = operations_of(node)
    return found.line(glyphs_of(node)) if found is not None else []
