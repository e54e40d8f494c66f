"""What a person waits for that is no operation: a look at many runs, a page that is written. Told, and stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ...core.errors import FlightlogError, Stopped
from ...core.progress import Progress, Standing, telling
from .. import format
from ..glyphs import Glyphs
from ..lines import Line
from ..loading import SLOW, TOLD_EVERY, Loader, in_thread
from ..messages import Trouble
from ..personal.person import key_for

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode
    from textual.timer import Timer

T = TypeVar("T")

BAR = 8
"""Cells of the bar."""


class Job(NamedTuple):
    """Something that is under way."""

    doing: str
    """`looking at runs`, for the header."""
    progress: Progress
    began: float
    changes: bool
    """Whether it changes the store, so that nobody quits meanwhile without being asked."""


class Jobs:
    """All that are under way in the program. Its methods belong to the event loop."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._under_way: list[Job] = []
        self._timer: Timer | None = None

    @property
    def changing(self) -> Job | None:
        """One that changes the store."""
        return next((job for job in self._under_way if job.changes), None)

    def begin(
        self,
        owner: DOMNode,
        doing: str,
        work: Callable[[], T],
        then: Callable[[T], Any],
        *,
        changes: bool = False,
        otherwise: Callable[[], Any] = lambda: None,
    ) -> Progress:
        """Does it in a thread, and hands the result to `then` if its owner is still there; stopped by what it returns.

        An error is told, and so is that it was stopped: then all is as it was, and `otherwise` is called.
        """
        job = Job(doing, Progress(), time.monotonic(), changes)
        job.progress.begin(0)
        self._under_way.append(job)
        self._timer = self._timer or self._app.set_interval(TOLD_EVERY, self._show)

        def told() -> T:
            with telling(job.progress):
                return work()

        def ended(found: T | FlightlogError) -> None:
            self._under_way.remove(job)
            if self._timer is not None and not self._under_way:
                self._timer.stop()
                self._timer = None
            self._show()
            if isinstance(found, Stopped):
                self._app.notify(f"stopped {doing}: nothing was changed", severity="warning", markup=False)
            elif isinstance(found, FlightlogError):
                owner.post_message(Trouble(found))
            if owner.is_running:
                otherwise() if isinstance(found, FlightlogError) else then(found)

        in_thread(self._app, told, ended)
        return job.progress

    def stop(self) -> bool:
        """Stops the newest; False if none is under way."""
        for job in reversed(self._under_way):
            if not job.progress.stopped:
                job.progress.stop()
                return True
        return False

    def line(self, glyphs: Glyphs) -> Line:
        """What is told of the newest that takes long; empty if there is none."""
        for job in reversed(self._under_way):
            took = time.monotonic() - job.began
            if took >= SLOW:
                if job.progress.stopped:
                    return [(f"stopping {job.doing}", "warn")]
                line = far(job.doing, job.progress.look(), took, glyphs)
                return [*line, (f" {key_for(self._app, 'app.stop')}", "accent"), (" stops", "muted")]
        return []

    def _show(self) -> None:
        refresh_told(self._app)


def far(doing: str, at: Standing | None, took: float, glyphs: Glyphs) -> Line:
    """`looking at runs 12,000/100,000 ▇▇······ 0:05 left`; of one big thing `reading 3 MB of 12 MB`, with the same.

    Where nobody knows how much there is, the time it took.
    """
    doing = at.what or doing if at else doing
    if at is not None and at.total:
        count, share, rest = f"{min(at.done, at.total):,}/{at.total:,}", at.reached / at.total, at.left
    elif at is not None and (part := at.part) is not None:
        count, share = f"{format.size(part.done)} of {format.size(part.total)}", part.done / part.total
        rest = at.seconds / share - at.seconds if share else None
    else:
        return [(f"{doing} {format.duration(took)}", "text")]
    left = f" {format.duration(max(rest, 1.0))} left" if rest and took > 2 else ""
    return [(f"{doing} {count} ", "text"), (format.bar(min(share, 1.0), BAR, glyphs), "accent"), (left, "muted")]


def waiting(loader: Loader[Any], glyphs: Glyphs) -> Line:
    """What stands where something is read that takes long: how far that is."""
    if not loader.busy or loader.seconds < SLOW:
        return [("reading", "muted")]
    return far("reading", loader.progress.look(), loader.seconds, glyphs)


def refresh_told(app: App[Any]) -> None:
    """Draws anew where it is told what is under way: in the header, or in the frame of a screen that has none."""
    screen = app.screen
    (screen.query("#header") or screen.query("FrameLine")).refresh()
