"""A person's saved views at the command line: `@name` stands for the query of one."""

from difflib import get_close_matches
from typing import TYPE_CHECKING

from ...core.query.query import EVERYTHING, Query, parse
from ...core.text import safe_text
from .output import say

if TYPE_CHECKING:
    from ..personal.settings import View


def with_views(words: tuple[str, ...]) -> "tuple[tuple[str, ...], Query, str]":
    """The words without the names of views, what these views ask for, and the field that the last one sorts by.

    A word that begins with @ and names no view is a word like others; that is said on stderr.
    """
    if not any(word.startswith("@") for word in words):
        return words, EVERYTHING, ""
    from ..personal.settings import read_settings, settings_file

    views: dict[str, View] = read_settings(settings_file()).views
    left, asked, sort = [], EVERYTHING, ""
    for word in words:
        view = views.get(word[1:]) if word.startswith("@") else None
        if view is not None:
            asked, sort = asked & parse(view.query), view.sort
            continue
        left.append(word)
        if word.startswith("@"):
            near = get_close_matches(word[1:], views, 1)
            hint = f", did you mean @{near[0]}?" if near else ""
            say(f"flightlog: {safe_text(word, limit=60)} names no saved view{hint}; searched as text", err=True)
    return tuple(left), asked, sort
