"""What a person types as a query: in the language of all queries, and with their own saved views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...core.query.query import Query, parse
from ..personal.person import person_of

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from ..personal.settings import View


def views_of(node: DOMNode) -> Mapping[str, View]:
    """The saved views of the person in front of the program that a widget or screen belongs to."""
    return person_of(node).settings.views


def typed(node: DOMNode, text: str) -> Query:
    """Parses what this person typed."""
    return parse(text, {name: view.query for name, view in views_of(node).items()})
