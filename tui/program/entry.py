"""Where the browser begins, if not at the list of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...core.errors import ConfigError, Conflict, NotFound
from ...core.hurry import hurried

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.glance import LogEnd
    from ...core.store import Store


class Nowhere(ConfigError):
    """There is no such run, or not one alone: who asked for it called the program in a wrong way."""


class Entry(NamedTuple):
    """A run as a person names it, and one of its tabs."""

    run: str
    tab: str
    glance: Callable[[int], LogEnd] | None = None
    """Reads so many of the newest entries of its log before the store is open; none where that has to be waited for."""

    def found(self, store: Store) -> Entry:
        """The same by the run's id; Nowhere. To be called in a thread, which reads the run's screen meanwhile."""
        from ..screens import run as _screen  # noqa: F401

        try:
            with hurried():  # a long log is shown while it is still being read
                return self._replace(run=store.runs.resolve(self.run))
        except (NotFound, Conflict) as error:
            advice = error.advice or "`flightlog ls` lists what there is"
            raise Nowhere(error.what, where=error.where or store.name, advice=advice) from error
