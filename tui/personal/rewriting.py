"""`config.yaml` with another view in it: every other line, comment and order stays as somebody wrote it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ...core.errors import ConfigError
from ..files import refused, replace
from .settings import View

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_RESERVED = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def save_view(file: Path, name: str, view: View | None) -> None:
    """Writes a view into the file, which is made if need be, or (None) takes it out. To be called in a thread.

    ConfigError where that cannot be done without touching anything else, StorageError where it cannot be written.
    """
    file = file.resolve()  # who keeps it in a repository has a link here, which stays
    try:
        text = file.read_text("utf-8-sig") if file.exists() else ""
        replace(file, with_view(text, name, view).encode())
    except (OSError, UnicodeDecodeError) as error:
        what = "the view is not saved" if view is not None else "the view is not forgotten"
        raise refused(what, error, file) from error


def with_view(text: str, name: str, view: View | None) -> str:
    """The text in which a name stands for that view, or (None) for none any more.

    ConfigError where that cannot be done without touching anything else: the file is damaged, or
    `views` is something else there. Costs one reading of the text.
    """
    import yaml

    try:
        # The loader in Python, for its marks count characters.
        root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
        new = _changed(text, root, name, view)
        before, after = yaml.safe_load(text) or {}, yaml.safe_load(new) or {}
    except (yaml.YAMLError, AttributeError, TypeError, ValueError, RecursionError) as error:
        raise _cannot() from error
    wanted = dict(before.get("views") or {})
    wanted.pop(name, None)
    if view is not None:
        wanted[name] = _told(view)
    if (after.get("views") or {}) != wanted or _rest(before) != _rest(after):
        raise _cannot()
    return new


def _cannot() -> ConfigError:
    return ConfigError("the view could not be written without changing other lines", advice="write it there by hand")


def _rest(found: dict[Any, Any]) -> dict[Any, Any]:
    return {key: value for key, value in found.items() if key != "views"}


def _changed(text: str, root: Any, name: str, view: View | None) -> str:
    views = _entry(root, "views") if root is not None else None
    there = _entry(views[1], name) if views is not None and isinstance(views[1].value, list) else None
    if there is not None and views is not None:
        return _replaced(text, views[1], there, view)
    if view is None:
        return text
    entry = f"{_quoted(name)}: {_flow(view)}"
    return _appended(text, root, entry) if views is None else _into(text, *views, entry)


def _appended(text: str, root: Any, entry: str) -> str:
    if root is not None and root.flow_style:
        return _in(text, root.end_mark.index - 1, (", " if root.value else "") + f"views: {{{entry}}}")
    gap = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{gap}views:\n  {entry}\n"


def _into(text: str, key: Any, node: Any, entry: str) -> str:
    if not isinstance(node.value, list):  # `views:` with nothing behind it
        return _in(text, key.end_mark.index + 1, f" {{{entry}}}")
    if node.flow_style or not node.value:
        return _in(text, node.end_mark.index - 1, (", " if node.value else "") + entry)
    first = node.value[0][0].start_mark
    return _in(text, first.index, f"{entry}\n{' ' * first.column}")


def _replaced(text: str, node: Any, there: tuple[Any, Any], view: View | None) -> str:
    key, value = there
    begin, end = key.start_mark.index, _end(value)
    if view is not None:
        return f"{text[: key.end_mark.index]}: {_flow(view)}{text[end:]}"
    if node.flow_style:
        last = node.value[-1] is there
        begin = text.rindex(",", 0, begin) if last and len(node.value) > 1 else begin
        end = end if last else node.value[node.value.index(there) + 1][0].start_mark.index
        return text[:begin] + text[end:]
    if len(node.value) == 1:
        return text[:begin] + "{}" + text[end:]
    stop = text.find("\n", end)
    return text[: begin - key.start_mark.column] + ("" if stop < 0 else text[stop + 1 :])


def _end(node: Any) -> int:
    """Where a value ends; the parser lets that of a block reach to what comes next."""
    if isinstance(node.value, str) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _in(text: str, at: int, new: str) -> str:
    return text[:at] + new + text[at:]


def _entry(mapping: Any, name: str) -> tuple[Any, Any] | None:
    return next((pair for pair in mapping.value if pair[0].value == name), None)


def _told(view: View) -> dict[str, str]:
    return {"query": view.query} | ({"sort": view.sort} if view.sort else {})


def _flow(view: View) -> str:
    return "{" + ", ".join(f"{key}: {_quoted(value)}" for key, value in _told(view).items()) + "}"


def _quoted(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text.lower() not in _RESERVED
    return text if plain else json.dumps(text, ensure_ascii=True)
