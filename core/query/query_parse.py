"""From the text of a query to its terms. Whatever is typed means something: what is no term is text to look for."""

from collections.abc import Mapping

import msgspec

from .query_keys import FLAGS, KEYS, suggest
from .query_nodes import And, Node, Not, Term, all_of, any_of, negated, terms
from .query_tokens import LONGEST, Token, tokens
from .query_values import check

MOST = 200
"""Values in a query; SQLite bounds the depth of an expression."""
_DEEPEST_VIEWS = 5
"""Views that may name one another in a row."""


class Problem(msgspec.Struct, frozen=True):
    """What of a query was not understood, and where it stands in the text."""

    what: str
    instead: str = "searched as text"
    """What is done with it."""
    start: int = -1
    """The first of its characters; -1 where it is not one place alone."""
    end: int = -1
    """Behind the last of them."""

    def __str__(self) -> str:
        where = f"at {self.start + 1}: " if self.start >= 0 else ""
        return f"{where}{self.what}; {self.instead}"


class Parsed(msgspec.Struct, frozen=True):
    """What a text asks for, what of it was not understood, and the saved views that it names."""

    root: Node
    problems: tuple[Problem, ...] = ()
    views: tuple[str, ...] = ()


def parse_text(text: str, views: Mapping[str, str] | None = None) -> Parsed:
    """Reads a query; never raises. `views` are the saved views that `@name` may stand for; None: it is a word."""
    if len(text) > LONGEST:
        return _as_text(text, f"a query has at most {LONGEST:,} characters")
    parser = _Parser(text, None if views is None else _Views(views))
    node = parser.sequence()
    if _values(node) > MOST:
        return _as_text(text, f"a query has at most {MOST} values")
    node = _logs_stand_alone(node, parser.problems)
    return Parsed(node, tuple(parser.problems), tuple(parser.named))


def _values(node: Node) -> int:
    return sum(max(len(term.values), 1) for term in terms(node))


def _as_text(text: str, why: str) -> Parsed:
    return Parsed(Term(values=(text,)), (Problem(why, "all of it is searched as text"),))


class _Views:
    """The saved views that a query may name, each read once; views may name others, but never themselves."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._read: dict[str, _Parser] = {}
        self._within: list[str] = []

    def read(self, name: str) -> tuple[Node, str]:
        """What a view asks for, and what is wrong with that; without a view of this name just the text."""
        text = Term(values=(f"@{name}",))
        if name not in self._texts:
            near = suggest(name, tuple(self._texts))
            return text, f"@{name} names no saved view" + (f", did you mean @{near}?" if near else "")
        if name in self._within:
            return text, f"the view @{name} stands for itself"
        if len(self._within) >= _DEEPEST_VIEWS or len(self._texts[name]) > LONGEST:
            return text, f"the view @{name} is too long, or lies too deep in others"
        if name not in self._read:
            self._within.append(name)
            parser = self._read[name] = _Parser(self._texts[name], self)
            parser.root = parser.sequence()
            self._within.pop()
        parser = self._read[name]
        if _values(parser.root) > MOST:
            return text, f"the view @{name} has more than {MOST} values"
        return parser.root, f"in @{name}: {parser.problems[0].what}" if parser.problems else ""


class _Parser:
    """sequence: choice … ; choice: part `|` part … ; part: `-` part, `(` sequence `)`, term."""

    def __init__(self, text: str, views: _Views | None) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.problems: list[Problem] = []
        self.named: list[str] = []
        """The views that stand in the text."""
        self.root: Node = And()
        self._views = views

    def sequence(self) -> Node:
        """Everything up to the end, or up to the parenthesis that closes this group."""
        parts: list[Node] = []
        while (token := self._next()) and token.kind != "close":
            parts += self._choice()
        self.at += 1
        return all_of(parts)

    def _choice(self) -> list[Node]:
        """One part, or several of which one must hold; nothing, where only `|` stands."""
        parts: list[Node] = []
        dangling: Token | None = None
        begun = False
        while token := self._next():
            if token.kind == "or":
                self.at += 1
                if dangling or not begun:
                    self._problem(token, "nothing stands beside |", "it is left out")
                dangling = token
            elif token.kind != "close" and (dangling or not begun):
                part = self._part(token)
                parts += [part] if part != And() else []
                dangling, begun = None, True
            else:
                break
        if dangling:
            self._problem(dangling, "nothing stands beside |", "it is left out")
        return [any_of(parts)] if parts else []

    def _part(self, token: Token) -> Node:
        self.at += 1
        if token.kind == "not":
            following = self._next()
            assert following is not None, "a minus is one only before something"
            part = self._part(following)
            return negated(part) if part != And() else part
        if token.kind == "open":
            return self.sequence()
        return self._view(token) if token.view and self._views else self._term(token)

    def _view(self, token: Token) -> Node:
        """What a saved view asks for."""
        assert self._views is not None
        found, problem = self._views.read(token.view)
        self.named.append(token.view)
        if problem or token.problem:
            self._problem(token, token.problem or problem)
        return found

    def _term(self, token: Token) -> Node:
        """A word, flag or keyed term with the values that `|` glues to it."""
        if not token.key and not token.quoted and token.value.lower() in FLAGS:
            return Term(key=token.value.lower())
        values, end = [token.value], token.end
        while other := self._glued(token, end):
            values.append(other.value)
            end = other.end
        if token.problem:
            self._problem(token, token.problem)
        if not token.key:
            kept = tuple(value for value in values if value.strip())
            return Term(values=kept) if kept else And()
        return self._keyed(token, values, end)

    def _keyed(self, token: Token, values: list[str], end: int) -> Node:
        if KEYS[token.key].kind == "choice":
            values = [value.lower() for value in values]
        sign = "=" if token.sign == "!=" else token.sign
        term = Term(key=token.key, name=token.name, sign=sign, values=tuple(values))
        try:
            check(term)
        except ValueError as error:
            self._problem(token._replace(end=end), str(error))
            return Term(values=(self.text[token.start : end],))
        return Not(term) if token.sign == "!=" else term

    def _glued(self, first: Token, end: int) -> Token | None:
        """The value after a `|` without spaces: one more value of the same term."""
        pair = self.tokens[self.at : self.at + 2]
        if len(pair) < 2 or (pair[0].kind, pair[1].kind) != ("or", "word"):
            return None
        bar, other = pair
        if bar.start != end or other.start != bar.end or other.key:
            return None
        if not first.key and (other.view or (not other.quoted and other.value.lower() in FLAGS)):
            return None
        self.at += 2
        if other.quoted and other.problem:
            self._problem(other, other.problem)
        return other

    def _next(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _problem(self, token: Token, what: str, instead: str = "searched as text") -> None:
        self.problems.append(Problem(what, instead, token.start, token.end))


def _logs_stand_alone(node: Node, problems: list[Problem]) -> Node:
    """Log text is found by reading logs after everything else: within `|` it cannot be told apart."""

    def plain(part: Node) -> Node:
        if isinstance(part, Term):
            return Term(values=part.values) if part.key == "log" else part
        if isinstance(part, Not):
            return Not(plain(part.part))
        return type(part)(tuple(map(plain, part.parts)))

    def is_log(part: Node) -> bool:
        return isinstance(part, Term) or (isinstance(part, Not) and isinstance(part.part, Term))

    parts = node.parts if isinstance(node, And) else (node,)
    if any(term.key == "log" for part in parts if not is_log(part) for term in terms(part)):
        problems.append(Problem("log: stands beside the rest of a query, not within | or parentheses"))
        return all_of([part if is_log(part) else plain(part) for part in parts])
    return node
