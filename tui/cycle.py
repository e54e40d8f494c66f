"""What one key goes through: orders, tabs, groupings, round and round."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def after(here: T, among: Sequence[T], step: int = 1) -> T:
    """The one that comes `step` after `here`, which is among them; the first follows the last."""
    return among[(among.index(here) + step) % len(among)]
