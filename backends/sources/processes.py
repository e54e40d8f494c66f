"""Whether a process lives of which somebody else's record tells: its number means nothing in another container, or on
another machine, which may share the folder that the record lies in.
"""

import os
import sys
from pathlib import Path

from msgspec.structs import replace

from ..journal.process import is_alive, started, this_process
from .locks import namespace

_PROC = Path("/proc")
_MACHINE = Path("/etc/machine-id")
_below: dict[tuple[int, str], str] = {}
"""Processes of other containers that were found, by their own numbers and beginnings: what they are called here."""


def domain() -> str:
    """Where the numbers of processes mean what they mean here: `linux:<machine>:pid:[…]`, as Claude Code writes it."""
    return f"linux:{_text(_MACHINE)}:{namespace()}" if sys.platform == "linux" else sys.platform


def lives(pid: int, began: str, where: str) -> bool | None:
    """Whether a process lives that has this number there; None where that cannot be seen from here.

    `began` is when, as its system tells it, and `where` its `domain`: both empty if the record does not say. On Linux
    one of which is not said where may be in any container, or on any machine, that shares the folder: that it is not
    found says nothing. Costs, of one in another container, a look at all processes of this machine until it is found.
    """
    ours = where == domain() if where else None
    if ours is not False and _is_here(pid, began):
        return True
    if began and _is_below(pid, began):
        return True
    return False if _is_known(ours, began) else None


def _is_here(pid: int, began: str) -> bool:
    told = started(pid)  # nothing on systems that do not tell
    return bool(is_alive(replace(this_process(), pid=pid, pid_started=began if began and told else told)))


def _is_known(ours: bool | None, began: str) -> bool:
    """Whether a process that is not found is gone: it would be seen from here."""
    if sys.platform != "linux":
        return ours is not False and not began.isdigit()  # which is how Linux tells it, in a container
    return bool(ours) and bool(_text(_MACHINE))


def _is_below(pid: int, began: str) -> bool:
    """Whether a container that is seen from here has such a process: proc(5), NSpid."""
    wanted = (pid, began)
    if _is(_below.get(wanted, ""), wanted):
        return True
    try:
        names = [name for name in os.listdir(_PROC) if name.isdigit()]
    except OSError:
        return False
    found = next((name for name in names if _is(name, wanted)), "")
    if found:
        _below[wanted] = found
    else:
        _below.pop(wanted, None)
    return bool(found)


def _is(name: str, wanted: tuple[int, str]) -> bool:
    told = next((line for line in _text(_PROC / name / "status").splitlines() if line.startswith("NSpid:")), "")
    numbers = told.split()[1:]
    if not name or len(numbers) < 2 or numbers[-1] != str(wanted[0]):
        return False
    fields = _text(_PROC / name / "stat").rpartition(")")[2].split()
    return len(fields) > 19 and fields[0] != "Z" and fields[19] == wanted[1]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
