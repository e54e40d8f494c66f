"""The store that a mirror is of, as the mirror's thread has it."""

from typing import TYPE_CHECKING, NamedTuple

from ...core.store import Store

if TYPE_CHECKING:
    from ..replay.truth import Truth


class First(NamedTuple):
    """A store opened for the mirror alone, without one of its own, and what it holds that cannot be derived."""

    store: Store
    truth: "Truth"
