"""What a line of Claude Code's transcripts tells.

A line is an object with a `type`; `user` and `assistant` lines hold one message of the Messages API each, an answer of
several blocks one line a block, all with the answer's id and usage. The end of a turn is `stop_reason` of its last
answer, which is null where it was not known when the line was written (in all lines of subagents, whose output tokens
are those when an answer began: fewer than it had).
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ....core import events as e
from ....core.costs import Extra
from .fields import count, one_line, table, tables, text, title
from .formats import TURN, Line, Session, Told

_ENDS = frozenset({"end_turn", "stop_sequence", "refusal"})
"""Reasons after which it waits for the next prompt; after `max_tokens` it goes on by itself."""
_SYNTHETIC = "<synthetic>"
"""The model of what the program says itself: errors, and what there was of an answer that was interrupted."""
_COMMAND = re.compile(r"\s*<(command-|local-command-|bash-|user-memory-|task-notification|system-reminder)")
"""What the program itself puts into a person's mouth."""
_TAGGED = re.compile(r"<([a-z-]+)>(.*?)</\1>", re.DOTALL)
_INTERRUPTED = "[Request interrupted by user"
_LEVELS: dict[str, e.Level] = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}
_RETRIES: tuple[str, ...] = ("retryAttempt", "maxRetries", "retryInMs")
_PROVIDERS = (("anthropic.claude", "aws"), ("@", "google"), ("/", ""))
"""Signs in the names of models: of Bedrock, of Vertex, and of a gateway that names the maker first."""
_FAULT = 2_000  # characters of a tool's failure that are told as its error


def told_by(line: Line, session: Session) -> Iterable[Told]:
    """The events that a line may tell, in order."""
    match line.get("type"):
        case "user":
            return _user(line, session)
        case "assistant":
            return _assistant(line, session)
        case "system":
            return _system(line)
        case "summary" | "ai-title" | "custom-title":
            found = text(line, "customTitle", "aiTitle", "title", "summary")
            return [_titled(one_line(found), text(line, "type"))] if found else []
    return ()  # settings, snapshots and what is handed to the model besides


def _titled(title: str, kind: str) -> Told:
    """What a session is called. Summaries are not always of the session that they stand in."""
    name = "" if kind == "summary" else title
    is_chosen = kind == "custom-title"
    return Told(e.RunMeta(meta={"title": title}), once=f"title {title}", name=name, chosen=is_chosen)


def _user(line: Line, session: Session) -> Iterator[Told]:
    content = table(line, "message").get("content")
    if line.get("isCompactSummary"):
        yield Told(e.Logged(level="INFO", kind="compact", message=_words(content), details={}))
        return
    for block in tables(content):
        if block.get("type") == "tool_result":
            yield from _result(block, line)
    said = _said(content)
    if not said or line.get("isMeta"):
        return
    if _words(said).startswith(_INTERRUPTED):
        yield Told(e.Logged(level="WARNING", kind="interrupt", message=_words(said)))
        yield Told(e.StepFinished(step="", status="skipped"))
        yield Told(e.RunFinished(status="cancelled"))
    elif _COMMAND.match(_words(said)):
        yield Told(e.Logged(level="INFO", kind="command", message=_command(_words(said))))
    else:
        if prompt := prompt_of(line):
            yield Told(e.StepStarted(step=text(line, "uuid"), name=title(prompt), kind=TURN, agent=session.agent))
        yield Told(e.MessageSent(sender="user", recipient=session.agent, role="user", content=said))


def prompt_of(line: Line) -> str:
    """What a person (or, of a subagent, the run that began it) asks for; empty if the line is no prompt."""
    if line.get("type") != "user" or line.get("isMeta") or line.get("isCompactSummary") or not text(line, "uuid"):
        return ""
    if line.get("isSidechain") and not text(line, "agentId"):
        return ""  # an older version wrote subagents into the transcript itself
    said = _words(_said(table(line, "message").get("content")))
    return "" if said.startswith(_INTERRUPTED) or _COMMAND.match(said) else said


def _command(said: str) -> str:
    """What the program put into a person's mouth, without its tags."""
    parts = dict(_TAGGED.findall(said))
    if name := parts.get("command-name"):
        return f"{name} {parts.get('command-args', '')}".strip()
    if ran := parts.get("bash-input"):
        return f"! {ran}"
    return "\n".join(part.strip() for part in parts.values() if part.strip()) or said.strip()


def _said(content: e.Json) -> e.Json:
    """A message without what tools gave back; a text where it is only that."""
    if isinstance(content, str):
        return content
    blocks = [_block(one) for one in tables(content) if one.get("type") != "tool_result"]
    return text(blocks[0], "text") if len(blocks) == 1 and blocks[0].get("type") == "text" else blocks


def _block(block: dict[str, e.Json]) -> dict[str, e.Json]:
    """A block of a message; of an image or a file what it is, not its bytes."""
    source = table(block, "source")
    if not isinstance(data := source.get("data"), str):
        return block
    return block | {"source": source | {"data": f"{len(data) * 3 // 4} bytes, in the transcript"}}


def _words(content: e.Json) -> str:
    """The text of a message."""
    if isinstance(content, str):
        return content
    return "\n".join(found for one in tables(content) if (found := text(one, "text")))


def _result(block: dict[str, e.Json], line: Line) -> Iterator[Told]:
    step, content = text(block, "tool_use_id"), block.get("content")
    if not step:
        return
    if block.get("is_error"):
        error = e.Fault(message=_command(_words(content))[:_FAULT])
        yield Told(e.StepFinished(step=step, status="failed", error=error, output=_output(content)))
        return
    yield Told(e.StepFinished(step=step, status="completed", output=_output(content)))
    changed = table(line, "toolUseResult")
    if (path := text(changed, "filePath")) and "structuredPatch" in changed:
        yield Told(e.ArtifactMade(name=Path(path).name, path=path, step=step), once=f"file {path}")


def _output(content: e.Json) -> e.Json:
    blocks = [_block(one) for one in tables(content)]
    if len(blocks) == 1 and blocks[0].get("type") == "text":
        return text(blocks[0], "text")
    return blocks or content


# --- what the agent says


def _assistant(line: Line, session: Session) -> Iterator[Told]:
    message = table(line, "message")
    blocks = tables(message.get("content"))
    if line.get("isApiErrorMessage"):
        yield from _failed(_words(blocks))
        return
    agent = session.agent
    for block in blocks:
        match block.get("type"):
            case "text":
                yield Told(e.MessageSent(sender=agent, recipient="user", role="assistant", content=text(block, "text")))
            case "thinking" if thought := text(block, "thinking"):
                yield Told(e.MessageSent(sender=agent, role="thinking", content=thought))
            case "tool_use" | "server_tool_use" if step := text(block, "id"):
                name = text(block, "name") or "tool"
                yield Told(e.StepStarted(step=step, name=name, agent=agent, kind="tool", input=block.get("input")))
            case _ if step := text(block, "tool_use_id"):  # the answer of a tool that the server ran
                yield Told(e.StepFinished(step=step, status="completed", output=block.get("content")))
    yield from _usage(line, message, agent)
    is_whole = text(message, "stop_reason") in _ENDS and message.get("model") != _SYNTHETIC
    if is_whole and any(block.get("type") == "text" for block in blocks):
        yield Told(e.StepFinished(step="", status="completed"))
        yield Told(e.RunFinished(status="completed"))


def _usage(line: Line, message: dict[str, e.Json], agent: str) -> Iterator[Told]:
    usage, model = table(message, "usage"), text(message, "model")
    if not usage or model in ("", _SYNTHETIC):
        return
    read, written = count(usage, "cache_read_input_tokens"), count(usage, "cache_creation_input_tokens")
    request = text(line, "requestId")
    cost = e.CostRecorded(
        model=model,
        provider=_provider(model),
        agent=agent,
        input_tokens=count(usage, "input_tokens") + read + written,
        output_tokens=count(usage, "output_tokens"),
        cache_read_tokens=read,
        cache_write_tokens=written,
        request_id=request,
        nanousd=_money(line.get("costUSD")),
    )
    extra = Extra(
        hour_writes=min(written, count(table(usage, "cache_creation"), "ephemeral_1h_input_tokens")),
        web_searches=count(table(usage, "server_tool_use"), "web_search_requests"),
    )
    # Without a reason to stop these are the numbers of the moment: a later line may have the last ones.
    yield Told(cost, call=f"{text(message, 'id')} {request}", more=message.get("stop_reason") is None, extra=extra)


def _provider(model: str) -> str:
    """Who answers, as far as a model's name says it: others than its maker give it a name of their own."""
    return next((provider for sign, provider in _PROVIDERS if sign in model), "anthropic")


def _money(dollars: e.Json) -> int | None:
    """What older versions wrote down themselves, in nano-dollars."""
    known = isinstance(dollars, int | float) and not isinstance(dollars, bool) and 0 <= dollars < 1e6
    return round(dollars * 1e9) if known else None


def _failed(why: str) -> Iterator[Told]:
    error = e.Fault(type="API error", message=why.removeprefix("API Error: ")[:_FAULT])
    yield Told(e.Logged(level="ERROR", kind="api_error", message=why))
    yield Told(e.StepFinished(step="", status="failed", error=error))
    yield Told(e.RunFinished(status="failed", error=error))


def _system(line: Line) -> Iterator[Told]:
    kind = text(line, "subtype")
    message = text(line, "content") or text(table(line, "error"), "message", "formatted") or kind
    level = _LEVELS.get(text(line, "level"), "DEBUG")
    if kind == "api_error":
        details = {name: line[name] for name in _RETRIES if name in line}
        yield Told(e.Logged(level="WARNING", kind=kind, message=message, details=details))
    elif text(line, "content"):
        level = "INFO" if kind == "compact_boundary" else level
        yield Told(e.Logged(level=level, kind=kind, message=_command(message)))
