"""Codex's transcripts ("rollouts"): `~/.codex/sessions/2026/11/20/rollout-<time>-<thread>.jsonl`, and archived ones.

Read off transcripts that version 0.169 wrote; forms of earlier versions, where they differ, off what is known of them.
A line is an object with a `type` and a `payload`. `response_item` lines are what went to the model and what came of it
(`codex_calls`): all versions write them, so that they are the truth here about messages and calls, and `event_msg`
lines that say the same for screens are passed over. Those tell besides (`codex_notes`) how commands and turns ended.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from ....core import events as e
from ..locks import holders, sees_all
from .codex_calls import item_told
from .codex_names import ThreadNames, home_of
from .codex_notes import event_told, noted
from .codex_threads import ROLLOUT, UUID, parent_run, parent_thread, run_id
from .codex_turns import is_of_model, is_repeated, payload_of, prompt
from .fields import count, moment, one_line, table, text, workflow_of
from .formats import Attended, Clearing, Line, Names, Session, Told

_UNSEEN_S = 3600.0
"""So long whoever may hold a thread's lock in another container may be silent."""


class Codex:
    """See `Format`."""

    name = "codex"
    title = "Codex"

    def is_transcript(self, path: Path) -> bool:
        return path.suffix == ".jsonl" and ROLLOUT.fullmatch(path.stem) is not None

    def session(self, path: Path, lines: Sequence[Line]) -> Session | None:
        first = next((line for line in lines if line.get("type") == "session_meta" and self.time(line)), None)
        asked = next(filter(None, map(prompt, lines)), "")
        if first is None or not (asked or any(map(is_of_model, lines))):
            return None  # opened, and nothing asked yet
        meta, began = payload_of(first), self.time(first)
        folder, parent, agent_path = text(meta, "cwd"), parent_thread(meta), text(meta, "agent_path")
        return Session(
            run=run_id(path, began),
            workflow=workflow_of(folder, self.name),
            agent=text(meta, "agent_role") or self.name,
            began=began,
            session=text(meta, "session_id") or parent or text(meta, "id") or path.stem,
            name=one_line(PurePath(agent_path).name or text(meta, "agent_nickname")),
            objective=one_line(asked),
            parent=parent_run(path, parent) if parent else "",
            project=folder,
            meta=_facts(meta),
        )

    def names(self, root: Path) -> Names:
        return ThreadNames(root)

    def time(self, line: Line) -> str:
        return moment(line.get("timestamp"))

    def told(self, line: Line, session: Session) -> Iterable[Told]:
        if is_repeated(line, session):
            return ()
        match line.get("type"):
            case "response_item":
                return item_told(line, session)
            case "event_msg":
                return event_told(line, session)
        return noted(line, session)

    def attended(self, path: Path, session: Session) -> Attended:
        """A program holds a lock named after the thread as long as it works on it, and takes it away in the end: a
        lock that nobody holds was left by one that was killed. Where there is none an older version may be at work, and
        where it is seen from a container one in another.
        """
        home = home_of(path.parent)
        thread = text(session.meta, "thread")
        if not UUID.fullmatch(thread):
            return Attended(None)
        try:
            held_by = holders(home / "thread-writer-locks" / f"{thread}.lock")
        except OSError:
            return Attended(None)
        if held_by or held_by is None:
            return Attended(True if held_by else None)
        if sees_all():
            return Attended(False, "nobody holds the lock of its thread")
        known = "nothing was written for over an hour, and nobody seen from here holds its lock"
        return Attended(None, known, _UNSEEN_S, hidden=True)

    def clearing(self, root: Path) -> Clearing | None:
        return None

    def goes_with(self, path: Path) -> Path:
        return path

    def is_answer(self, line: Line) -> bool:
        payload = payload_of(line)
        is_said = line.get("type") == "response_item" and payload.get("type") == "message"
        return is_said and payload.get("role") == "assistant" and payload.get("phase") != "commentary"


def _facts(meta: dict[str, e.Json]) -> dict[str, e.Json]:
    own = count(meta, "subagent_history_start_ordinal")
    facts: dict[str, e.Json] = {
        "cwd": text(meta, "cwd"),
        "branch": text(table(meta, "git"), "branch"),
        "version": text(meta, "cli_version"),
        "originator": text(meta, "originator"),
        "provider": text(meta, "model_provider"),
        "thread": text(meta, "id"),
        "forked_from": text(meta, "forked_from_id"),
        "agent_path": text(meta, "agent_path"),
        "own_from": max(own, count(table(meta, "history_base"), "end_ordinal_exclusive")),
    }
    return {name: fact for name, fact in facts.items() if fact}
