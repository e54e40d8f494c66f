"""From the text of a query to its terms. Whatever is typed means something: what is no term is text to look for."""

import re
from typing import Literal, NamedTuple

import msgspec

from .query_keys import FLAGS, KEYS, WITH_NAME, suggest
from .query_nodes import KEYED, And, Node, Not, Term, all_of, any_of, negated, terms
from .query_values import check

LONGEST = 20_000
"""Characters of a query; a longer one is one text to look for."""
MOST = 200
"""Values in a query; SQLite bounds the depth of an expression."""
_DEEPEST = 20

_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)\\?("?)', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Token(NamedTuple):
    """A piece of a query's text."""

    kind: Literal["open", "close", "or", "not", "word"]
    start: int
    end: int
    value: str = ""
    key: str = ""
    name: str = ""
    sign: str = ""
    quoted: bool = False
    problem: str = ""


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


def parse_text(text: str) -> tuple[Node, tuple[Problem, ...]]:
    """The terms of a query and what of it was not understood; never raises."""
    if len(text) > LONGEST:
        return _as_text(text, f"a query has at most {LONGEST:,} characters")
    parser = _Parser(text)
    node = parser.sequence()
    if sum(max(len(term.values), 1) for term in terms(node)) > MOST:
        return _as_text(text, f"a query has at most {MOST} values")
    node = _logs_stand_alone(node, parser.problems)
    return node, tuple(parser.problems)


def _as_text(text: str, why: str) -> tuple[Node, tuple[Problem, ...]]:
    return Term(values=(text,)), (Problem(why, "all of it is searched as text"),)


def pieces(text: str) -> list[tuple[int, int, str]]:
    """Where the keys (`key`), quoted phrases (`text`) and the signs between terms (`sign`) of a query stand.

    In the order of the text; what is no such thing is left out. Costs one reading of the text.
    """
    found: list[tuple[int, int, str]] = []
    for token in _tokens(text) if len(text) <= LONGEST else ():
        at = token.start
        if token.kind != "word":
            found.append((at, token.end, "sign"))
            continue
        if not token.quoted and not token.key and token.value.lower() in FLAGS:
            found.append((at, token.end, "key"))
        elif token.key and (keyed := KEYED.match(text, at)):
            found.append((at, keyed.end(), "key"))
            at = keyed.end()
        if token.quoted:
            found.append((at, token.end, "text"))
    return found


# --- tokens -------------------------------------------------------------------------------------------


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    opened: list[int] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _token(text, at, len(opened))
        if token.kind == "open":
            opened.append(len(found))
        elif token.kind == "close":
            opened.pop()
        found.append(token)
        at = token.end
    for index in opened:
        start = found[index].start
        found[index] = Token("word", start, start + 1, "(", problem="the parenthesis is not closed")
    return found


def _token(text: str, at: int, depth: int) -> Token:
    character, following = text[at], text[at + 1 : at + 2]
    if character == "|":
        return Token("or", at, at + 1)
    if character == "(" and depth < _DEEPEST:
        return Token("open", at, at + 1)
    if character == ")" and depth:
        return Token("close", at, at + 1)
    if character == "-" and (following.isalnum() or following in ('"', "(")):
        return Token("not", at, at + 1)
    keyed = KEYED.match(text, at)
    return _keyed(text, at, keyed, depth) if keyed else _word(text, at, depth)


def _keyed(text: str, at: int, found: re.Match[str], depth: int) -> Token:
    """The beginning of a term, or why it is none."""
    key, name, sign = found[1].lower(), _unquoted(found[2] or ""), found[3]
    if key not in KEYS or KEYS[key].kind == "flag":
        near = suggest(key)
        problem = f"{found[1]!r} is no key" + (f", did you mean {near!r}?" if near else "")
    elif (key in WITH_NAME) != bool(name):
        problem = f"{key}.NAME wants a name" if key in WITH_NAME else f"{key!r} takes no name after a dot"
    else:
        value = _word(text, found.end(), depth)
        if value.end > value.start:
            return value._replace(start=at, key=key, name=name, sign=sign)
        problem = f"{key}{sign} wants a value, as in {KEYS[key].example}"
    return _word(text, at, depth)._replace(problem=problem)


def _word(text: str, at: int, depth: int) -> Token:
    """A quoted phrase, or what reaches to the next space, `|` or a parenthesis that closes a group."""
    if found := _QUOTED.match(text, at):
        problem = "" if found[2] else "the quotation mark is not closed"
        return Token("word", at, found.end(), _ESCAPE.sub(r"\1", found[1]), quoted=True, problem=problem)
    end, inner = at, 0
    while end < len(text) and not text[end].isspace() and text[end] != "|":
        if text[end] == ")" and not inner and depth:
            break
        inner += (text[end] == "(") - (text[end] == ")" and inner > 0)
        end += 1
    return Token("word", at, end, text[at:end])


def _unquoted(name: str) -> str:
    return _ESCAPE.sub(r"\1", name[1:-1]) if name.startswith('"') else name


# --- grammar ------------------------------------------------------------------------------------------


class _Parser:
    """sequence: choice … ; choice: part `|` part … ; part: `-` part, `(` sequence `)`, term."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.at = 0
        self.problems: list[Problem] = []

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
        return self._term(token)

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
        if not first.key and not other.quoted and other.value.lower() in FLAGS:
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
