"""What a query is made of once it is parsed, and how it is written down again."""

import re
from collections.abc import Iterator

import msgspec

from .query_keys import FLAGS

KEYED = re.compile(r'([A-Za-z][A-Za-z_]*)(?:\.("(?:\\.|[^"\\])*"|[^\s:=!<>"()|]+))?(!=|>=|<=|[:=<>])')
"""The beginning of a word that may be a term: key, name after a dot, operator."""


class Term(msgspec.Struct, frozen=True, tag=True):
    """One condition: the value of a key compares so with at least one of the values.

    Without a key its values are words (or phrases) to look for in the run's text; a flag has no values.
    """

    key: str = ""
    name: str = ""
    """Of `metric` and `meta`: which one."""
    sign: str = ":"
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # Bytes of a terminal that are no UTF-8 come as halves of surrogate pairs: recorded texts have them written out.
        if not all(map(_is_sound, self.values)) or not _is_sound(self.name):
            msgspec.structs.force_setattr(self, "values", tuple(map(_written_out, self.values)))
            msgspec.structs.force_setattr(self, "name", _written_out(self.name))

    def __str__(self) -> str:
        if self.key in FLAGS:
            return self.key
        if not self.key:
            return "|".join(value if _stands_as_word(value) else quoted(value) for value in self.values)
        name = f".{self.name if _NAME.fullmatch(self.name) else quoted(self.name)}" if self.name else ""
        values = "|".join(value if _stands_as_value(value) else quoted(value) for value in self.values)
        return f"{self.key}{name}{self.sign}{values}"


def _is_sound(text: str) -> bool:
    return text.isascii() or not _HALF.search(text)


def _written_out(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


_HALF = re.compile("[\ud800-\udfff]")


class Not(msgspec.Struct, frozen=True, tag=True):
    """Does not hold."""

    part: "Node"

    def __str__(self) -> str:
        return f"-{self.part}" if isinstance(self.part, Term) else f"-({self.part})"


class And(msgspec.Struct, frozen=True, tag=True):
    """All of them hold; without parts: always."""

    parts: "tuple[Node, ...]" = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.parts))


class Or(msgspec.Struct, frozen=True, tag=True):
    """At least one of them holds."""

    parts: "tuple[Node, ...]"

    def __str__(self) -> str:
        return " | ".join(f"({part})" if isinstance(part, And) else str(part) for part in self.parts)


Node = Term | Not | And | Or


def all_of(parts: "list[Node] | tuple[Node, ...]") -> "Node":
    """All of these, without And in And."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(parts: "list[Node]") -> "Node":
    """Any of these, without Or in Or."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def negated(part: "Node") -> "Node":
    """The opposite."""
    return part.part if isinstance(part, Not) else Not(part)


def terms(node: "Node") -> Iterator[Term]:
    """Every term of a query."""
    if isinstance(node, Term):
        yield node
    else:
        for part in (node.part,) if isinstance(node, Not) else node.parts:
            yield from terms(part)


_NAME = re.compile(r'[^\s:=!<>"()|]+')
_PLAIN = re.compile(r'[^\s"()|]+')


def _stands_as_value(value: str) -> bool:
    return bool(_PLAIN.fullmatch(value)) and value[0] != "-" and not KEYED.match(value)


def _stands_as_word(value: str) -> bool:
    return _stands_as_value(value) and value[0].isalnum() and value.lower() not in FLAGS


def quoted(value: str) -> str:
    """The value as one phrase, whatever characters it has."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
