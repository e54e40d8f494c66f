"""The time scale of a waterfall: the stretch of a run that is in sight, and its cells."""

from typing import NamedTuple

from ..lines import Line

STEPS = (
    *(0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005),
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200),
)
"""Seconds between two marks of the axis; beyond, whole days."""

MARK = 10
"""Cells that a mark takes at least."""

CLOSEST = 0.0001
"""Seconds that are in sight at least."""


class Scale(NamedTuple):
    """Times are Unix seconds."""

    first: float
    """When the run's first step began."""
    last: float
    """When its last one ended, or now."""
    begin: float
    """What is in sight."""
    end: float

    @property
    def whole(self) -> bool:
        """Whether all of the run is in sight."""
        return self.begin <= self.first and self.end >= self.last

    def cells(self, start: float, stop: float, width: int) -> tuple[int, int]:
        """The first cell of a bar and how many it has: at least one if any of it is in sight, else none."""
        if stop < self.begin or start > self.end:
            return 0, 0
        per_second = width / ((self.end - self.begin) or 1.0)
        low = min(int((max(start, self.begin) - self.begin) * per_second), width - 1)
        high = round((min(stop, self.end) - self.begin) * per_second)
        return low, max(1, min(high, width) - low)

    def axis(self, width: int) -> Line:
        """The marks above the bars: seconds since the run's first step, at round numbers."""
        span = (self.end - self.begin) or 1.0
        step = next((one for one in STEPS if one * width >= span * MARK), 86400.0)
        while step * width < span * MARK:
            step *= 2
        number, text = -(-(self.begin - self.first) // step), ""
        while True:
            place = round((self.first + number * step - self.begin) * width / span)
            mark = written(number * step, step)
            if place + len(mark) >= width:
                return [(text.ljust(width)[:width], "faint")]
            text = f"{text.ljust(place)}{mark}"
            number += 1


def written(seconds: float, step: float) -> str:
    """A moment on the axis, as exactly as its marks are apart: `0:30`, `1:02:00`, `0.250s`."""
    if step < 0.001:
        return f"{seconds * 1000:.2f}ms"
    if step < 1:
        return f"{seconds:.{1 if step >= 0.1 else 2 if step >= 0.01 else 3}f}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Window:
    """Which part of the run a person looks at; all of it until he looks closer."""

    def __init__(self) -> None:
        self.part: tuple[float, float] | None = None
        """What is in sight, Unix seconds; None for all."""

    def scale(self, first: float, last: float) -> Scale:
        """The scale of a run that lasts from `first` to `last`."""
        begin, end = self.part or (first, last)
        return Scale(first, last, begin, max(end, begin + CLOSEST))

    def zoom(self, scale: Scale, factor: float, around: float) -> None:
        """Shows a stretch that is `factor` times as long, with one moment where it was, or in the middle."""
        span = (scale.end - scale.begin) * factor
        if span >= (scale.last - scale.first) * 0.999:  # seconds of our time are known to a few ten millionths
            self.part = None
            return
        span = max(span, CLOSEST)
        share = (around - scale.begin) / (scale.end - scale.begin)
        begin = around - span * (share if 0 <= share <= 1 else 0.5)
        self._put(scale, begin, span)

    def pan(self, scale: Scale, share: float) -> None:
        """Goes on by a share of what is in sight, not beyond the run."""
        if self.part:
            span = scale.end - scale.begin
            self._put(scale, scale.begin + span * share, span)

    def fit(self, scale: Scale, begin: float, end: float) -> None:
        """Shows one stretch, with a little room at its sides."""
        room = max((end - begin) * 0.05, CLOSEST / 2)
        self.zoom(scale._replace(begin=begin - room, end=end + room), 1.0, begin)

    def _put(self, scale: Scale, begin: float, span: float) -> None:
        begin = max(scale.first, min(begin, scale.last - span))
        self.part = (begin, begin + span)
