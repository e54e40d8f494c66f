"""`flightlog.yaml` with another storage in it: every other line, comment and order stays as somebody wrote it."""

import json
import re
from collections.abc import Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./-]*")

Told = Mapping[str, str]
"""`type` and `path`, or `type` and `url`, of one concern, as they are to be written."""


def rewritten(text: str, wanted: Mapping[str, Told]) -> str:
    """The text in which `storage` keeps these concerns so. Whoever uses it reads it again before he trusts it."""
    import yaml

    # The loader in Python, for its marks count characters.
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        return _appended(text, "", wanted)
    storage = _entry(root, "storage")
    if storage is not None:
        edits = _storage(storage[1], wanted)
    elif root.flow_style:
        edits = [_into_flow(root, f"storage: {_flow_of(wanted)}")]
    else:
        return _appended(text, " " * root.start_mark.column, wanted)
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    return text


def with_archive(text: str, path: str) -> str:
    """The text in which `archive` names another folder, where it names one."""
    import yaml

    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    archive = _entry(root, "archive") if root is not None else None
    there = _entry(archive[1], "path") if archive and isinstance(archive[1].value, list) else None
    if there is None:
        return text
    begin, end, new = _scalar(there[1], path)
    return text[:begin] + new + text[end:]


_Edit = tuple[int, int, str]


def _entry(mapping: Any, name: str) -> tuple[Any, Any] | None:
    return next(((key, value) for key, value in mapping.value if key.value == name), None)


def _appended(text: str, indent: str, wanted: Mapping[str, Told]) -> str:
    lines = [f"{indent}storage:", *(f"{indent}  {concern}: {_flow(told)}" for concern, told in wanted.items())]
    gap = "" if not text or text.endswith("\n") else "\n"
    return text + gap + "\n".join(lines) + "\n"


def _storage(node: Any, wanted: Mapping[str, Told]) -> list[_Edit]:
    if not isinstance(node.value, list):  # `storage:` with nothing behind it
        return [(node.end_mark.index, node.end_mark.index, f" {_flow_of(wanted)}")]
    edits: list[_Edit] = []
    new = {concern: told for concern, told in wanted.items() if _entry(node, concern) is None}
    for concern, told in wanted.items():
        there = _entry(node, concern)
        if there is not None:
            edits += _concern(there[1], told)
    if new and (node.flow_style or not node.value):
        edits.append(_into_flow(node, ", ".join(f"{concern}: {_flow(told)}" for concern, told in new.items())))
    elif new:
        edits.append(_before(node, [f"{concern}: {_flow(told)}" for concern, told in new.items()]))
    return edits


def _concern(node: Any, told: Told) -> list[_Edit]:
    """Scalars in their places; `path` turns into `url` and back."""
    where = next(name for name in told if name != "type")
    edits, found = [], False
    for key, value in node.value:
        if key.value == "type":
            edits.append(_scalar(value, told["type"]))
        elif key.value in ("path", "url"):
            edits += [_scalar(key, where), _scalar(value, told[where])]
            found = True
    if not found:
        entry = f"{where}: {_quoted(told[where])}"
        edits.append(_into_flow(node, entry) if node.flow_style else _before(node, [entry]))
    return edits


def _scalar(node: Any, text: str) -> _Edit:
    return node.start_mark.index, node.end_mark.index, _quoted(text)


def _into_flow(node: Any, entries: str) -> _Edit:
    at = node.end_mark.index - 1
    return at, at, (", " if node.value else "") + entries


def _before(node: Any, entries: list[str]) -> _Edit:
    """New lines before the first one of a block, whose comments keep their places."""
    first = node.value[0][0].start_mark
    return first.index, first.index, "".join(f"{entry}\n{' ' * first.column}" for entry in entries)


def _flow_of(wanted: Mapping[str, Told]) -> str:
    return "{" + ", ".join(f"{concern}: {_flow(told)}" for concern, told in wanted.items()) + "}"


def _flow(told: Told) -> str:
    return "{" + ", ".join(f"{name}: {_quoted(value)}" for name, value in told.items()) + "}"


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
