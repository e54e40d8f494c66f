"""Queries at the command line, in which `@name` stands for one of a person's saved views."""

from typing import TYPE_CHECKING

from ...core.query.query import Query, parse
from ...core.query.query_nodes import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..personal.settings import View


def typed(text: str) -> Query:
    """Parses what was typed in one piece, as after `--where`."""
    return _with(text, _views(text))


def typed_words(words: tuple[str, ...]) -> tuple[Query, str]:
    """Parses the words of a command line, and tells the field that the last view among them sorts by.

    The shell has taken the quotation marks from `@"two words"`: a word that is all a view's name means that view.
    """
    views = _views(" ".join(words))
    named = {f"@{name}": f"@{quoted(name)}" for name in views}
    query = _with(" ".join(named.get(word, word) for word in words), views)
    sorts = [views[name].sort for name in query.views if name in views]
    return query, sorts[-1] if sorts else ""


def _with(text: str, views: "Mapping[str, View]") -> Query:
    return parse(text, {name: view.query for name, view in views.items()})


def _views(text: str) -> "Mapping[str, View]":
    """The person's views; their settings are read only where something may name one."""
    if "@" not in text:
        return {}
    from ..personal.settings import read_settings, settings_file

    return read_settings(settings_file()).views
