"""The part of `flightlog.yaml` that says what is kept: found with its comments, and put back among all the rest."""

import re
from collections.abc import Callable, Sequence
from itertools import accumulate, takewhile
from typing import Any, NamedTuple

from ...core.errors import ConfigError
from .policies import RETENTION


class _Entry(NamedTuple):
    """One key of the file and what is behind it; places in the text."""

    ours: bool
    start: int
    """Where the comments begin that stand right above it."""
    end: int
    """Behind its last line, and the comments right below that."""


def policy_text(text: str) -> str:
    """What a configuration says about retention, comments included; ConfigError if its lines say it not."""
    return "".join(_lines_of(text[start:end]) for start, end in _parts(text))


def with_policy(text: str, new: str) -> str:
    """The text in which retention is said so. Whoever uses it reads it again before he trusts it."""
    parts = _parts(text)
    if "\r\n" in text:
        new = new.replace("\r\n", "\n").replace("\n", "\r\n")
    if not parts:
        gap = "" if not text or text.endswith("\n") else "\n"
        return text + gap + ("\n" if text.strip() else "") + _lines_of(new)
    for start, end in reversed(parts[1:]):
        text = text[:start] + text[end:]
    start, end = parts[0]
    return text[:start] + _before(new, text[end:]) + text[end:]


def _before(new: str, rest: str) -> str:
    """The new text as it stands before the rest: its last comment is not taken for the rest's first."""
    apart = _above(_lines_of(new)) and rest[:1] not in ("", "\n", "\r")
    return (_lines_of(new) if rest else new) + ("\n" if apart else "")


def _lines_of(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def line_of(text: str, key: str) -> int | None:
    """The line (from 0) of a key like `retention[0].keep.last`, or of the nearest that is there above it."""
    import yaml

    try:
        node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None
    line: int | None = None
    for name, number in re.findall(r"([^.\[\]]+)|\[(\d+)\]", key):
        found = _under(node, name, number)
        if found is None:
            break
        line, node = found
    return line


def _under(node: Any, name: str, number: str) -> tuple[int, Any] | None:
    """The line and the value of a key or of a place in a list."""
    if number and getattr(node, "id", "") == "sequence" and int(number) < len(node.value):
        value = node.value[int(number)]
        return value.start_mark.line, value
    if name and getattr(node, "id", "") == "mapping":
        return next(((key.start_mark.line, value) for key, value in node.value if key.value == name), None)
    return None


def _parts(text: str) -> list[tuple[int, int]]:
    """Where retention is said, neighbours as one."""
    parts: list[tuple[int, int]] = []
    together = False
    for entry in _entries(text):
        if entry.ours:
            parts.append((parts.pop()[0] if together else entry.start, entry.end))
        together = entry.ours
    return parts


def _entries(text: str) -> list[_Entry]:
    import yaml

    # The loader in Python, for its marks count characters.
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None or root.id != "mapping" or not root.value:
        return []
    keys = [key for key, _ in root.value]
    begins = [text.rfind("\n", 0, key.start_mark.index) + 1 for key in keys]
    alone = all(not text[begin : key.start_mark.index].strip() for begin, key in zip(begins, keys, strict=True))
    if root.flow_style or not alone:
        advice = "write its keys each on a line of its own"
        raise ConfigError("it is written in one line, {…}, of which no part can be shown", advice=advice)
    limits = [*begins[1:], len(text)]
    said = [
        max(begin + _size(_lines(text[begin:limit]), _says), _line_end(text, min(_end_of(value), limit)))
        for begin, limit, (_, value) in zip(begins, limits, root.value, strict=True)
    ]
    # Comments between two entries belong to the one below if they stand right above it.
    starts = [begin - _above(text[after:begin]) for begin, after in zip(begins, [0, *said], strict=False)]
    ends = [end + _below(text[end:start]) for end, start in zip(said, starts[1:], strict=False)]
    ends.append(said[-1] + _size(_lines(text[said[-1] :]), _is_comment))
    return [_Entry(key.value in RETENTION, start, end) for key, start, end in zip(keys, starts, ends, strict=True)]


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _is_comment(line: str) -> bool:
    return line.startswith("#")


def _says(line: str) -> bool:
    return bool(line.strip()) and not _is_comment(line)


def _size(lines: Sequence[str], counts: Callable[[str], bool]) -> int:
    """Characters up to the end of the last line that counts."""
    ends = list(accumulate(map(len, lines)))
    return max((end for line, end in zip(lines, ends, strict=True) if counts(line)), default=0)


def _above(text: str) -> int:
    """Characters of the comment lines that a text ends with."""
    return sum(map(len, takewhile(_is_comment, reversed(_lines(text)))))


def _below(text: str) -> int:
    """Characters of the comment lines that a text begins with."""
    return sum(map(len, takewhile(_is_comment, _lines(text))))


def _line_end(text: str, place: int) -> int:
    """The end of the line in which a place is."""
    return text.find("\n", place) + 1 or len(text)


def _end_of(node: Any) -> int:
    """Where a value ends that is written between quotes or brackets: in it, `#` begins no comment."""
    if node.id == "scalar":
        return int(node.end_mark.index) if node.style in ("'", '"') else 0
    if node.flow_style:
        return int(node.end_mark.index)
    parts = node.value if node.id == "sequence" else [value for _, value in node.value]
    return max((_end_of(part) for part in parts), default=0)
