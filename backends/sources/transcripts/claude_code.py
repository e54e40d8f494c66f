"""Claude Code's transcripts: `~/.claude/projects/<folder>/<session>.jsonl`, and its subagents' beside them.

Read off transcripts that version 2.1 wrote. Forks repeat the lines of the session that they were taken from, with all
ids but the session's. A process that works on one says so in `~/.claude/sessions/<pid>.json`, which a killed one
leaves there; later ones of that version also say in which `pidDomain` the number holds, and without that it may be
that of a process in any container that shares the folder.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from ..foreign_ids import foreign_ulid
from ..locks import sees_all
from ..processes import domain, lives
from .claude_clearing import clearing_of
from .claude_lines import prompt_of, told_by
from .fields import count, decoded, moment, one_line, table, tables, text, workflow_of
from .formats import Attended, Clearing, Line, Names, Session, Told

_SUBAGENT = "agent-"
_SESSION = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|agent-[A-Za-z0-9_-]+")
_BEGINNING_S = 60.0
"""So long at most a process takes to say that it is there."""
_UNSEEN_S = 3600.0
"""So long one that may be in another container, or on another machine, may be silent."""
_SILENT = "nothing was written for over an hour"
_NOBODY = "no process says that it is at work on it"


class ClaudeCode:
    """See `Format`."""

    name = "claude-code"
    title = "Claude Code"

    def is_transcript(self, path: Path) -> bool:
        return path.suffix == ".jsonl" and _SESSION.fullmatch(path.stem) is not None

    def session(self, path: Path, lines: Sequence[Line]) -> Session | None:
        began = next((t for line in lines if (t := self.time(line))), "")
        spoken = next((line for line in lines if line.get("type") in ("user", "assistant")), None)
        if not began or spoken is None:
            return None  # settings and snapshots alone are no run
        prompt = next((asked for line in lines if (asked := prompt_of(line))), "")
        facts = {"cwd": text(spoken, "cwd"), "branch": text(spoken, "gitBranch"), "version": text(spoken, "version")}
        found = Session(
            run=run_id(path, began),
            workflow=workflow_of(facts["cwd"], self.name),
            agent="claude",
            began=began,
            session=text(spoken, "sessionId") or path.stem,
            objective=one_line(prompt),
            project=facts["cwd"],
            meta={name: fact for name, fact in facts.items() if fact},
        )
        return _subagent(path, found) if path.stem.startswith(_SUBAGENT) else found

    def names(self, root: Path) -> Names | None:
        return None  # they are told in the transcripts

    def time(self, line: Line) -> str:
        return moment(line.get("timestamp"))

    def told(self, line: Line, session: Session) -> Iterable[Told]:
        return told_by(line, session)

    def attended(self, path: Path, session: Session) -> Attended:
        home = next((one.parent for one in path.parents if one.name == "projects"), path.parent)
        processes = home / "sessions"
        if not processes.is_dir():
            return Attended(None)  # older versions say nothing
        records = list(map(_read, processes.glob("*.json")))
        told = next((one for one in records if _is_of(one, session)), None)
        if told is None:
            if sees_all() and not any(map(_is_elsewhere, records)):
                return Attended(False, _NOBODY, _BEGINNING_S)
            # Of two containers each takes away what the other's processes say, or writes over it.
            return _hidden(f"{_NOBODY}, which one in another container may have said")
        pid = count(told, "pid")
        waits = (text(told, "waitingFor") or "an answer") if text(told, "status") == "waiting" else ""
        unseen = f"whether pid {pid} is gone cannot be seen from here"
        alive = lives(pid, text(told, "procStart"), text(told, "pidDomain"))
        if alive is None:
            return Attended(True, f"{waits}; {unseen}", hidden=True) if waits else _hidden(unseen)
        return Attended(True, waits) if alive else Attended(False, f"pid {pid} is gone")

    def clearing(self, root: Path) -> Clearing | None:
        return clearing_of(root)

    def goes_with(self, path: Path) -> Path:
        inside = next((one.parent for one in path.parents if one.name == "subagents"), None)
        return inside.with_name(f"{inside.name}.jsonl") if inside else path

    def is_answer(self, line: Line) -> bool:
        message = table(line, "message")
        blocks = tables(message.get("content"))
        may_end = line.get("type") == "assistant" and message.get("stop_reason") in (None, "max_tokens")
        return may_end and bool(blocks) and all(one.get("type") == "text" for one in blocks)


def _hidden(known: str) -> Attended:
    return Attended(None, f"{_SILENT}, and {known}", _UNSEEN_S, hidden=True)


def _is_elsewhere(process: Line) -> bool:
    """Whether it may be in another container, or on another machine: one that does not say where may be as well."""
    return text(process, "pidDomain") != domain()


def _is_of(process: Line, session: Session) -> bool:
    return text(process, "sessionId") == session.session


def run_id(path: Path, began: str) -> str:
    """Our id of a transcript."""
    return foreign_ulid(began, "claude-code", str(path))


def _subagent(path: Path, session: Session) -> Session:
    """A session that another began: beside it lies what it is, and the other's transcript."""
    told = _read(path.with_suffix(".meta.json"))  # older versions wrote none
    agent = text(told, "agentType") or "subagent"
    step = {"step": began} if (began := text(told, "toolUseId")) else {}
    few = {"tokens": "of output those when an answer began, which is all that is written: fewer than there were"}
    return msgspec.structs.replace(
        session,
        agent=agent,
        name=one_line(text(told, "description") or agent),
        parent=_parent(path, session.session),
        meta=session.meta | few | step,
    )


def _read(path: Path) -> Line:
    try:
        return decoded(path.read_bytes()) or {}
    except OSError:
        return {}


def _parent(path: Path, session: str) -> str:
    """Our id of the run that began a subagent; empty if it is not there."""
    if not _SESSION.fullmatch(session):
        return ""
    inside = next((one for one in path.parents if one.name == "subagents"), None)
    main = (inside.parent.parent if inside else path.parent) / f"{session}.jsonl"
    try:
        with main.open("rb") as file:
            for data in file:
                if began := moment((decoded(data) or {}).get("timestamp")):
                    return run_id(main, began)
    except OSError:
        return ""
    return ""
