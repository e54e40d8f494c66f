"""What a query may ask of a run beyond the run itself."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol


class Call(NamedTuple):
    """What a query may ask of one model call."""

    t: str = ""
    model: str = ""
    agent: str = ""


class Facts(Protocol):
    """What a query may ask of a run beyond the run itself. Each is asked only when needed."""

    @property
    def steps(self) -> Sequence[str]:
        """Names of its steps."""
        ...

    @property
    def step_errors(self) -> Sequence[str]:
        """Errors of its steps."""
        ...

    @property
    def models(self) -> Sequence[str]:
        """Models it called."""
        ...

    @property
    def agents(self) -> Sequence[str]:
        """Agents of its steps and calls."""
        ...

    @property
    def calls(self) -> Sequence[Call]:
        """Its model calls."""
        ...

    @property
    def metrics(self) -> Mapping[str, Sequence[float]]:
        """Numbers by name."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """Texts of its notes."""
        ...

    @property
    def logs(self) -> Iterable[str]:
        """Messages of its log entries."""
        ...
