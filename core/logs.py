"""Log entries and how they are asked for."""

import msgspec

from .events import LEVELS, Json, Level


class LogEntry(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """An event that a person reads. There are many, and no cycles in what it holds."""

    run: str
    seq: int
    t: str
    level: Level
    message: str
    kind: str = ""
    step: str | None = None
    request_id: str = ""
    details: dict[str, Json] = {}


class CutEntry(LogEntry, kw_only=True, frozen=True):
    """An entry too long to be part of a page: its message is the beginning, its details may be missing.

    `RunRepository.event` reads all of it.
    """

    size: int
    """Bytes of the recorded line."""


class LogFilter(msgspec.Struct, kw_only=True, frozen=True):
    """Which entries of one run: every given condition must hold."""

    level: Level = "DEBUG"
    """This level and the more severe ones."""
    kind: str = ""
    step: str | None = None
    request_id: str = ""
    text: str = ""
    """Text the message contains, ignoring case (Unicode case folding)."""

    def accepts(self, entry: LogEntry) -> bool:
        """Whether an entry is asked for: the one rule for all backends."""
        return (
            LEVELS.index(entry.level) >= LEVELS.index(self.level)
            and (not self.kind or entry.kind == self.kind)
            and (self.step is None or entry.step == self.step)
            and (not self.request_id or entry.request_id == self.request_id)
            and (not self.text or self.text.casefold() in entry.message.casefold())
        )
