"""What the lines of Codex's rollouts tell that went to the model, or came of it: messages, calls and their outputs.

How a call ended stands in its output, in one of several forms; most often a note (`codex_notes`) has said it before.
"""

import re
from collections.abc import Iterator
from pathlib import PurePath

from ....core import events as e
from .codex_turns import SHELL, asked, is_of_model, payload_of, shown, turn, words
from .fields import decoded, table, tables, text, title
from .formats import Line, Session, Told

FAULT = 2_000
"""Characters of a failure that are told as its error."""
_HEADER = re.compile(
    r"(?:(?:Chunk ID|Wall time|Process|Exit code|Original token count|Script|Total output lines)\b.*\n){1,8}Output:\n"
)
"""What precedes the output of a command, as the model is told of it."""
_EXIT = re.compile(r"^(?:Process exited with code|Exit code:) (-?\d+)$", re.MULTILINE)
_REFUSED = re.compile(r"unsupported (custom tool )?call|failed to |unable to |(exec_command|apply_patch)\b.* failed")
_STOPPED = re.compile(r"(Wall time: .*\n)?(aborted|rejected by user|exec command rejected by user)\b.{0,60}")
_CHANGED = re.compile(r"Success\. Updated the following files:\n((?:[AMD] .+\n?)+)")
_SERVED = ("web_search_call", "image_generation_call")
"""Calls that the server ran: no output follows."""


def item_told(line: Line, session: Session) -> Iterator[Told]:
    """The events of a `response_item`."""
    item, agent = payload_of(line), session.agent
    kind = text(item, "type")
    if kind == "message" and item.get("role") == "user":
        yield from _said(line, item, session)
    elif kind == "agent_message":
        yield from _passed(line, item, session)
    elif is_of_model(line):
        yield from turn(line, session, "")
        if kind == "message" and (answer := words(item.get("content"))):
            yield Told(e.MessageSent(sender=agent, recipient="user", role="assistant", content=answer))
        elif kind == "reasoning" and (thought := words(item.get("summary")) or words(item.get("content"))):
            yield Told(e.MessageSent(sender=agent, role="thinking", content=thought))
        elif kind.endswith("_call"):
            yield from _call(line, item, agent)
        elif kind.endswith("_output") and (step := text(item, "call_id")):
            yield from _output(step, item.get("output", item.get("tools")), session)


def _said(line: Line, message: dict[str, e.Json], session: Session) -> Iterator[Told]:
    content = asked(message)
    if words(content).startswith(SHELL):
        yield Told(e.Logged(level="DEBUG", kind="command", message=words(content)))
    elif content:
        yield from turn(line, session, words(content))
        yield Told(e.MessageSent(sender="user", recipient=session.agent, role="user", content=content))


def _passed(line: Line, message: dict[str, e.Json], session: Session) -> Iterator[Told]:
    """What one agent told another: a heading, and a text that is not always written down."""
    content = words(message.get("content"))
    heading, _, task = content.partition("Payload:\n")
    named = next((one for one in heading.splitlines() if one.startswith("Task name: ")), "")
    yield from turn(line, session, task or PurePath(named.removeprefix("Task name: ")).name)
    own = session.meta.get("agent_path") or "/root"
    names = [session.agent if path == own else path for path in (text(message, "author"), text(message, "recipient"))]
    yield Told(e.MessageSent(sender=names[0] or "agent", recipient=names[1], role="agent", content=content))


def _call(line: Line, call: dict[str, e.Json], agent: str) -> Iterator[Told]:
    kind = text(call, "type")
    step = text(call, "call_id", "id") or f"{kind} {text(line, 'timestamp')}"
    given = call.get("arguments", call.get("input", call.get("action", call.get("revised_prompt"))))
    parsed = _object(given) if isinstance(given, str) else None
    name = title(text(call, "name")) or kind.removesuffix("_call")
    yield Told(e.StepStarted(step=step, name=name, agent=agent, kind="tool", input=given if parsed is None else parsed))
    if kind in _SERVED:
        yield Told(e.StepFinished(step=step, status="failed" if call.get("status") == "failed" else "completed"))


def _object(written: str) -> dict[str, e.Json] | None:
    return decoded(written.encode("utf-8", "surrogatepass"))


def _output(step: str, output: e.Json, session: Session) -> Iterator[Told]:
    fields = output if isinstance(output, dict) else {}
    whole = words(fields.get("content", output))
    own, code = _unwrapped(whole)
    is_refused = code is None and _REFUSED.match(whole) is not None
    if _STOPPED.fullmatch(whole):
        yield Told(e.StepFinished(step=step, status="skipped", output=own))
    elif is_refused or code not in (None, 0) or fields.get("success") is False:
        yield failed(step, own or f"exit code {code}", own)
    else:
        other = [shown(one) for one in tables(output)] or output
        yield Told(e.StepFinished(step=step, status="completed", output=own if whole else other))
        yield from _patched(own, step, session)


def _unwrapped(whole: str) -> tuple[str, int | None]:
    """An output without what the program added, and the exit code that this says; None if it says none."""
    older = _object(whole) if whole.startswith('{"output":') else None
    if older is not None:
        code = table(older, "metadata").get("exit_code")
        return text(older, "output"), code if isinstance(code, int) else None
    header = _HEADER.match(whole[:2_000])
    if header is None:
        return whole, None
    found = _EXIT.search(header[0])
    code = int(found[1][:9]) if found else int("Script failed" in header[0])
    return whole[header.end() :].removeprefix("\n"), code


def failed(step: str, why: str, output: e.Json) -> Told:
    """The end of a call that failed."""
    return Told(e.StepFinished(step=step, status="failed", error=e.Fault(message=why[:FAULT]), output=output))


def _patched(output: str, step: str, session: Session) -> Iterator[Told]:
    """The files that a patch made or changed, as the program tells the model."""
    changed = _CHANGED.match(output)
    for one in changed[1].splitlines() if changed else ():
        if not one.startswith("D "):
            yield file_made(one[2:], step, session)


def file_made(name: str, step: str, session: Session) -> Told:
    """A file that a call made or changed; a later one that changes it again tells nothing new."""
    path = PurePath(session.project, name)
    return Told(e.ArtifactMade(name=path.name, path=str(path), step=step), once=f"file {path}")
