"""What Codex's rollouts note besides messages and calls: how commands and turns ended, errors, models and usage.

The newest form numbers its lines, and tells of each request in a `token_usage_record`; before, a `token_count` told of
the last one, and told it again whenever limits changed.
"""

from collections.abc import Iterator

from ....core import events as e
from .codex_calls import FAULT, failed, file_made
from .codex_turns import payload_of
from .fields import count, moment_ms, one_line, table, text, title
from .formats import Line, Session, Told

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


def event_told(line: Line, session: Session) -> Iterator[Told]:
    """The events of an `event_msg`."""
    event = payload_of(line)
    kind = text(event, "type")
    match kind:
        case "item_completed":
            item = table(event, "item")
            yield from _done(item, text(item, "id"), session, moment_ms(event, "started_at_ms"))
        case "exec_command_end" | "patch_apply_end" | "mcp_tool_call_end":
            yield from _done(event, text(event, "call_id"), session, "")
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
            yield Told(e.RunMeta(meta={"title": one_line(name)}), name=one_line(name))


def noted(line: Line, session: Session) -> Iterator[Told]:
    """The events of other lines; the state of the world tells nothing."""
    payload = payload_of(line)
    match line.get("type"):
        case "token_usage_record":
            request = text(payload, "response_id")
            call = request or str(payload.get("thread_token_usage"))
            yield from _cost(table(payload, "usage"), session, call, request)
        case "turn_context" if model := text(payload, "model"):
            yield Told(e.RunMeta(meta={"model": model}), model=model)
        case "compacted":
            yield Told(e.Logged(level="INFO", kind="compact", message=text(payload, "message") or "compacted"))


# --- how turns end


def _ended(turn: e.StepEnd, run: e.FinishedStatus, error: e.Fault | None = None) -> Iterator[Told]:
    yield Told(e.StepFinished(step="", status=turn, error=error))
    yield Told(e.RunFinished(status=run, error=error))


def _broken(error: dict[str, e.Json]) -> Iterator[Told]:
    """A turn that an error ended. What kind of error is a word, or an object whose one name it is."""
    kind = error.get("codex_error_info")
    word = kind if isinstance(kind, str) else next(iter(kind), "") if isinstance(kind, dict) else ""
    fault = e.Fault(type=word or "error", message=text(error, "message")[:FAULT])
    yield Told(e.Logged(level="ERROR", kind=fault.type, message=fault.message))
    yield from _ended("failed", "failed", fault)


# --- how calls end


def _done(item: dict[str, e.Json], step: str, session: Session, began: str) -> Iterator[Told]:
    """What was done for a call of the model, or for one that a script of the model made, and since when."""
    kind = text(item, "type")
    if kind == "SubAgentActivity":
        about = f"{text(item, 'agent_path') or 'a subagent'}: {text(item, 'kind')}"
        yield Told(e.Logged(level="INFO", kind="subagent", message=about, details=_details(item)))
    elif kind == "Plan":
        yield Told(e.SnapshotTaken(name="plan", value=text(item, "text")))
    elif step and kind in _DONE:
        yield from _did(item, step, _DONE[kind], session, began)


def _details(event: dict[str, e.Json]) -> dict[str, e.Json]:
    return {name: value for name, value in event.items() if name not in ("type", "message")}


def _did(item: dict[str, e.Json], step: str, otherwise: str, session: Session, began: str) -> Iterator[Told]:
    result, shown = table(item, "result"), text(item, "aggregated_output", "stdout", "formatted_output")
    is_inner, code, given = step.startswith(_INNER), item.get("exit_code"), item.get("arguments", item.get("command"))
    if is_inner and code == -1:  # ended with the program, perhaps long after its turn: no step of a run that has ended
        yield Told(e.Logged(level="INFO", kind="stopped", message="a command was stopped", details={"command": given}))
        return
    if is_inner:
        name = title(text(item, "tool")) or otherwise
        yield Told(e.StepStarted(step=step, name=name, agent=session.agent, kind="tool", input=given), t=began)
    is_bad = item.get("status") in ("failed", "declined") or code not in (None, 0)
    if is_bad or item.get("success") is False or "Err" in result:
        why = text(table(item, "error"), "message") or text(result, "Err") or text(item, "error", "stderr") or shown
        yield failed(step, why or f"exit code {code}", shown or None)
        return
    if shown or is_inner:
        yield Told(e.StepFinished(step=step, status="completed", output=shown or None))
    for name, change in table(item, "changes").items():
        if isinstance(change, dict) and change.get("type") != "delete":
            yield file_made(text(change, "move_path") or name, step, session)


# --- what requests cost


def _counted(info: dict[str, e.Json], session: Session) -> Iterator[Told]:
    """The last request, of older versions. It is told again and again: all that was used until then is its name, and
    the thread that used it, or which this one was taken from (with which it repeats those of that one).
    """
    total, thread = table(info, "total_token_usage"), text(session.meta, "forked_from", "thread") or session.run
    used = " ".join(str(count(total, name)) for name in ("input_tokens", "output_tokens", "total_tokens"))
    return _cost(table(info, "last_token_usage"), session, f"{thread} {used}", "")


def _cost(usage: dict[str, e.Json], session: Session, call: str, request: str) -> Iterator[Told]:
    """A request: all its input is in `input_tokens`, and what it thought in `output_tokens`. Of which model it was is
    not said there.
    """
    cost = e.CostRecorded(
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
