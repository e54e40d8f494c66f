"""The one place where the program is put together: options → configuration → store."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .options import Settings

if TYPE_CHECKING:
    from ...core.store import Store


def open_store(settings: Settings, *, writing: bool = False) -> "Store":
    """Opens the store that the options name; raises FlightlogError.

    `writing` verbs are refused under `--read-only` by the store itself; a store is created
    only where something is to be written.
    """
    from ...backends.open import open_store as open_backend

    return open_backend(
        settings.data,
        config=settings.config,
        read_only=settings.read_only,
        storage=settings.storage,
        create=writing and not settings.read_only,
    )


@contextmanager
def opened(settings: Settings, *, writing: bool = False) -> "Iterator[Store]":
    """The store for the time of one verb."""
    store = open_store(settings, writing=writing)
    try:
        yield store
    finally:
        store.close()


def configuration(settings: Settings) -> list[tuple[str, Any, str]]:
    """Each setting in force at the place that the options name: its key, its value, where it came from."""
    from ...backends.configuration.effective_config import configuration as in_force

    return in_force(settings.data, config=settings.config, storage=settings.storage).rows()
