"""A watch with one more thing to tell."""

from collections.abc import Callable
from typing import Literal

from ...core.feed import Watch


class Told:
    """Watches as another does; where that has no problem to tell, it tells its own."""

    def __init__(self, watch: Watch, problem: Callable[[], str]) -> None:
        self._watch, self._problem = watch, problem

    @property
    def mode(self) -> Literal["watching", "polling"]:
        return self._watch.mode

    @property
    def problem(self) -> str:
        return self._watch.problem or self._problem()

    def close(self) -> None:
        self._watch.close()
