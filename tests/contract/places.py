"""Every way of keeping a store. A new backend is one more line in `MAKERS`."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import flightlog
from flightlog.backends.postgres.server_url import ServerUrl, spool_folder
from flightlog.core.store import Store

SQLITE = "storage: {workflows: {type: sqlite}, logs: {type: sqlite}, metrics: {type: sqlite}}"
TURNED = "storage: {workflows: {type: sqlite, path: w.db}, logs: {type: file}, metrics: {type: sqlite, path: m.db}}"


def configured(folder: Path, text: str) -> Path:
    """A configuration file beside a data directory."""
    path = folder.with_suffix(".yaml")
    path.write_text(text)
    return path


def beside_a_source(folder: Path) -> Path:
    """A configuration that names a LangGraph database without threads: nothing is different for it."""
    from langgraph.checkpoint.sqlite import SqliteSaver

    source = folder.with_suffix(".sqlite")
    with closing(sqlite3.connect(source)) as connection:
        SqliteSaver(connection).setup()
    return configured(folder, f"sources: [{{type: langgraph, path: {source}}}]")


NewUrl = Callable[[], str]
"""Makes a database on the server of this test session; its URL."""
Maker = Callable[[Path, NewUrl], dict[str, Any]]

MAKERS: dict[str, Maker] = {
    "files": lambda folder, new_url: {"place": folder, "storage": "file"},
    "mix": lambda folder, new_url: {"place": folder},
    "sqlite": lambda folder, new_url: {"place": folder, "config": configured(folder, SQLITE)},
    "turned": lambda folder, new_url: {"place": folder, "config": configured(folder, TURNED)},
    "memory": lambda folder, new_url: {"place": "sqlite::memory:"},
    "postgres": lambda folder, new_url: {"place": new_url()},
    "joined": lambda folder, new_url: {"place": folder, "config": beside_a_source(folder)},
}
PERSISTENT = [name for name in MAKERS if name != "memory"]


class Place:
    """Somewhere a store is kept; opens it as often as a test wants, and closes all at the end."""

    def __init__(self, kind: str, folder: Path, new_url: NewUrl) -> None:
        self.kind, self.folder = kind, folder
        self.files = kind in ("files", "turned")  # runs are kept in files
        folder.mkdir()
        self.options = MAKERS[kind](folder, new_url)
        if kind == "postgres":
            self.folder = spool_folder(ServerUrl(self.options["place"]))
        self.opened: list[Store] = []

    def open(self, **options: Any) -> Store:
        """A store of this place, opened anew (what is in memory exists once)."""
        if self.kind == "memory" and self.opened:
            return self.opened[0]
        store = flightlog.open(**(self.options | options))
        self.opened.append(store)
        return store

    def configure(self, beside: Path, text: str) -> None:
        """From now on it is opened by this configuration, written to a file beside a folder."""
        self.options["config"] = configured(beside, text)

    @property
    def code(self) -> str:
        """Python that opens the store in another process, as the name `store`."""
        options = {name: str(value) for name, value in self.options.items()}
        return f"import flightlog\nstore = flightlog.open(**{options!r})"

    def close(self) -> None:
        """Closes every store."""
        for store in self.opened:
            store.close()
