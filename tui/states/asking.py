"""What a person asks of a state: one question at a time, in a thread, told when it takes long, and stopped."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from textual.widget import Widget

from ...core.errors import FlightlogError, Stopped
from ...core.hurry import hurried
from ...core.progress import Progress, telling
from ..glyphs import glyphs_of
from ..lines import Line, one_line
from ..loading import SLOW, TOLD_EVERY, in_thread
from ..operations.jobs import far

T = TypeVar("T")


@dataclass(eq=False)
class Question(Generic[T]):
    """Something that is asked, and who takes the answer."""

    doing: str
    """`searching`, where what works at it says nothing else."""
    work: Callable[[], T]
    """Called in a thread; stops where `core.progress` is asked to."""
    then: Callable[[T], Any]
    """Takes the answer on the event loop."""
    passing: bool = True
    """Whether only who still looks at the same state wants to know."""
    stopped: str = ""
    """Of what leaves something behind: what is said where it was stopped before. Where that came too late, `then` has
    what was left."""
    progress: Progress = field(default_factory=Progress)
    began: float = field(default_factory=time.monotonic)


class Asking:
    """One question is wanted at most: the next one stops it, and so does who goes elsewhere. For the event loop."""

    def __init__(self, owner: Widget, tell: Callable[[], Any]) -> None:
        """`tell` shows the `line` anew, every now and then while a question takes long."""
        self._owner, self._tell = owner, tell
        self._telling: asyncio.TimerHandle | None = None
        self.question: Question[Any] | None = None
        """What is asked just now."""

    def ask(self, question: Question[T]) -> None:
        """Asks this, and nothing else any more."""
        self.stop()
        self.question = question
        question.progress.begin(0)

        def work() -> T:
            with hurried(), telling(question.progress):
                return question.work()

        def ended(found: T | FlightlogError) -> None:
            self._ended(question, found)

        self._tell_after(SLOW)
        in_thread(self._owner.app, work, ended)

    def stop(self) -> bool:
        """Nobody wants an answer any more; False if nothing is asked."""
        if self.question is None:
            return False
        self.question.progress.stop()
        self._over()
        return True

    def line(self) -> Line:
        """How far it is; empty if it takes no long time, or nothing is asked."""
        if self.question is None or (took := time.monotonic() - self.question.began) < SLOW:
            return []
        return far(self.question.doing, self.question.progress.look(), took, glyphs_of(self._owner))

    def _tell_after(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._telling = loop.call_later(seconds, self._owner.call_later, self._tell_now)

    def _tell_now(self) -> None:
        if self.question is not None:
            self._tell()
            self._tell_after(TOLD_EVERY)

    def _over(self) -> None:
        self.question = None
        if self._telling is not None:
            self._telling.cancel()
        self._tell()

    def _ended(self, question: Question[T], found: T | FlightlogError) -> None:
        if question is self.question:
            self._over()
        wanted = bool(question.stopped) or (self._owner.is_attached and not question.progress.stopped)
        if isinstance(found, Stopped):
            if question.stopped:
                self._owner.app.notify(question.stopped, severity="warning", markup=False)
        elif wanted and isinstance(found, FlightlogError):
            self._owner.app.notify(one_line(str(found)), severity="error", markup=False)
        elif wanted:
            question.then(found)  # type: ignore[arg-type]
