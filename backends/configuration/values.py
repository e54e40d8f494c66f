"""Plain values of a configuration, each checked with the place at which it stands."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...core.errors import ConfigError
from ...core.query.query_keys import suggest
from .written import written_path

_VARIABLE = re.compile(r"(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NAMES: dict[type, str] = {dict: "a mapping", list: "a list", str: "a text", int: "a whole number"}


class Values:
    """Turns what YAML gave into values of one type, telling the place of each mistake.

    What stood in an environment variable is never told: a mistake quotes the text as it is written.
    """

    def __init__(self, file: Path, data_dir: Path, environ: Mapping[str, str]) -> None:
        self.file = file
        self._data_dir, self._environ = data_dir, environ
        self._used: dict[str, list[str]] = {}

    def mapping(self, value: Any, key: str, allowed: Iterable[str], of: str = "") -> dict[str, Any]:
        """A mapping that has no other than the allowed keys; `of` says of what these are keys."""
        given: dict[str, Any] = self.typed(value, key, dict)
        names = tuple(allowed)
        for name in given:
            if name not in names:
                near = suggest(name, names) if isinstance(name, str) else None
                hint = f"did you mean {near!r}? " if near else ""
                what = f"{shown(name)} is no key" + (f" of {of or key}" if of or key else "")
                place = ".".join(filter(None, (key, _plain(name))))
                raise self.mistake(what, place, f"{hint}allowed are {', '.join(names)}")
        return given

    def choice(self, value: Any, key: str, allowed: tuple[str, ...]) -> Any:
        """One of these texts."""
        if value is None:
            raise self.mistake("is missing", key, f"allowed are {', '.join(allowed)}")
        text = self.filled(self.typed(value, key, str), key)
        if text not in allowed:
            near = suggest(value, allowed)
            hint = f"did you mean {near!r}? " if near else ""
            raise self.mistake(f"{shown(value)} is not allowed", key, f"{hint}allowed are {', '.join(allowed)}")
        return text

    def path(self, value: Any, key: str) -> str:
        """An absolute path; one that is relative lies in the data directory."""
        if value is None:
            raise self.mistake("is missing", key, "give a path, absolute or in the data directory")
        text = self.filled(self.typed(value, key, str), key)
        if not text.strip() or "\0" in text:
            raise self.mistake(f"{shown(value)} is no path", key, "give a path, absolute or in the data directory")
        try:
            return os.path.abspath(self._data_dir / written_path(text))
        except ConfigError as error:
            raise self.mistake(error.what, key, error.advice) from None

    def typed(self, value: Any, key: str, kind: type) -> Any:
        """A value of this type."""
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.mistake(f"{_NAMES[kind]} is wanted, found {shown(value)}", key)
        return value

    def filled(self, value: Any, key: str) -> Any:
        """The value with environment variables in its texts put in."""
        if isinstance(value, str):
            return _VARIABLE.sub(lambda match: self._variable(match, key), value)
        if isinstance(value, list):
            return [self.filled(inner, f"{key}[{number}]") for number, inner in enumerate(value)]
        if isinstance(value, dict):
            return {name: self.filled(inner, f"{key}.{name}") for name, inner in value.items()}
        return value

    def origin(self, key: str) -> str:
        """Where a setting came from: the file, and the environment variables that were put in below its key."""
        below = (f"{key}.", f"{key}[")
        names = [
            name for place, found in self._used.items() if place == key or place.startswith(below) for name in found
        ]
        return f"{self.file}" + (f" with {', '.join(dict.fromkeys(names))} of the environment" if names else "")

    def _variable(self, match: re.Match[str], key: str) -> str:
        if match[1]:
            return match[0][1:]
        if match[2] not in self._environ:
            raise self.mistake(
                f"the environment variable {match[2]} is not set", key, f"set it, or write $${{{match[2]}}}"
            )
        self._used.setdefault(key, []).append(match[2])
        return self._environ[match[2]]

    def mistake(self, what: str, key: str, advice: str = "") -> ConfigError:
        """The one line that says what is wrong at a key, and what is allowed."""
        return ConfigError(what, where=f"{self.file}: {key}" if key else self.file, advice=advice)


def _plain(name: Any) -> str:
    """A key as it is written in the place of a mistake."""
    return name[:60] if isinstance(name, str) and name.isprintable() else repr(name)[:60]


def shown(value: Any) -> str:
    """What was found, short enough for one line."""
    name = _NAMES.get(type(value))
    if isinstance(value, dict | list) and name:
        return name
    return "nothing" if value is None else repr(value)[:60]
