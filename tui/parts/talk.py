"""Messages as a conversation: who speaks to whom, each agent at his own edge and in his own colour."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from ...core.clock import between
from ...core.events import Json
from ...core.runs import Message, Run
from ...core.text import safe_text
from .. import format
from ..glyphs import Glyphs
from ..lines import Line, fitted, one_line, width_of
from ..logs.pattern import LogPattern
from ..trees.json_nodes import json_node, members
from ..trees.nodes import Node
from .prose import Piece, prose, verbatim
from .said import Said

INKS = ("title", "accent", "good", "strong")
"""Colours of agents, in the order in which they first appear; then again."""

LANES = 4
"""Edges that agents speak from; later ones share the last."""

SHORT = 6
"""Lines of a message that are shown before it is opened."""
BEGINNING = 4000
"""Characters that these are made of at most."""
LIMIT = 100_000
"""Characters of a message that is shown to its last line; of a longer one the beginning, and it says so."""

SLIM = 60
"""Cells below which it is not told which step spoke."""

PAUSE = 60.0
"""Seconds after which a silence is drawn."""

AT_ONCE = 5.0
"""Seconds within which the next message of the same two needs no line that says when."""

SPEAKS = "assistant"
"""The role of which nothing is said: who speaks is one."""
VERBATIM = ("tool", "function", "system")
"""Roles whose words are shown as they are: what a tool printed is no Markdown."""

Wrapped = tuple[list[Line], str]
"""The lines of a message that are shown, and what is said of those that are not."""

Pair = frozenset[str]
"""Two agents; one, who talks to himself or to nobody."""


def pair_of(message: Message) -> Pair:
    """Who talks with whom, whoever speaks."""
    return frozenset((message.sender, message.recipient))


class Cast(NamedTuple):
    """Agents by name, in the order in which they first appeared: that never changes while messages come."""

    places: dict[str, int]

    @classmethod
    def of(cls, messages: Iterable[Message], known: "Cast | None" = None) -> "Cast":
        """The agents of messages, after those that are known."""
        places = dict(known.places) if known else {}
        for message in messages:
            for name in (message.sender, message.recipient):
                if name:
                    places.setdefault(name, len(places))
        return cls(places)

    def ink(self, name: str) -> str:
        """The colour of an agent."""
        return INKS[self.places.get(name, 0) % len(INKS)]

    def indent(self, name: str, width: int) -> int:
        """The cells that an agent's words begin at."""
        lanes = min(len(self.places), LANES)
        return min(self.places.get(name, 0), LANES - 1) * min(12, width // (3 * max(lanes, 1)))


class Talk:
    """Draws messages. What was wrapped once for a width is kept, for a message never changes."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.glyphs = glyphs
        self.whole: set[int] = set()
        """Messages that are shown to their last line."""
        self.cut: set[int] = set()
        """Those that are longer than their beginning, opened or not."""
        self.pattern = LogPattern()
        """What is searched for: it is lit."""
        self._wrapped: dict[tuple[int, int, bool], Wrapped] = {}

    def nodes(self, messages: Sequence[Message], cast: Cast, names: Mapping[str, str], width: int) -> list[Node]:
        """The lines of a conversation; the key of each begins with its message's `seq`."""
        nodes: list[Node] = []
        asked: dict[tuple[str, str], str] = {}
        before: Message | None = None
        for message in messages:
            silence = between(before.t, message.t) if before else None
            heard = asked.pop((message.recipient, message.sender), None) if message.recipient else None
            asked[message.sender, message.recipient] = message.t
            if before is None or not _goes_on(before, message) or silence is None or silence >= PAUSE:
                if before is not None:
                    nodes.append(Node((message.seq, "gap"), self._gap(silence, width)))
                is_told = before is not None and silence is not None and silence >= PAUSE
                answers = between(heard, message.t) if heard and not is_told else None
                nodes.append(self._head(message, cast, names, answers, width))
            elif silence >= AT_ONCE or before.step != message.step:
                nodes.append(self._later(message, names, width, "" if before.step == message.step else message.step))
            nodes += self._body(message, cast, width)
            before = message
        return nodes

    def _gap(self, silence: float | None, width: int) -> Line:
        if silence is None or silence < PAUSE:
            return []
        said = f" {format.age(silence)} later "
        rule = self.glyphs.rule * max((width - len(said)) // 2, 0)
        return [(f"{rule}{said}{rule}", "faint")]

    def _head(self, message: Message, cast: Cast, names: Mapping[str, str], answers: float | None, width: int) -> Node:
        indent = cast.indent(message.sender, width)
        line: Line = [(" " * indent, "text"), (one_line(message.sender, 40), cast.ink(message.sender))]
        if message.recipient:
            line += [
                (f" {self.glyphs.arrow} ", "faint"),
                (one_line(message.recipient, 40), cast.ink(message.recipient)),
            ]
        if message.role and message.role not in (message.sender, SPEAKS):
            line.append((f"  {one_line(message.role, 24)}", "muted"))
        if answers is not None:
            line.append((f"  answers after {format.duration(answers)}", "faint"))
        end = self._when(message, names, message.step, width)
        left = fitted(line, max(width - width_of(end) - 2, 0))
        return Node((message.seq, "head"), [*left, *end], target=("whole", message.seq))

    def _later(self, message: Message, names: Mapping[str, str], width: int, step: str | None) -> Node:
        """The line before what the same one goes on to say: when, and which step said it if it is another."""
        end = self._when(message, names, step, width)
        line = [*fitted([], max(width - width_of(end) - 2, 0)), *end]
        return Node((message.seq, "when"), line, target=("whole", message.seq))

    def _when(self, message: Message, names: Mapping[str, str], step: str | None, width: int) -> Line:
        name = one_line(names.get(step, step), 30) if step and width >= SLIM else ""
        return [(f"  {name}  ", "faint"), (format.clock(message.t), "muted")]

    def _body(self, message: Message, cast: Cast, width: int) -> Iterator[Node]:
        indent, ink = cast.indent(message.sender, width), cast.ink(message.sender)
        before: Line = [(" " * indent, "text"), (f"{self.glyphs.line} ", ink)]
        text, rest = spoken(message.content)
        lines, left = self._lines(message, text, width - indent - 4)
        for number, line in enumerate(lines):
            lit = self.pattern.lit(line)
            yield Node((message.seq, number), [*before, *lit], target=("whole", message.seq))
        if left:
            self.cut.add(message.seq)
            yield Node((message.seq, "more"), [*before, (left, "faint")], target=("whole", message.seq))
        elif message.seq not in self.whole:
            self.cut.discard(message.seq)  # it was where there was less room
        if rest is not None:
            yield Node((message.seq, "rest"), [*before, ("content", "muted")], lambda: _content(rest), open=True)

    def _lines(self, message: Message, text: str, width: int) -> "Wrapped":
        """The lines of a message, and what is said of those that are not shown."""
        is_whole = message.seq in self.whole
        key = (message.seq, width, is_whole)
        found = self._wrapped.get(key)
        if found is None:
            found = self._wrapped[key] = self._made(message, text, width, None if is_whole else SHORT + 2)
        return found

    def _made(self, message: Message, text: str, width: int, most: int | None) -> "Wrapped":
        safe = safe_text(text[:BEGINNING] if most else text, lines=True, limit=LIMIT)
        made = verbatim(safe, width) if message.role in VERBATIM else prose(safe, width, self.glyphs)
        pieces = list(islice(made, most)) if text else []
        if most is None or (len(pieces) < most and len(text) <= BEGINNING):
            return [piece.line for piece in pieces], ""
        pieces = pieces[:SHORT]
        return [piece.line for piece in pieces], _more(pieces, text)


def _more(shown: Sequence[Piece], text: str) -> str:
    """How much of a message is not shown."""
    left = text.count("\n") + 1 - shown[-1].told
    if not left:
        return "more of this line, enter shows it"
    return f"{format.plural(left, 'more line')}, enter shows {'it' if left == 1 else 'them'}"


def _goes_on(before: Message, message: Message) -> bool:
    """Whether the same one speaks to the same."""
    return (before.sender, before.recipient, before.role) == (message.sender, message.recipient, message.role)


def spoken(content: Json) -> tuple[str, Json]:
    """The text of a message, and what of its content is not text."""
    if isinstance(content, str):
        return content.strip("\n"), None
    if isinstance(content, dict) and isinstance(content.get("text"), str) and content.get("type") in ("text", None):
        others = {key: value for key, value in content.items() if key not in ("text", "type")}
        return content["text"].strip("\n"), others or None
    if isinstance(content, list):
        parts = [spoken(part) if isinstance(part, str | dict) else ("", part) for part in content]
        rest = [left for _, left in parts if left is not None]
        return "\n".join(text for text, _ in parts if text), rest or None
    return "", content


def _content(content: Json) -> Sequence[Node]:
    if isinstance(content, dict | list) and content:
        return members(content, 0)()
    return [json_node("", content, key="content")]


def talk_head(run: Run, said: Said, shown: int, pair: Pair | None, cast: Cast, glyphs: Glyphs) -> Line:
    """How many messages there are, and between whom those are that are shown."""
    read = len(said.all)
    line: Line = [(format.plural(run.messages, "message"), "strong")]
    if pair is not None:
        between_them = [name for name in cast.places if name in pair]
        line.append(("  only ", "muted"))
        for number, name in enumerate(between_them):
            line += [(f" {glyphs.arrow} " if number else "", "faint"), (one_line(name, 40), cast.ink(name))]
        line.append((f"  {shown:,} of {read:,} read", "muted"))
    elif len(cast.places) > 1:
        line.append((f"  {format.plural(len(cast.places), 'agent')}", "muted"))
    if read < run.messages:
        where = "between" if said.tail and said.head else f"as you go {'up' if said.tail else 'down'}"
        line.append((f"  {read:,} read, more {where}", "muted"))
    return line


def unread(count: int, glyphs: Glyphs, width: int) -> Node:
    """The line in the place of messages that are not read yet."""
    said = f" {format.plural(max(count, 1), 'message')} not read yet "
    rule = glyphs.rule * max((width - len(said)) // 2, 0)
    return Node(UNREAD, [(f"{rule}{said}{rule}", "faint")])


UNREAD = "unread"
"""The key of that line."""
