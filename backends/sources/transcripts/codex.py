"""Codex's transcripts ("rollouts"): `~/.codex/sessions/2026/11/20/rollout-<time>-<thread>.jsonl`, and archived ones.

Read off transcripts that version 0.169 wrote; forms of earlier versions, where they differ, off what is known of them.
A line is an object with a `type` and a `payload`. `response_item` lines are what went to the model and what came of it:
all versions write them, so that they are the truth here about messages and calls, and `event_msg` lines that say the
same for screens are passed over. How a command or a change of files ended is said by an `event_msg`, most often before
the call's output. The newest form numbers its lines, and tells of each request in a `token_usage_record`; before, a
`token_count` told of the last one, and told it again whenever limits changed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath

from ....core import events as e
from ..foreign_ids import foreign_ulid
from .fields import count, decoded, moment, one_line, table, tables, text, title, workflow_of
from .formats import TURN, Attended, Line, Session, Told

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ROLLOUT = re.compile(rf"rollout-[0-9T:.-]+?-(?P<thread>{_UUID.pattern})")
_TIMED = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4})-7")
"""Beginning of an id that says when it was made, as those of turns do, and of all but the oldest threads."""
_GIVEN = re.compile(
    r"\s*(# AGENTS\.md instructions|<(environment_context|user_instructions|user_action|turn_aborted|skill|goal_context"
    r"|subagent_notification|permissions instructions|collaboration_mode|model_switch|personality_spec|hook_prompt)\b)"
)
"""What the program itself puts into a person's mouth."""
_SHELL = "<user_shell_command>"
_HEADER = re.compile(
    r"(?:(?:Chunk ID|Wall time|Process|Exit code|Original token count|Script|Total output lines)\b.*\n){1,8}Output:\n"
)
"""What precedes the output of a command, as the model is told of it."""
_EXIT = re.compile(r"^(?:Process exited with code|Exit code:) (-?\d+)$", re.MULTILINE)
_REFUSED = re.compile(r"unsupported (custom tool )?call|failed to |unable to |(exec_command|apply_patch)\b.* failed")
_STOPPED = re.compile(r"(Wall time: .*\n)?(aborted|rejected by user|exec command rejected by user)\b.{0,60}")
_CHANGED = re.compile(r"Success\. Updated the following files:\n((?:[AMD] .+\n?)+)")
_INNER = "exec-"
"""How the id of a call begins that a script of the model made, within the call that ran the script."""
_DONE = {
    "CommandExecution": "exec_command",
    "exec_command_end": "exec_command",
    "FileChange": "apply_patch",
    "patch_apply_end": "apply_patch",
    "McpToolCall": "mcp",
    "mcp_tool_call_end": "mcp",
    "DynamicToolCall": "tool",
    "CollabAgentToolCall": "agent",
}
"""What is said to be done for calls, and what such a call is called where nothing says its name."""
_FAULT = 2_000  # characters of a failure that are told as its error


class Codex:
    """See `Format`."""

    name = "codex"
    title = "Codex"

    def is_transcript(self, path: Path) -> bool:
        return path.suffix == ".jsonl" and _ROLLOUT.fullmatch(path.stem) is not None

    def session(self, path: Path, lines: Sequence[Line]) -> Session | None:
        first = next((line for line in lines if line.get("type") == "session_meta" and self.time(line)), None)
        models = [text(_payload(line), "model") for line in lines if line.get("type") == "turn_context"]
        asked = next((prompt for line in lines if (prompt := _prompt(line))), "")
        if first is None or not (any(map(_is_of_model, lines)) or (models and asked)):
            return None  # opened, and nothing asked yet
        meta, began = _payload(first), self.time(first)
        folder, parent, agent_path = text(meta, "cwd"), _parent_thread(meta), text(meta, "agent_path")
        return Session(
            run=run_id(path, began),
            workflow=workflow_of(folder, self.name),
            agent=text(meta, "agent_role") or self.name,
            began=began,
            session=text(meta, "session_id") or parent or text(meta, "id") or path.stem,
            name=one_line(PurePath(agent_path).name or text(meta, "agent_nickname")),
            objective=one_line(asked),
            parent=_parent(path, parent) if parent else "",
            project=folder,
            meta=_facts(meta, next(filter(None, models), "")),
        )

    def time(self, line: Line) -> str:
        return moment(line.get("timestamp"))

    def told(self, line: Line, session: Session) -> Iterable[Told]:
        payload, kind = _payload(line), line.get("type")
        if _is_repeated(line, session):
            return ()
        if kind == "response_item":
            return _item(line, payload, session)
        if kind == "event_msg":
            return _event(line, payload, session)
        return _noted(kind, payload, session)

    def attended(self, path: Path, session: Session) -> Attended:
        return Attended(None)

    def is_answer(self, line: Line) -> bool:
        payload = _payload(line)
        is_said = line.get("type") == "response_item" and payload.get("type") == "message"
        return is_said and payload.get("role") == "assistant" and payload.get("phase") != "commentary"


def run_id(path: Path, began: str) -> str:
    """Our id of a transcript: the same where it is moved into the archive."""
    found = _ROLLOUT.fullmatch(path.stem)
    return foreign_ulid(began, "codex", found["thread"] if found else str(path))


def _payload(line: Line) -> dict[str, e.Json]:
    return table(line, "payload")


def _facts(meta: dict[str, e.Json], model: str) -> dict[str, e.Json]:
    own = count(meta, "subagent_history_start_ordinal")
    facts: dict[str, e.Json] = {
        "cwd": text(meta, "cwd"),
        "branch": text(table(meta, "git"), "branch"),
        "version": text(meta, "cli_version"),
        "originator": text(meta, "originator"),
        "provider": text(meta, "model_provider"),
        "model": model,
        "thread": text(meta, "id"),
        "forked_from": text(meta, "forked_from_id"),
        "agent_path": text(meta, "agent_path"),
        "own_from": max(own, count(table(meta, "history_base"), "end_ordinal_exclusive")),
    }
    return {name: fact for name, fact in facts.items() if fact}


def _parent_thread(meta: dict[str, e.Json]) -> str:
    """The thread that started this one as its subagent; older versions say it within the source."""
    spawned = table(table(table(meta, "source"), "subagent"), "thread_spawn")
    found = text(meta, "parent_thread_id") or text(spawned, "parent_thread_id")
    return found if _UUID.fullmatch(found) else ""


def _parent(path: Path, thread: str) -> str:
    """Our id of the run that started a subagent; empty if it began neither on the same day nor on the one before."""
    day = path.parent
    before = [one for one in _listed(day.parent) if one.name < day.name]
    for one in (*_listed(day), *(_listed(max(before)) if before else ())):
        found = _ROLLOUT.fullmatch(one.stem)
        if found and found["thread"] == thread and (began := _began(one)):
            return run_id(one, began)
    return ""


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _began(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return moment((decoded(file.readline()) or {}).get("timestamp"))
    except OSError:
        return ""


# --- what is another's, and what begins a turn


def _is_repeated(line: Line, session: Session) -> bool:
    """Whether a line was copied from the thread that this one was taken from: its number is too low, or it is of a turn
    that is older than the thread.
    """
    number, own_from = line.get("ordinal"), session.meta.get("own_from")
    if isinstance(number, int) and isinstance(own_from, int):
        return number < own_from
    turn, thread = _TIMED.match(_turn_id(line)), _TIMED.match(text(session.meta, "thread"))
    return turn is not None and thread is not None and turn[1] < thread[1]


def _turn_id(line: Line) -> str:
    payload = _payload(line)
    return text(payload, "turn_id") or text(table(payload, "internal_chat_message_metadata_passthrough"), "turn_id")


def _turn(line: Line, session: Session, name: str) -> Iterator[Told]:
    """The beginning of a turn, by whichever of its lines comes first: not all have a prompt. In older versions messages
    do not say which they belong to, and each prompt begins one.
    """
    step = _turn_id(line) or (f"turn {text(line, 'timestamp')}" if _prompt(line) else "")
    if step:
        begun = e.StepStarted(step=step, name=title(name) or TURN, kind=TURN, agent=session.agent)
        yield Told(begun, once=f"turn {step}")


def _prompt(line: Line) -> str:
    """What a person asks for; empty if the line is no prompt."""
    payload = _payload(line)
    is_said = line.get("type") == "response_item" and payload.get("type") == "message" and payload.get("role") == "user"
    found = _words(_asked(payload)) if is_said else ""
    return "" if found.startswith(_SHELL) else found


def _is_of_model(line: Line) -> bool:
    """Whether the model said it, or it came of what the model said."""
    payload = _payload(line)
    is_input = payload.get("type") in ("message", "additional_tools") and payload.get("role") != "assistant"
    return line.get("type") == "response_item" and bool(payload) and not is_input


# --- messages and calls


def _item(line: Line, item: dict[str, e.Json], session: Session) -> Iterator[Told]:
    agent, kind = session.agent, text(item, "type")
    if kind == "message" and item.get("role") == "user":
        yield from _said(line, item, session)
    elif kind == "agent_message":
        yield from _passed(line, item, session)
    elif _is_of_model(line):
        yield from _turn(line, session, "")
        if kind == "message" and (answer := _words(item.get("content"))):
            yield Told(e.MessageSent(sender=agent, recipient="user", role="assistant", content=answer))
        elif kind == "reasoning" and (thought := _words(item.get("summary")) or _words(item.get("content"))):
            yield Told(e.MessageSent(sender=agent, role="thinking", content=thought))
        elif kind.endswith("_call"):
            yield from _call(line, item, agent)
        elif kind.endswith("_output") and (step := text(item, "call_id")):
            yield from _output(step, item.get("output", item.get("tools")), session)


def _said(line: Line, item: dict[str, e.Json], session: Session) -> Iterator[Told]:
    content = _asked(item)
    if _words(content).startswith(_SHELL):
        yield Told(e.Logged(level="DEBUG", kind="command", message=_words(content)))
    elif content:
        yield from _turn(line, session, _words(content))
        yield Told(e.MessageSent(sender="user", recipient=session.agent, role="user", content=content))


def _asked(item: dict[str, e.Json]) -> e.Json:
    """What a person wrote of a message, without what the program added; a text where it is only that."""
    said = table(item, "internal_chat_message_metadata_passthrough").get("content_item_kinds")
    parts, kinds = tables(item.get("content")), said if isinstance(said, list) else []
    kinds = [*kinds, *[""] * len(parts)]
    own = [_part(part) for part, kind in zip(parts, kinds, strict=False) if not _is_given(part, kind)]
    return text(own[0], "text") if len(own) == 1 and "text" in own[0] else own


def _is_given(part: dict[str, e.Json], kind: e.Json) -> bool:
    is_own = isinstance(kind, str) and kind.startswith("user.")
    return not is_own and _GIVEN.match(text(part, "text")) is not None


def _part(part: dict[str, e.Json]) -> dict[str, e.Json]:
    """A part of a message; of an image what it is, not its bytes."""
    image = text(part, "image_url")
    return part | {"image_url": f"{len(image)} characters, in the transcript"} if image.startswith("data:") else part


def _words(content: e.Json) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(found for one in tables(content) if (found := text(one, "text")))


def _passed(line: Line, item: dict[str, e.Json], session: Session) -> Iterator[Told]:
    """What one agent told another: a heading, and a text that is not always written down."""
    content = _words(item.get("content"))
    heading, _, task = content.partition("Payload:\n")
    named = next((one for one in heading.splitlines() if one.startswith("Task name: ")), "")
    yield from _turn(line, session, task or PurePath(named.removeprefix("Task name: ")).name)
    own = session.meta.get("agent_path") or "/root"
    names = [session.agent if path == own else path for path in (text(item, "author"), text(item, "recipient"))]
    yield Told(e.MessageSent(sender=names[0] or "agent", recipient=names[1], role="agent", content=content))


def _call(line: Line, item: dict[str, e.Json], agent: str) -> Iterator[Told]:
    kind = text(item, "type")
    step = text(item, "call_id", "id") or f"{kind} {text(line, 'timestamp')}"
    given = item.get("arguments", item.get("input", item.get("action", item.get("revised_prompt"))))
    parsed = decoded(given.encode("utf-8", "surrogatepass")) if isinstance(given, str) else None
    name = title(text(item, "name")) or kind.removesuffix("_call")
    yield Told(e.StepStarted(step=step, name=name, agent=agent, kind="tool", input=given if parsed is None else parsed))
    if kind in ("web_search_call", "image_generation_call"):  # the server ran it, and no output follows
        yield Told(e.StepFinished(step=step, status="failed" if item.get("status") == "failed" else "completed"))


def _output(step: str, output: e.Json, session: Session) -> Iterator[Told]:
    """What a call gave back, as the model is told: a text of one of several forms, which says how it ended."""
    fields = output if isinstance(output, dict) else {}
    whole = _words(fields.get("content", output))
    shown, code = _unwrapped(whole)
    is_refused = code is None and _REFUSED.match(whole) is not None
    if _STOPPED.fullmatch(whole):
        yield Told(e.StepFinished(step=step, status="skipped", output=shown))
    elif is_refused or code not in (None, 0) or fields.get("success") is False:
        yield Told(_failed(step, shown or f"exit code {code}", shown))
    else:
        other = [_part(one) for one in tables(output)] or output
        yield Told(e.StepFinished(step=step, status="completed", output=shown if whole else other))
        yield from _patched(shown, step, session)


def _unwrapped(whole: str) -> tuple[str, int | None]:
    """An output without what the program added, and the exit code that this says; None if it says none."""
    old = decoded(whole.encode("utf-8", "surrogatepass")) if whole.startswith('{"output":') else None
    if old is not None:
        code = table(old, "metadata").get("exit_code")
        return text(old, "output"), code if isinstance(code, int) else None
    header = _HEADER.match(whole[:_FAULT])
    if header is None:
        return whole, None
    found = _EXIT.search(header[0])
    code = int(found[1][:9]) if found else int("Script failed" in header[0])
    return whole[header.end() :].removeprefix("\n"), code


def _failed(step: str, why: str, output: e.Json) -> e.StepFinished:
    return e.StepFinished(step=step, status="failed", error=e.Fault(message=why[:_FAULT]), output=output)


def _patched(shown: str, step: str, session: Session) -> Iterator[Told]:
    """The files that a patch made or changed, as the program tells the model."""
    changed = _CHANGED.match(shown)
    for one in changed[1].splitlines() if changed else ():
        if not one.startswith("D "):
            yield _file(one[2:], step, session)


def _file(name: str, step: str, session: Session) -> Told:
    path = PurePath(session.project, name)
    return Told(e.ArtifactMade(name=path.name, path=str(path), step=step), once=f"file {path}")


# --- what is noted besides


def _event(line: Line, event: dict[str, e.Json], session: Session) -> Iterator[Told]:
    kind = text(event, "type")
    match kind:
        case "item_completed":
            item = table(event, "item")
            yield from _done(item, text(item, "id"), session)
        case "exec_command_end" | "patch_apply_end" | "mcp_tool_call_end":
            yield from _done(event, text(event, "call_id"), session)
        case "token_count" if "ordinal" not in line:
            yield from _counted(table(event, "info"), session)
        case "task_complete" | "turn_complete":
            error = table(event, "error")
            yield from _broken(error) if error else _ended("completed", "completed")
        case "error":
            yield from _broken(event)
        case "turn_aborted":
            yield Told(e.Logged(level="WARNING", kind="interrupt", message=text(event, "reason") or "interrupted"))
            yield from _ended("skipped", "cancelled")
        case "warning" | "guardian_warning" | "stream_error" | "deprecation_notice" | "model_reroute":
            why = text(event, "message", "summary", "reason") or kind
            yield Told(e.Logged(level="WARNING", kind=kind, message=why, details=_details(event)))
        case "thread_rolled_back":
            yield Told(e.Logged(level="INFO", kind=kind, message="turns were taken back", details=_details(event)))
        case "thread_name_updated" if name := text(event, "thread_name"):
            yield Told(e.RunMeta(meta={"title": one_line(name)}))


def _details(event: dict[str, e.Json]) -> dict[str, e.Json]:
    return {name: value for name, value in event.items() if name not in ("type", "message")}


def _ended(turn: e.StepEnd, run: e.FinishedStatus, error: e.Fault | None = None) -> Iterator[Told]:
    yield Told(e.StepFinished(step="", status=turn, error=error))
    yield Told(e.RunFinished(status=run, error=error))


def _broken(error: dict[str, e.Json]) -> Iterator[Told]:
    """A turn that an error ended. What kind of error is a word, or an object whose one name it is."""
    kind = error.get("codex_error_info")
    word = kind if isinstance(kind, str) else next(iter(kind), "") if isinstance(kind, dict) else ""
    fault = e.Fault(type=word or "error", message=text(error, "message")[:_FAULT])
    yield Told(e.Logged(level="ERROR", kind=fault.type, message=fault.message))
    yield from _ended("failed", "failed", fault)


def _done(item: dict[str, e.Json], step: str, session: Session) -> Iterator[Told]:
    """What was done for a call of the model, or for one that a script of the model made."""
    kind = text(item, "type")
    if kind == "SubAgentActivity":
        about = f"{text(item, 'agent_path') or 'a subagent'}: {text(item, 'kind')}"
        yield Told(e.Logged(level="INFO", kind="subagent", message=about, details=_details(item)))
    elif kind == "Plan":
        yield Told(e.SnapshotTaken(name="plan", value=text(item, "text")))
    elif step and kind in _DONE:
        yield from _did(item, step, _DONE[kind], session)


def _did(item: dict[str, e.Json], step: str, otherwise: str, session: Session) -> Iterator[Told]:
    result, shown = table(item, "result"), text(item, "aggregated_output", "stdout", "formatted_output")
    is_inner, code, given = step.startswith(_INNER), item.get("exit_code"), item.get("arguments", item.get("command"))
    if is_inner and code == -1:  # ended with the program, perhaps long after its turn: no step of a run that has ended
        yield Told(e.Logged(level="INFO", kind="stopped", message="a command was stopped", details={"command": given}))
        return
    if is_inner:
        name = title(text(item, "tool")) or otherwise
        yield Told(e.StepStarted(step=step, name=name, agent=session.agent, kind="tool", input=given))
    is_bad = item.get("status") in ("failed", "declined") or code not in (None, 0)
    if is_bad or item.get("success") is False or "Err" in result:
        why = text(table(item, "error"), "message") or text(result, "Err") or text(item, "error", "stderr") or shown
        yield Told(_failed(step, why or f"exit code {code}", shown or None))
        return
    if shown or is_inner:
        yield Told(e.StepFinished(step=step, status="completed", output=shown or None))
    for name, change in table(item, "changes").items():
        if isinstance(change, dict) and change.get("type") != "delete":
            yield _file(text(change, "move_path") or name, step, session)


def _noted(kind: e.Json, payload: dict[str, e.Json], session: Session) -> Iterator[Told]:
    """Lines that are neither; the state of the world and settings tell nothing."""
    if kind == "token_usage_record":
        response = text(payload, "response_id")
        yield from _cost(table(payload, "usage"), session, response or str(payload.get("thread_token_usage")), response)
    elif kind == "turn_context" and (model := text(payload, "model")) and model != session.meta.get("model"):
        yield Told(e.RunMeta(meta={"model": model}), once=f"model {model}")
    elif kind == "compacted":
        yield Told(e.Logged(level="INFO", kind="compact", message=text(payload, "message") or "compacted"))


def _counted(info: dict[str, e.Json], session: Session) -> Iterator[Told]:
    """The last request, of older versions. It is told again and again: all that was used until then is its name, and
    the thread that used it, or which this one was taken from (with which it repeats those of that one).
    """
    total, thread = table(info, "total_token_usage"), text(session.meta, "forked_from", "thread") or session.run
    used = " ".join(str(count(total, name)) for name in ("input_tokens", "output_tokens", "total_tokens"))
    return _cost(table(info, "last_token_usage"), session, f"{thread} {used}", "")


def _cost(usage: dict[str, e.Json], session: Session, call: str, request: str) -> Iterator[Told]:
    """A request: all its input is in `input_tokens`, and what it thought in `output_tokens`."""
    cost = e.CostRecorded(
        model=text(session.meta, "model"),
        provider=text(session.meta, "provider") or "openai",
        agent=session.agent,
        input_tokens=count(usage, "input_tokens"),
        output_tokens=count(usage, "output_tokens"),
        cache_read_tokens=count(usage, "cached_input_tokens"),
        cache_write_tokens=count(usage, "cache_write_input_tokens"),
        reasoning_tokens=count(usage, "reasoning_output_tokens"),
        request_id=request,
    )
    if cost.input_tokens or cost.output_tokens:  # a context that is full is told of as a request without any
        yield Told(cost, call=call)
