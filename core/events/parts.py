"""What events are made of: what all of them have, and the words and structs that several share."""

from typing import Annotated, Any, Literal

import msgspec

FORMAT = 1

Json = Any
"""None, bool, int, float, str, list or dict with text keys: what JSON can say."""

Count = Annotated[int, msgspec.Meta(ge=0)]
MOST = 2**53
"""So many tokens, or nano-dollars (nine million dollars), one call has at most: more are taken for a mistake of who
records and for damage by who reads, for no call has them, and sums must fit 64 bits."""

FinishedStatus = Literal["completed", "failed", "cancelled"]
StepEnd = Literal["completed", "failed", "skipped"]
ItemStatus = Literal["pending", "processing", "completed", "failed", "skipped"]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Decision = Literal["approved", "rejected", "expired"]
LEVELS: tuple[Level, ...] = ("DEBUG", "INFO", "WARNING", "ERROR")


class Event(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="type", gc=False):
    """What all events have. `seq` and `t` are given by the journal as it appends.

    JSON has no cycles, so that none are looked for among events: that is half of what reading a million of them costs.
    """

    seq: Count = 0
    t: str = ""


class Writer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The process that writes a run: the evidence by which a lost run is told from a live one."""

    pid: int
    host: str = ""
    pid_started: str = ""
    """Start time of the process as the kernel counts it (clock ticks since boot), so that a reused pid is seen."""
    boot_id: str = ""
    pid_ns: str = ""


class Fault(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What went wrong: the exception's class name, its text, and its traceback where known."""

    type: str = ""
    message: str = ""
    traceback: str = ""
