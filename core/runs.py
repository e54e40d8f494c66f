"""Runs and what they are made of, as repositories return them: values that never change."""

from typing import Literal

import msgspec

from .costs import CostGroup, Money, Tokens
from .events import Decision, Fault, ItemStatus, Json, Writer
from .pages import to_cursor

RunStatus = Literal["pending", "running", "waiting", "lost", "paused", "completed", "failed", "cancelled"]
"""`waiting` (an approval is pending) and `lost` (the writer is gone) are derived; the rest is recorded."""

RUN_STATUSES: tuple[RunStatus, ...] = (
    "pending",
    "running",
    "waiting",
    "lost",
    "paused",
    "completed",
    "failed",
    "cancelled",
)
FINISHED: frozenset[str] = frozenset({"completed", "failed", "cancelled"})
"""Statuses after which nothing is appended (a source's run may wake up all the same)."""

StepStatus = Literal["pending", "running", "completed", "failed", "skipped"]
ApprovalStatus = Literal["pending", "approved", "rejected", "expired"]


class Run(msgspec.Struct, frozen=True, gc=False):
    """One execution of a workflow's version, with its totals so far."""

    id: str
    workflow: str
    version: int | None = None
    name: str = ""
    objective: str = ""
    plan_id: str = ""
    attempt: int = 1
    parent: str | None = None
    from_checkpoint: str | None = None
    session: str | None = None
    project: str | None = None
    status: RunStatus = "running"
    evidence: str = ""
    """Why it is called lost, waiting or paused: `pid 4312 is gone`, the question asked, the reason given."""
    started: str | None = None
    finished: str | None = None
    last_event: str | None = None
    """Time of the newest event."""
    last_seq: int = 0
    error: str = ""
    """Of a failed run: the error's type and first line."""
    steps: int = 0
    steps_done: int = 0
    current_step: str = ""
    """Name of the step that began last and still runs."""
    items: int = 0
    items_failed: int = 0
    events: int = 0
    logs: int = 0
    warnings: int = 0
    errors: int = 0
    checkpoints: int = 0
    messages: int = 0
    approvals: int = 0
    approvals_pending: int = 0
    artifacts: int = 0
    tokens: Tokens = Tokens()
    money: Money = Money()
    size_bytes: int | None = None
    """Bytes that the run takes where it is stored; None if not known yet."""
    tags: tuple[str, ...] = ()
    notes: int = 0
    pinned: bool = False
    archived: bool = False
    damaged: int = 0
    """Lines or values of the run that could not be read."""
    meta: dict[str, Json] = {}
    writer: Writer | None = None
    source: str = ""
    """Of a foreign run: the kind of source, `langgraph`."""
    source_id: str = ""
    """Of a foreign run: its id there."""

    @property
    def tokens_known(self) -> bool:
        """False for a foreign run whose tokens, model calls and messages its source has not read yet: they are then
        unknown, and not none. The source says so under its own name in `meta`, as `unread`.
        """
        told = self.meta.get(self.source) if self.source else None
        return not (isinstance(told, dict) and told.get("unread"))

    @property
    def begun_by(self) -> str:
        """Of a foreign run, or a copy of one: the step of another run that began it, where its program says so under
        its own name in `meta`, as `step`; else empty.
        """
        facts = [self.meta.get(self.source)] if self.source else list(self.meta.values())
        steps = (told.get("step") for told in facts if isinstance(told, dict))
        return next((step for step in steps if isinstance(step, str)), "")


def cost_of(run: Run) -> CostGroup:
    """What a run's calls cost together, as it tells itself."""
    calls = run.money.recorded + run.money.computed + run.money.unknown
    return CostGroup(key=run.id, calls=calls, tokens=run.tokens, money=run.money, runs=1)


class Step(msgspec.Struct, kw_only=True, frozen=True):
    """One node of a run's graph."""

    run: str
    id: str
    name: str
    status: StepStatus
    agent: str = ""
    kind: str = ""
    attempt: int = 1
    parent: str | None = None
    depends_on: tuple[str, ...] = ()
    started: str | None = None
    finished: str | None = None
    error: str = ""
    tokens: Tokens = Tokens()
    money: Money = Money()
    """Of the calls recorded in this step itself, not of steps nested in it."""
    logs: int = 0
    started_seq: int | None = None
    """Event that holds the step's input."""
    finished_seq: int | None = None
    """Event that holds the step's output and error."""
    has_input: bool = False
    has_output: bool = False
    began_run: str | None = None
    """The run that it began, as far as its program tells that: a subagent's. Its end is the step's own."""


class Doing(msgspec.Struct, kw_only=True, frozen=True):
    """What a run is at."""

    open: tuple[Step, ...] = ()
    """Steps that run, in the order they began."""
    items: dict[str, int] = {}
    """Batch rows by status; empty where there are none, or more than are counted for a look."""


class Item(msgspec.Struct, kw_only=True, frozen=True):
    """One row of a batch run."""

    run: str
    row_number: int
    status: ItemStatus
    attempts: int = 1
    error: str = ""
    step: str | None = None
    started: str | None = None
    """When it was first taken up; None while it only waits for its turn."""
    changed: str | None = None
    first_seq: int = 0
    last_seq: int = 0


class Retry(msgspec.Struct, kw_only=True, frozen=True):
    """A row that failed, and the same row in the run's next attempt."""

    item: Item
    run: str | None = None
    """The next attempt; None while there is none."""
    next: Item | None = None
    """The row there; None if that attempt has not come to it."""


class Message(msgspec.Struct, kw_only=True, frozen=True):
    """What one agent said to another."""

    run: str
    seq: int
    t: str
    sender: str
    recipient: str = ""
    role: str = ""
    content: Json = None
    step: str | None = None

    def cursor(self) -> str:
        """A cursor of `RunRepository.messages` at this one: what is after it, or before it, does not have it."""
        return to_cursor(self.seq)


class Approval(msgspec.Struct, kw_only=True, frozen=True):
    """A request that waits, or waited, for a person."""

    run: str
    id: str
    question: str
    status: ApprovalStatus
    requested: str
    seq: int = 0
    expires: str | None = None
    step: str | None = None
    decided: str | None = None
    by: str = ""
    note: str = ""
    answered: Decision | None = None
    """An answer that was given and that the waiting run has not taken up yet."""
    details: dict[str, Json] = {}

    def cursor(self) -> str:
        """A cursor of `RunRepository.pending` just behind this one."""
        return to_cursor(self.requested, self.run, self.seq)


class Artifact(msgspec.Struct, kw_only=True, frozen=True):
    """A file that a run made."""

    run: str
    seq: int
    t: str
    name: str
    path: str
    size: int | None = None
    sha256: str = ""
    media_type: str = ""
    step: str | None = None


class Note(msgspec.Struct, kw_only=True, frozen=True):
    """A note that somebody wrote on a run."""

    run: str
    t: str
    by: str
    text: str


class MetricValue(msgspec.Struct, kw_only=True, frozen=True):
    """A number that a run reported, or that was given to it later (`seq` 0)."""

    run: str
    name: str
    value: float
    t: str
    seq: int = 0
    step: str | None = None


class Damage(msgspec.Struct, kw_only=True, frozen=True):
    """Something that could not be read, and where it lies: shown, never skipped in silence."""

    where: str
    """File or table."""
    what: str
    run: str | None = None
    offset: int | None = None
    length: int | None = None
    raw: str = ""
    """The beginning of the unreadable text (at most 200 characters, undecodable bytes escaped)."""


class Group(msgspec.Struct, kw_only=True, frozen=True):
    """A session or project: its runs, when it was last active, what it cost."""

    id: str
    runs: int
    running: int = 0
    last_event: str | None = None
    tokens: Tokens = Tokens()
    money: Money = Money()


class Totals(msgspec.Struct, kw_only=True, frozen=True):
    """What a header shows, from counters: never from a scan."""

    runs: int
    by_status: dict[str, int]
    size_bytes: int
    today: Money
    """Spent since midnight UTC."""
    damaged: int = 0


def fault_line(fault: Fault | None) -> str:
    """A fault as one line, `RateLimitError: slow down`; empty without a fault."""
    if fault is None:
        return ""
    first = fault.message.strip().split("\n", 1)[0]
    return f"{fault.type}: {first}" if fault.type and first else fault.type or first
