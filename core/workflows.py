"""Workflows: named definitions of work, as immutable numbered versions with their lineage."""

import hashlib
from collections.abc import Iterable

import msgspec

from .costs import Money, Tokens
from .errors import StorageError
from .events import Json


class Deletion(msgspec.Struct, kw_only=True, frozen=True):
    """When a version was deleted, by whom, and why."""

    t: str
    by: str = ""
    note: str = ""


class Version(msgspec.Struct, kw_only=True, frozen=True):
    """One immutable definition. `definition` is the YAML text byte for byte as it was given."""

    workflow: str
    number: int
    digest: str
    parents: tuple[int, ...] = ()
    author: str = ""
    note: str = ""
    created: str = ""
    definition: str = ""
    meta: dict[str, Json] = {}
    damaged: str = ""
    """Why the version cannot be trusted (edited by hand, unreadable); empty if it can."""
    deleted: Deletion | None = None
    """Set on a tombstone: what is left of a version that was deleted: all but its text and meta."""


class Workflow(msgspec.Struct, kw_only=True, frozen=True):
    """A workflow by its id: how many versions are kept, how many runs were recorded, and how these stand."""

    id: str
    versions: int = 0
    latest: int | None = None
    runs: int = 0
    running: int = 0
    waiting: int = 0
    lost: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    last_run: str | None = None
    """When the newest run began."""

    def __add__(self, other: "Workflow") -> "Workflow":
        """The runs of both; they are of one workflow, kept in two places."""
        counts = ("versions", "runs", "running", "waiting", "lost", "completed", "failed", "cancelled")
        return Workflow(
            id=self.id,
            latest=self.latest if other.latest is None else other.latest,
            last_run=max(self.last_run or "", other.last_run or "") or None,
            **{name: getattr(self, name) + getattr(other, name) for name in counts},
        )

    @property
    def success(self) -> float | None:
        """Completed over ended runs, lost ones among them; None when none has ended."""
        ended = self.completed + self.failed + self.cancelled + self.lost
        return self.completed / ended if ended else None


def together(kept: Iterable[Workflow], counted: Iterable[Workflow]) -> list[Workflow]:
    """Workflows that have versions, runs or both, by id: the versions of the one, the runs of the other."""
    found = {workflow.id: workflow for workflow in counted}
    for one in kept:
        runs = found.get(one.id)
        found[one.id] = msgspec.structs.replace(runs, versions=one.versions, latest=one.latest) if runs else one
    return [found[id] for id in sorted(found)]


FEW = 5
"""Runs under which a version's numbers say nothing about it."""


class Outcome(msgspec.Struct, kw_only=True, frozen=True):
    """What the ended runs of a version came to (a summary): the finished ones, and how many were lost."""

    workflow: str
    version: int | None
    runs: int
    day: str = ""
    """The day (UTC) on which they ended; empty: on any."""
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    lost: int = 0
    """Runs besides these whose writer is gone: they did not finish, and did not succeed. Of no day."""
    timed: int = 0
    """Runs whose duration is known."""
    took_us: int = 0
    """Sum of their durations in microseconds."""
    p50_s: float | None = None
    p95_s: float | None = None
    """Durations by nearest rank, of the runs whose duration is known."""
    steps: int = 0
    retries: int = 0
    """Steps whose attempt is not the first."""
    unpriced: int = 0
    """Runs with a call that has no price: what they cost is counted as far as it is known."""
    tokens: Tokens = Tokens()
    money: Money = Money()

    def __add__(self, other: "Outcome") -> "Outcome":
        """The runs of both. Percentiles do not follow from those of parts: they are left unknown."""
        names = ("runs", "completed", "failed", "cancelled", "lost", "timed", "took_us", "steps", "retries", "unpriced")
        return Outcome(
            workflow=self.workflow,
            version=self.version,
            day=self.day,
            tokens=self.tokens + other.tokens,
            money=self.money + other.money,
            **{name: getattr(self, name) + getattr(other, name) for name in names},
        )

    @property
    def ended(self) -> int:
        """Finished runs and lost ones."""
        return self.runs + self.lost

    @property
    def success(self) -> float | None:
        """Completed over ended runs; None when none has ended."""
        return self.completed / self.ended if self.ended else None

    @property
    def mean_s(self) -> float | None:
        """Mean duration; None when none is known."""
        return self.took_us / self.timed / 1_000_000 if self.timed else None

    @property
    def too_few(self) -> bool:
        """Whether there are too few runs to judge by."""
        return self.runs < FEW

    @property
    def per_run(self) -> Money:
        """What a run cost on average, with the provenance of the sum."""
        runs = max(self.runs, 1)
        recorded, computed = self.money.recorded_nanousd // runs, self.money.computed_nanousd // runs
        return msgspec.structs.replace(self.money, recorded_nanousd=recorded, computed_nanousd=computed)


def digest_of(definition: str) -> str:
    """`sha256:` and the hexadecimal SHA-256 of a definition's UTF-8 bytes; StorageError if it is no text."""
    return "sha256:" + hashlib.sha256(as_text(definition).encode("utf-8", "surrogatepass")).hexdigest()


def as_text(definition: object) -> str:
    """A definition that is a text; StorageError for the mapping that somebody may give instead."""
    if isinstance(definition, str):
        return definition
    raise StorageError(
        f"the definition is no text but a {type(definition).__name__}",
        advice="give the YAML text, as yaml.safe_dump makes it",
    )
