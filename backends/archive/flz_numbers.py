"""The numbers of events by which a frame of an archived journal is found: right for a damaged journal too."""

from ..journal.event_heads import events_in, numbers_in
from ..journal.reader import LONGEST


class Numbers:
    """Reads the frames of one journal in their order."""

    def __init__(self) -> None:
        self._last = 0  # the highest number of a sound event so far
        self._held = b"\n"  # what of the last line was seen; a newline first, so that one pattern finds all heads
        self._too_long = False

    def before(self, frame: bytes) -> int:
        """What `Frame.seq` is of the next frame."""
        begins_line = self._held == b"\n" and not self._too_long
        first = self._last + 1 if begins_line else 0
        if not (begins_line and self._is_plain(frame)):
            self._look_closely(frame)
        return first

    def _is_plain(self, frame: bytes) -> bool:
        """Takes a frame of whole lines that are numbered on without gaps, as nearly all are: at a tenth of the cost."""
        found = numbers_in(self._held + frame)
        if not found or not frame.endswith(b"\n") or frame.count(b"\n") != len(found):
            return False
        first = found[0]
        if first <= self._last or found != list(range(first, first + len(found))):
            return False
        # The heads of damaged lines count for nothing; only the last one could hide that.
        if not events_in(frame[frame.rfind(b"\n", 0, -1) + 1 : -1]):
            return False
        self._last = first + len(found) - 1
        return True

    def _look_closely(self, frame: bytes) -> None:
        lines = (self._held[1:] + frame).split(b"\n")
        if self._too_long and len(lines) > 1:
            lines, self._too_long = lines[1:], False
        rest = lines.pop()
        for line in lines:
            if len(line) <= LONGEST:
                self._last = max([self._last, *(head.seq for head, _ in events_in(line))])
        if self._too_long or len(rest) > LONGEST:
            self._too_long, rest = True, b""
        self._held = b"\n" + rest
