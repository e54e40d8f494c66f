"""What a prompt is in Codex's rollouts, what a turn, and which lines are another thread's."""

import re
from collections.abc import Iterator

from ....core import events as e
from .fields import table, tables, text, title
from .formats import TURN, Line, Session, Told

SHELL = "<user_shell_command>"
"""Begins what a person ran himself."""
_TIMED = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4})-7")
"""Beginning of an id that says when it was made, as those of turns do, and of all but the oldest threads."""
_GIVEN = re.compile(
    r"\s*(# AGENTS\.md instructions|<(environment_context|user_instructions|user_action|turn_aborted|skill|goal_context"
    r"|subagent_notification|permissions instructions|collaboration_mode|model_switch|personality_spec|hook_prompt)\b)"
)
"""What the program itself puts into a person's mouth."""
_PASSED = "internal_chat_message_metadata_passthrough"


def payload_of(line: Line) -> dict[str, e.Json]:
    """What a line says."""
    return table(line, "payload")


def is_repeated(line: Line, session: Session) -> bool:
    """Whether a line was copied from the thread that this one was taken from: its number is too low, or it is of a turn
    that is older than the thread.
    """
    number, own_from = line.get("ordinal"), session.meta.get("own_from")
    if isinstance(number, int) and isinstance(own_from, int):
        return number < own_from
    turn, thread = _TIMED.match(_turn_id(line)), _TIMED.match(text(session.meta, "thread"))
    return turn is not None and thread is not None and turn[1] < thread[1]


def is_of_model(line: Line) -> bool:
    """Whether the model said it, or it came of what the model said."""
    payload = payload_of(line)
    is_input = payload.get("type") in ("message", "additional_tools") and payload.get("role") != "assistant"
    return line.get("type") == "response_item" and bool(payload) and not is_input


def turn(line: Line, session: Session, name: str) -> Iterator[Told]:
    """The beginning of a turn, by whichever of its lines comes first: not all have a prompt. In older versions messages
    do not say which they belong to, and each prompt begins one.
    """
    step = _turn_id(line) or (f"turn {text(line, 'timestamp')}" if prompt(line) else "")
    if step:
        begun = e.StepStarted(step=step, name=title(name) or TURN, kind=TURN, agent=session.agent)
        yield Told(begun, once=f"turn {step}")


def _turn_id(line: Line) -> str:
    payload = payload_of(line)
    return text(payload, "turn_id") or text(table(payload, _PASSED), "turn_id")


def prompt(line: Line) -> str:
    """What a person asks for; empty if the line is no prompt."""
    payload = payload_of(line)
    is_said = line.get("type") == "response_item" and payload.get("type") == "message" and payload.get("role") == "user"
    found = words(asked(payload)) if is_said else ""
    return "" if found.startswith(SHELL) else found


def asked(message: dict[str, e.Json]) -> e.Json:
    """What a person wrote of a message, without what the program added; a text where it is only that."""
    said = table(message, _PASSED).get("content_item_kinds")
    parts, kinds = tables(message.get("content")), said if isinstance(said, list) else []
    kinds = [*kinds, *[""] * len(parts)]
    own = [shown(part) for part, kind in zip(parts, kinds, strict=False) if not _is_given(part, kind)]
    return text(own[0], "text") if len(own) == 1 and "text" in own[0] else own


def _is_given(part: dict[str, e.Json], kind: e.Json) -> bool:
    is_own = isinstance(kind, str) and kind.startswith("user.")
    return not is_own and _GIVEN.match(text(part, "text")) is not None


def shown(part: dict[str, e.Json]) -> dict[str, e.Json]:
    """A part of a message; of an image what it is, not its bytes."""
    image = text(part, "image_url")
    return part | {"image_url": f"{len(image)} characters, in the transcript"} if image.startswith("data:") else part


def words(content: e.Json) -> str:
    """The text of a message, of whatever parts it is made."""
    if isinstance(content, str):
        return content
    return "\n".join(found for one in tables(content) if (found := text(one, "text")))
