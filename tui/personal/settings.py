"""A person's own settings: `config.yaml` in the user's configuration folder. No mistake in it stops the program.

keys: {runs.pin: "P"}      # other keys, by the ids of the table of keys
theme: flightlog-light
bell: true                 # the terminal's bell, when something a person waits for happens
notify: osc9               # a notice of the terminal's own
views:
  failures: {query: "status:failed since:7d", sort: last_event}
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, get_args

from ...core.pages import SortField
from ...core.text import safe_text

NAME = "config.yaml"
NOTICES = ("osc9", "off")
LONGEST = 1_000_000
"""Bytes of the file that are read at most: what is longer is no configuration."""
_KEYS = ("keys", "theme", "bell", "notify", "views")
_SHOWN = 60


class View(NamedTuple):
    """A list of runs that a person gave a name."""

    query: str
    sort: str = ""
    """A field to sort by, the greatest first; empty: as the list is."""


class PersonalSettings(NamedTuple):
    """What the file says; empty is what it does not say."""

    file: str = ""
    """Where it is, or would be."""
    keys: dict[str, str] = {}
    """Keys by the id of a row of the table of keys, in Textual's names; only those that can be in force."""
    theme: str = ""
    bell: bool = False
    notify: str = ""
    """`osc9`, or empty."""
    views: dict[str, View] = {}
    mistakes: tuple[str, ...] = ()
    """Each one line: file, key, what was found, what is allowed. What they are about is as if it were not there."""

    def rows(self) -> list[tuple[str, Any]]:
        """Each setting that the file makes: its key and its value."""
        found: list[tuple[str, Any]] = [(f"keys.{id}", keys) for id, keys in self.keys.items()]
        found += [(key, value) for key in ("theme", "bell", "notify") if (value := getattr(self, key))]
        for name, view in self.views.items():
            found.append((f"views.{name}", view.query + (f" (sort: {view.sort})" if view.sort else "")))
        return found


def settings_file() -> Path:
    """Where a person's settings lie, whether or not there are any."""
    import platformdirs

    return Path(platformdirs.user_config_dir("flightlog")) / NAME


def read_settings(file: Path, themes: Iterable[str] = ()) -> PersonalSettings:
    """What a file says; nothing if there is none. Never fails: mistakes are in what comes back.

    `themes` are the names that a theme may have; without them any is taken. To be called in a
    thread: where there is a file, it loads the YAML parser.
    """
    try:
        with file.open("rb") as opened:
            text = opened.read(LONGEST).decode("utf-8-sig")
    except FileNotFoundError:
        return PersonalSettings(str(file))
    except OSError as error:
        return PersonalSettings(str(file), mistakes=(f"{file}: cannot be read: {error.strerror}",))
    except UnicodeDecodeError as error:
        return PersonalSettings(str(file), mistakes=(f"{file}: is not UTF-8 text (byte {error.start})",))
    return settings_in(text, file, themes)


def settings_in(text: str, file: Path, themes: Iterable[str] = ()) -> PersonalSettings:
    """What a text says, which mistakes call `file`."""
    reader = _Reader(file)
    found = reader.loaded(text)
    keys = reader.keys(found.get("keys"))
    return PersonalSettings(
        str(file),
        keys=keys,
        theme=reader.theme(found.get("theme"), tuple(themes)),
        bell=reader.flag(found.get("bell"), "bell"),
        notify=reader.notify(found.get("notify")),
        views=reader.views(found.get("views")),
        mistakes=tuple(reader.mistakes),
    )


class _Reader:
    """Takes what is right, and writes down what is not."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.mistakes: list[str] = []

    def mistake(self, key: str, what: str, advice: str = "") -> None:
        place = f"{self._file}: {key}" if key else str(self._file)
        self.mistakes.append(safe_text(f"{place}: {what}" + (f"; {advice}" if advice else ""), limit=400))

    def loaded(self, text: str) -> dict[str, Any]:
        """The top level, with no other than the known keys."""
        import yaml

        try:
            found = yaml.CSafeLoader(text).get_single_data()
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            where = f" (line {mark.line + 1})" if mark is not None else ""
            self.mistake("", f"is not YAML{where}: {getattr(error, 'problem', None) or 'it cannot be read'}")
            return {}
        return self._known("" if found is not None else None, found, _KEYS)

    def _known(self, key: str | None, found: Any, allowed: tuple[str, ...]) -> dict[str, Any]:
        """A mapping without what is not allowed in it."""
        if found is None or key is None:
            return {}
        if not isinstance(found, dict):
            self.mistake(key, f"a mapping is wanted, found {_shown(found)}", f"allowed are {', '.join(allowed)}")
            return {}
        for name in found:
            if name not in allowed:
                near = get_close_matches(str(name), allowed, 1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                place = f"{key}.{name}" if key else str(name)
                self.mistake(place[:_SHOWN], "is no key", f"{hint}allowed are {', '.join(allowed)}")
        return {name: value for name, value in found.items() if name in allowed}

    def keys(self, found: Any) -> dict[str, str]:
        if found is None:
            return {}
        if not isinstance(found, dict):
            self.mistake("keys", f"a mapping is wanted, found {_shown(found)}", 'for example {runs.pin: "P"}')
            return {}
        from .key_map import checked

        good, mistakes = checked({str(id): value for id, value in found.items()})
        for id, what, advice in mistakes:
            self.mistake(f"keys.{id[:_SHOWN]}", what, advice)
        return good

    def theme(self, found: Any, themes: tuple[str, ...]) -> str:
        if found is None:
            return ""
        if isinstance(found, str) and (found in themes or not themes):
            return found
        self.mistake("theme", f"found {_shown(found)}", f"allowed are {', '.join(sorted(themes))}")
        return ""

    def flag(self, found: Any, key: str) -> bool:
        if found is None or isinstance(found, bool):
            return bool(found)
        self.mistake(key, f"found {_shown(found)}", "allowed are true, false")
        return False

    def notify(self, found: Any) -> str:
        if found is None or found is False or found == "off":  # YAML takes a bare `off` for false
            return ""
        if found in NOTICES:
            return str(found)
        self.mistake("notify", f"found {_shown(found)}", f"allowed are {', '.join(NOTICES)}")
        return ""

    def views(self, found: Any) -> dict[str, View]:
        if found is None:
            return {}
        if not isinstance(found, dict):
            self.mistake("views", f"a mapping is wanted, found {_shown(found)}", "name: {query: …, sort: …}")
            return {}
        views = ((str(name), self._view(f"views.{str(name)[:_SHOWN]}", value)) for name, value in found.items())
        return {name: view for name, view in views if view is not None}

    def _view(self, key: str, value: Any) -> View | None:
        given = self._known(key, value if value is not None else "nothing", ("query", "sort"))
        query, sort = given.get("query", ""), given.get("sort") or ""
        if not isinstance(query, str):
            self.mistake(f"{key}.query", f"a text is wanted, found {_shown(query)}")
            return None
        fields = get_args(SortField)
        if sort and sort not in fields:
            self.mistake(f"{key}.sort", f"found {_shown(sort)}", f"allowed are {', '.join(fields)}")
            sort = ""
        return View(query, sort) if given or value == {} else None


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return "nothing" if value is None else repr(value)[:_SHOWN]
