"""Flightlog: record agent runs, keep them, watch them live.

Recording takes three lines:

    import flightlog

    with flightlog.open("data").run("triage") as run:
        run.log("hello")

So does reading, in the language of `flightlog ls`:

    for run in flightlog.open("data").find("status:failed since:7d"):
        print(run.id, run.error)
"""

import os
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .core.annotations import Noted as Noted
    from .core.annotations import Pinned as Pinned
    from .core.annotations import Scored as Scored
    from .core.annotations import Tagged as Tagged
    from .core.cleaning import OperationResult as OperationResult
    from .core.errors import ConfigError as ConfigError
    from .core.errors import Conflict as Conflict
    from .core.errors import Corrupt as Corrupt
    from .core.errors import FlightlogError as FlightlogError
    from .core.errors import Locked as Locked
    from .core.errors import NotFound as NotFound
    from .core.errors import NotSupported as NotSupported
    from .core.errors import ReadOnly as ReadOnly
    from .core.errors import StorageError as StorageError
    from .core.finding import query as query
    from .core.metrics import Pattern as Pattern
    from .core.pages import Sort as Sort
    from .core.query.query import Query as Query
    from .core.recording.logging_handler import Handler as Handler
    from .core.recording.recorder import RunRecorder as RunRecorder
    from .core.recording.step_recorder import StepRecorder as StepRecorder
    from .core.recording.traced import current as current
    from .core.recording.traced import step as step
    from .core.retention.plan import Plan as Plan
    from .core.retention.policy import Block as Block
    from .core.retention.policy import Keep as Keep
    from .core.retention.policy import Policy as Policy
    from .core.runs import Run as Run
    from .core.store import Store as Store

    __version__: str

_LATE = {
    **dict.fromkeys(("Noted", "Pinned", "Scored", "Tagged"), "core.annotations"),
    **dict.fromkeys(("Block", "Keep", "Policy"), "core.retention.policy"),
    "Handler": "core.recording.logging_handler",
    "OperationResult": "core.cleaning",
    "Pattern": "core.metrics",
    "Plan": "core.retention.plan",
    "Query": "core.query.query",
    "Run": "core.runs",
    "RunRecorder": "core.recording.recorder",
    "StepRecorder": "core.recording.step_recorder",
    "Sort": "core.pages",
    "Store": "core.store",
    "current": "core.recording.traced",
    "query": "core.finding",
    "step": "core.recording.traced",
} | dict.fromkeys(
    (
        *("FlightlogError", "ConfigError", "StorageError"),
        *("NotFound", "Conflict", "Corrupt", "Locked", "ReadOnly", "NotSupported"),
    ),
    "core.errors",
)
"""Names of this door and the modules that have them; late, for an agent that only records needs none of them."""

__all__ = [*_LATE, "__version__", "open"]  # noqa: PLE0604 - they are texts


def open(
    place: str | os.PathLike[str] | None = None,
    *,
    config: str | os.PathLike[str] | None = None,
    read_only: bool = False,
    durable: bool = False,
    create: bool = True,
    storage: Literal["file", "sqlite"] | None = None,
) -> "Store":
    """Opens a store for recording and reading, a context manager; its data directory is made if it is not there.

    `place` is a data directory, a SQLite file (one that is not there yet by its ending `.db`, `.sqlite` or `.sqlite3`),
    `file:PATH`, `sqlite:PATH`, `sqlite::memory:`, or the URL of a PostgreSQL database; a LangGraph database and a
    folder of transcripts (`~/.claude`, `~/.codex`) can be read. Without one it is `FLIGHTLOG_DATA`, `./flightlog-data`
    if it is there, or the user's data directory. `config` is another file than its `flightlog.yaml`; with
    `create=False` no directory is made. `storage` says how a new directory keeps its runs (an existing one knows). With
    `durable` what is recorded survives the machine's death, not only the process's.

    ConfigError for a mistake in the configuration or the place, StorageError for a place that cannot be used. Any
    thread may call it, and use what it returns.

    While `FLIGHTLOG_DISABLED` is set, nothing is made or recorded, and every call that records works; who asks what is
    there reads it, and NotFound where nothing is.
    """
    from .core.forking import undivided

    with undivided():  # whoever opens the first one loads what the others need, too
        from .core.recording.disabled import is_disabled

        if is_disabled():
            from .backends.disabled import open_disabled

            return open_disabled(place, config=config)
        from .backends.open import open_store

        return open_store(place, config=config, read_only=read_only, durable=durable, create=create, storage=storage)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib import metadata

        return metadata.version("flightlog")
    if name in _LATE:
        from importlib import import_module

        return getattr(import_module(f".{_LATE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
