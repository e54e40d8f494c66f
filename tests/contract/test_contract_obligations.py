"""Each sentence that an interface promises is named here with the tests that prove it.

A promise that is added, or taken back, changes the number of a docstring's sentences: then it is to be said here too.
"""

import ast
import inspect
import re
from pathlib import Path
from typing import Any

from flightlog.core import repositories
from proofs import PROOFS


def sentences(thing: Any) -> list[str]:
    """What a docstring says, sentence by sentence."""
    text = " ".join(inspect.cleandoc(thing.__doc__ or "").split())
    return [part for part in re.split(r"(?<=[.:])\s+(?=[A-Z`])", text) if part]


def promises() -> dict[str, list[str]]:
    """All that the interfaces promise: the module for every method, and each method for itself."""
    found = {"module": re.findall(r"^- \*\*.+?(?=^- \*\*|\Z)", repositories.__doc__ or "", re.MULTILINE | re.DOTALL)}
    for interface in vars(repositories).values():
        if not inspect.isclass(interface) or not interface.__module__.startswith(repositories.__name__):
            continue
        for name, member in vars(interface).items():
            if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
                found[f"{interface.__name__}.{name}"] = sentences(member)
    return found


def all_tests() -> set[str]:
    """The names of all tests that there are."""
    trees = [ast.parse(path.read_text()) for path in Path(__file__).parents[1].rglob("test_*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_promise_names_its_tests():
    for who, promised in promises().items():
        assert len(PROOFS.get(who, ())) == len(promised), f"{who} promises {promised}"


def test_each_test_that_is_named_is_there():
    assert {name for named in PROOFS.values() for line in named for name in line.split()} <= all_tests()
    assert PROOFS.keys() == promises().keys()
