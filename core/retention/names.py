"""Names in a policy that no run bears: a mistyped workflow or tag would take, or spare, other runs than were meant."""

from ..errors import ConfigError
from ..query.query import parse
from ..query.query_keys import suggest
from ..query.query_nodes import Node, Not, Term
from ..repositories import RunRepository
from .policy import Policy

NAMED = ("workflow", "tag", "session", "project")
_MOST = 1000
"""Real values among which the nearest is looked for."""


def check_names(policy: Policy, runs: RunRepository, file: str = "") -> None:
    """ConfigError for the first name that no run bears, with the nearest that one does. What it must not be (`-tag:x`)
    may be a name that nobody has borne yet, unless another is near. Costs a few seeks for each name.
    """
    for number, block in enumerate(policy.blocks):
        for wanted, term in _terms(parse(block.match).root):
            if term.key in NAMED and term.sign in (":", "="):
                for value in term.values:
                    if value and not ("*" in value and term.sign == ":"):
                        key = f"retention[{number}].match"
                        _check(term.key, value, wanted, runs, f"{file}: {key}" if file else key)


def _check(key: str, value: str, wanted: bool, runs: RunRepository, where: str) -> None:
    if runs.values(key, value, limit=1) == [value]:
        return
    real = runs.values(key, limit=_MOST)
    near = suggest(value, tuple(real))
    if near or wanted:
        hint = f"did you mean {near!r}? " if near else ""
        names = ", ".join(real[:5]) + (" …" if real[5:] else "")
        advice = f"{hint}there are {names}" if real else f"no run has a {key}"
        raise ConfigError(f"no run has the {key} {value[:60]!r}", where=where, advice=advice)


def _terms(node: Node, wanted: bool = True) -> "list[tuple[bool, Term]]":
    if isinstance(node, Term):
        return [(wanted, node)]
    if isinstance(node, Not):
        return _terms(node.part, not wanted)
    return [found for part in node.parts for found in _terms(part, wanted)]
