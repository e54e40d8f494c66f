"""JSON on a page."""

import json
from typing import Any

from .. import format
from .elements import Html, tag, text


def value(found: Any, limit: int, *, class_: str = "") -> Html:
    """A value as text: a text as it is, all else as indented JSON; cut at so many characters, and says so."""
    whole = found if isinstance(found, str) else json.dumps(found, indent=2, ensure_ascii=False, default=str)
    return tag("pre", text(whole, lines=True, limit=limit), class_=class_ or False)


def about(found: Any) -> str:
    """How much there is in a value."""
    if isinstance(found, str):
        return f"{len(found):,} characters"
    if isinstance(found, dict | list):
        one, many = ("key", "keys") if isinstance(found, dict) else ("entry", "entries")
        return format.plural(len(found), one, many)
    return ""
