"""Which thread of Codex's a rollout is, and which thread began it."""

import re
from pathlib import Path

from ....core import events as e
from ..foreign_ids import foreign_ulid
from .fields import decoded, moment, table, text
from .packed import opened, plain

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ROLLOUT = re.compile(rf"rollout-[0-9T:.-]+?-(?P<thread>{UUID.pattern})")
"""A rollout's name, without what it ends with."""


def run_id(path: Path, began: str) -> str:
    """Our id of a transcript: the same where it is moved into the archive."""
    return foreign_ulid(began, "codex", _thread(path) or str(path))


def parent_thread(meta: dict[str, e.Json]) -> str:
    """The thread that started this one as its subagent; older versions say it within the source."""
    spawned = table(table(table(meta, "source"), "subagent"), "thread_spawn")
    found = text(meta, "parent_thread_id") or text(spawned, "parent_thread_id")
    return found if UUID.fullmatch(found) else ""


def parent_run(path: Path, thread: str) -> str:
    """Our id of the run that started a subagent; empty if it began neither on the same day nor on the one before."""
    day = path.parent
    before = [one for one in _listed(day.parent) if one.name < day.name]
    for one in (*_listed(day), *(_listed(max(before)) if before else ())):
        if _thread(one) == thread and (began := _began(one)):
            return run_id(one, began)
    return ""


def _thread(path: Path) -> str:
    found = ROLLOUT.fullmatch(path.stem)
    return found["thread"] if found else ""


def _listed(folder: Path) -> list[Path]:
    try:
        return [plain(one) for one in folder.iterdir()]
    except OSError:
        return []


def _began(path: Path) -> str:
    try:
        with opened(str(path)) as file:
            return moment((decoded(file.readline()) or {}).get("timestamp"))
    except OSError:
        return ""
