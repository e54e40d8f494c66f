"""Which unfinished runs are lost: nobody holds the lock of their journal any more.

The kernel frees the lock when its holder dies, so that no clock and no heartbeat is asked. Only
for a journal that another host writes a free lock is no proof at once, for not every shared file
system carries locks: there silence is waited for as well.
"""

from pathlib import Path

from ...core import clock
from ...core.events import Writer
from . import lock
from .process import is_alive, this_process

SILENCE_S = 120.0
"""How long a run of another host must be silent, beside its free lock, until it is called lost."""

_LIVES = "lives but left it unfinished"


def evidence(path: Path, writer: Writer | None, last_event: str | None) -> str:
    """Why an unfinished run is lost; empty while it is not. Looking disturbs no writer. OSError."""
    if lock.is_held(path):
        return ""
    here = this_process()
    if writer is None:
        why = "nobody holds its lock"
    elif writer.boot_id == here.boot_id and writer.boot_id:
        # One kernel, be it another container: the free lock is proof.
        why = {
            True: f"pid {writer.pid} {_LIVES}",
            False: f"pid {writer.pid} is gone",
            None: _elsewhere(writer),
        }[is_alive(writer)]
    elif writer.host == here.host:
        why = f"pid {writer.pid} is gone" + (", the machine was started anew" if writer.boot_id else "")
    elif _silent_for(last_event) < SILENCE_S:
        return ""
    else:
        why = _elsewhere(writer)
    return f"{why}; last event {_when(last_event)}" if last_event else why


def passes(evidence: str) -> bool:
    """Whether an evidence holds only as long as a process lives, and another follows."""
    return _LIVES in evidence


def _elsewhere(writer: Writer) -> str:
    return f"nobody holds its lock, its pid {writer.pid} was on {writer.host}"


def _silent_for(last_event: str | None) -> float:
    try:
        return clock.now_s() - clock.to_seconds(last_event or "")
    except ValueError:
        return SILENCE_S


def _when(t: str) -> str:
    return t[:19].replace("T", " ") + " UTC"
