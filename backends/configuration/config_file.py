"""`flightlog.yaml`: read strictly, so that a mistake is one line that names the file, the key and what is allowed."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...core.config import DEFAULT_PATHS, SOURCE_TYPES, STORAGE_TYPES, Config, Source, Storage
from ...core.errors import ConfigError, StorageError
from ...core.query.query_keys import suggest

NAME = "flightlog.yaml"

_POLICIES = {"budgets": list, "retention": list, "minimum": int, "max_size": str, "trash_for": str, "every": str}
_KEYS = ("storage", "archive", "sources", *_POLICIES)
_VARIABLE = re.compile(r"(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def load_config(
    data_dir: Path, explicit: str | os.PathLike[str] | None = None, environ: Mapping[str, str] = os.environ
) -> Config:
    """The configuration of a data directory; ConfigError for any mistake in it.

    It is read from `explicit`, else from the file that FLIGHTLOG_CONFIG names, else from
    `flightlog.yaml` in the data directory if there is one. Relative paths in it are relative to the
    data directory. `${NAME}` in a text is an environment variable; `$${NAME}` is itself.
    """
    named = os.fspath(explicit) if explicit else environ.get("FLIGHTLOG_CONFIG", "")
    path = Path(named).expanduser() if named else data_dir / NAME
    text = _text(path, wanted=bool(named))
    if text is None:
        return Config()
    from ..workflows.definition import load

    try:
        found = load(text)
    except StorageError as error:
        raise ConfigError(error.what, where=path, advice=error.advice) from error
    return _Reader(path, data_dir, environ).config(found)


def _text(path: Path, *, wanted: bool) -> str | None:
    try:
        # Bounded: what is longer than any configuration is refused by the YAML check, not read whole.
        with path.open("rb") as file:
            return file.read(2_000_000).decode("utf-8-sig")
    except FileNotFoundError as error:
        if not wanted:
            return None
        advice = "name a file that exists with --config or FLIGHTLOG_CONFIG"
        raise ConfigError("there is no such file", where=path, advice=advice) from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=path) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8 text (byte {error.start})", where=path) from error


class _Reader:
    """Turns plain values into a configuration, telling the place of each mistake."""

    def __init__(self, file: Path, data_dir: Path, environ: Mapping[str, str]) -> None:
        self._file, self._data_dir, self._environ = file, data_dir, environ

    def config(self, found: Any) -> Config:
        top = self._mapping(found if found is not None else {}, "", _KEYS)
        storage = self._mapping(top.get("storage", {}), "storage", DEFAULT_PATHS)
        kept = {name: self._storage(name, value) for name, value in storage.items()}
        archive = self._mapping(top.get("archive", {}), "archive", ["path"])
        sources = self._typed(top.get("sources", []), "sources", list)
        policies = {key: self._policy(key, top[key]) for key in _POLICIES if key in top}
        origins = [f"storage.{name}" for name in kept] + [f"sources[{number}]" for number in range(len(sources))]
        origins += [*policies, *(["archive"] if archive else [])]
        return Config(
            file=str(self._file),
            archive=self._path(archive["path"], "archive.path") if archive else None,
            sources=tuple(self._source(number, value) for number, value in enumerate(sources)),
            policies=policies,
            origins=dict.fromkeys(origins, str(self._file)),
            **kept,
        )

    def _storage(self, concern: str, value: Any) -> Storage:
        key = f"storage.{concern}"
        given = self._mapping(value, key, ["type", "path"])
        kind = self._choice(given.get("type"), f"{key}.type", STORAGE_TYPES)
        path = given.get("path", DEFAULT_PATHS[concern][kind])
        return Storage(type=kind, path=self._path(path, f"{key}.path"))

    def _source(self, number: int, value: Any) -> Source:
        key = f"sources[{number}]"
        given = self._mapping(value, key, ["type", "path"])
        kind = self._choice(given.get("type"), f"{key}.type", SOURCE_TYPES)
        return Source(type=kind, path=self._path(given.get("path"), f"{key}.path"))

    def _policy(self, key: str, value: Any) -> Any:
        self._typed(value, key, _POLICIES[key])
        return self._filled(value, key)

    # --- plain values

    def _mapping(self, value: Any, key: str, allowed: Iterable[str]) -> dict[str, Any]:
        given: dict[str, Any] = self._typed(value, key, dict)
        names = tuple(allowed)
        for name in given:
            if name not in names:
                near = suggest(name, names) if isinstance(name, str) else None
                hint = f"did you mean {near!r}? " if near else ""
                what = f"{_shown(name)} is no key" + (f" of {key}" if key else "")
                raise self._mistake(
                    what, ".".join(filter(None, (key, _plain(name)))), f"{hint}allowed are {', '.join(names)}"
                )
        return given

    def _choice(self, value: Any, key: str, allowed: tuple[str, ...]) -> Any:
        if value is None:
            raise self._mistake("is missing", key, f"allowed are {', '.join(allowed)}")
        value = self._filled(self._typed(value, key, str), key)
        if value in ("postgres", "postgresql"):
            raise self._mistake("PostgreSQL is not supported by this version", key, f"allowed are {', '.join(allowed)}")
        if value not in allowed:
            near = suggest(value, allowed)
            hint = f"did you mean {near!r}? " if near else ""
            raise self._mistake(f"{_shown(value)} is not allowed", key, f"{hint}allowed are {', '.join(allowed)}")
        return value

    def _path(self, value: Any, key: str) -> str:
        if value is None:
            raise self._mistake("is missing", key, "give a path, absolute or in the data directory")
        text = self._filled(self._typed(value, key, str), key)
        if not text.strip() or "\0" in text:
            raise self._mistake(f"{_shown(text)} is no path", key, "give a path, absolute or in the data directory")
        return os.path.abspath(self._data_dir / Path(text).expanduser())

    def _typed(self, value: Any, key: str, kind: type) -> Any:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self._mistake(f"{_NAMES[kind]} is wanted, found {_shown(value)}", key)
        return value

    def _filled(self, value: Any, key: str) -> Any:
        """The value with environment variables in its texts put in."""
        if isinstance(value, str):
            return _VARIABLE.sub(lambda match: self._variable(match, key), value)
        if isinstance(value, list):
            return [self._filled(inner, f"{key}[{number}]") for number, inner in enumerate(value)]
        if isinstance(value, dict):
            return {name: self._filled(inner, f"{key}.{name}") for name, inner in value.items()}
        return value

    def _variable(self, match: re.Match[str], key: str) -> str:
        if match[1]:
            return match[0][1:]
        if match[2] not in self._environ:
            raise self._mistake(
                f"the environment variable {match[2]} is not set", key, f"set it, or write $${{{match[2]}}}"
            )
        return self._environ[match[2]]

    def _mistake(self, what: str, key: str, advice: str = "") -> ConfigError:
        return ConfigError(what, where=f"{self._file}: {key}" if key else self._file, advice=advice)


_NAMES: dict[type, str] = {dict: "a mapping", list: "a list", str: "a text", int: "a whole number"}


def _plain(name: Any) -> str:
    """A key as it is written in the place of a mistake."""
    return name[:60] if isinstance(name, str) and name.isprintable() else repr(name)[:60]


def _shown(value: Any) -> str:
    """What was found, short enough for one line."""
    name = _NAMES.get(type(value))
    if isinstance(value, dict | list) and name:
        return name
    return "nothing" if value is None else repr(value)[:60]
