"""Which process writes: the evidence by which a lost run is told from a live one."""

import functools
import os
from pathlib import Path

from ...core.events import Writer


def this_process() -> Writer:
    """This process as it is written into `run.started` and `run.resumed`."""
    return _process(os.getpid())


@functools.lru_cache(maxsize=1)
def _process(pid: int) -> Writer:
    return Writer(
        pid=pid,
        host=os.uname().nodename,
        pid_started=started(pid),
        boot_id=_text("/proc/sys/kernel/random/boot_id"),
        pid_ns=_link("/proc/self/ns/pid"),
    )


def started(pid: int) -> str:
    """Start time of a process in clock ticks since boot (proc(5), field 22 of stat); empty if not to be had."""
    fields = _stat(pid)
    return fields[19] if len(fields) > 19 else ""


def _stat(pid: int) -> list[str]:
    """proc(5), stat, from field 3, the state, on; empty if not to be had."""
    # The second field is the program's name in brackets and may itself hold blanks and brackets.
    return _text(f"/proc/{pid}/stat").rpartition(")")[2].split()


def is_alive(writer: Writer) -> bool | None:
    """Whether the process lives; None if it cannot be known from here (another host or pid namespace)."""
    here = this_process()
    if writer.host != here.host or writer.pid_ns != here.pid_ns:
        return None
    if writer.boot_id != here.boot_id or writer.pid <= 0:
        return False
    try:
        os.kill(writer.pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass  # somebody else's, or a number that none can have: what it is told of below decides
    # A process that is dead and not yet waited for keeps its number; it is a zombie, `Z`.
    return _stat(writer.pid)[:1] != ["Z"] and started(writer.pid) == writer.pid_started


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
