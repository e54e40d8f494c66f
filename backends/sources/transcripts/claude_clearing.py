"""When Claude Code removes transcripts: once a day, as it starts, without a word. Read off version 2.1.

Of its own folder it removes sessions that were not written to for `cleanupPeriodDays`, with their subagents, and
remembers in `.last-cleanup` that it did. What stands in a project's own settings is not looked at here: which project
it is started in next, nobody knows.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from .fields import decoded
from .formats import Clearing, Line

_DAYS, _DAY_S = 30, 86_400.0
_MANAGED = (
    Path("/etc/claude-code/managed-settings.json"),
    Path("/Library/Application Support/ClaudeCode/managed-settings.json"),
)
"""What a machine's keeper sets, before what its user does."""


def clearing_of(place: Path) -> Clearing | None:
    """By what rule it removes what lies in a place; None if that is no folder of its own, or it never does."""
    home = next((one for one in (place, *place.parents) if (one / "projects").is_dir()), None)
    if home is None or not _is_its_own(home):
        return None
    told = next((line["cleanupPeriodDays"] for line in _settings(home) if "cleanupPeriodDays" in line), None)
    days = _DAYS if told is None else told
    if isinstance(days, bool) or not isinstance(days, int) or days < 1:
        return None  # with settings that are wrong it removes nothing
    why = "its default" if told is None else "cleanupPeriodDays in its settings"
    return Clearing(days * _DAY_S, f"after {days} days in which nothing was written ({why})")


def _is_its_own(home: Path) -> bool:
    named = os.environ.get("CLAUDE_CONFIG_DIR")
    own = Path(named) if named else Path.home() / ".claude"
    return (home / ".last-cleanup").exists() or home == own.resolve()


def _settings(home: Path) -> Iterator[Line]:
    for path in (*_MANAGED, home / "settings.json"):
        try:
            yield decoded(path.read_bytes()) or {}
        except OSError:
            continue
