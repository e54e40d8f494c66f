"""The kinds of events: every fact about a run, as one small struct each.

A new kind of fact is one struct here, a member of `AnyEvent`, and one rule in the projector.
"""

from typing import Literal

import msgspec

from .parts import Count, Decision, Event, Fault, FinishedStatus, ItemStatus, Json, Level, StepEnd, Writer


class RunStarted(Event, kw_only=True, tag="run.started"):
    """The first event of every run."""

    format: int = 0
    """Number of the format, set by the journal as it writes; 0 where none is said."""
    run: str
    workflow: str
    version: int | None = None
    digest: str = ""
    """Digest of the version's definition, so that a run says which text it executed."""
    name: str = ""
    objective: str = ""
    plan_id: str = ""
    attempt: int = 1
    parent: str | None = None
    """Run id of the parent run."""
    from_checkpoint: str | None = None
    """Checkpoint (of another run) that this run's state started from."""
    session: str | None = None
    project: str | None = None
    tags: list[str] = []
    meta: dict[str, Json] = {}
    writer: Writer | None = None


class RunPaused(Event, kw_only=True, tag="run.paused"):
    """The writer let go of the run on purpose; somebody may resume it."""

    reason: str = ""


class RunResumed(Event, kw_only=True, tag="run.resumed"):
    """A writer took a paused (or lost) run up again."""

    writer: Writer | None = None


class RunFinished(Event, kw_only=True, tag="run.finished"):
    """The last event of a run: nothing is appended after it."""

    status: FinishedStatus
    error: Fault | None = None


class RunMeta(Event, kw_only=True, tag="run.meta"):
    """Keys merged into the run's meta; a None value removes its key."""

    meta: dict[str, Json]


class DeclaredStep(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A step known before it runs."""

    id: str
    name: str
    depends_on: list[str] = []
    """Ids of the steps it waits for."""
    agent: str = ""
    kind: str = ""


class GraphDeclared(Event, kw_only=True, tag="graph.declared"):
    """Steps that will run, all pending until their `step.started`."""

    steps: list[DeclaredStep]


class StepStarted(Event, kw_only=True, tag="step.started"):
    """A step began. A retry is a new step id with the same name and a higher attempt."""

    step: str
    name: str
    agent: str = ""
    kind: str = ""
    attempt: int = 1
    parent: str | None = None
    """Id of the step it is nested in."""
    depends_on: list[str] = []
    input: Json = None
    meta: dict[str, Json] = {}


class StepFinished(Event, kw_only=True, tag="step.finished"):
    """A step ended."""

    step: str
    status: StepEnd
    error: Fault | None = None
    output: Json = None


class Logged(Event, kw_only=True, tag="log"):
    """A log entry."""

    level: Level
    message: str
    kind: str = ""
    step: str | None = None
    request_id: str = ""
    details: dict[str, Json] = {}


class CostRecorded(Event, kw_only=True, tag="cost"):
    """Tokens and money of one call.

    `input_tokens` counts all input, cached included; `cache_read_tokens` and
    `cache_write_tokens` say how much of it was read from or written to a cache.
    `reasoning_tokens` are part of `output_tokens`.
    """

    model: str = ""
    provider: str = ""
    step: str | None = None
    agent: str = ""
    input_tokens: Count = 0
    output_tokens: Count = 0
    cache_read_tokens: Count = 0
    cache_write_tokens: Count = 0
    reasoning_tokens: Count = 0
    request_id: str = ""
    """The provider's name for the call, which log entries of it carry too."""
    nanousd: int | None = None
    """Money in nano-dollars as the caller knew it (provenance `recorded`); None when it is to be priced."""


class CostPriced(Event, kw_only=True, tag="cost.priced"):
    """The price of an earlier `cost` event, looked up off the agent's path (provenance `computed`)."""

    cost: int
    """`seq` of the cost event."""
    nanousd: int
    prices: str
    """Date of the price table."""


class Opaque(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Bytes attached to a checkpoint that are kept and never loaded."""

    digest: str
    size: int
    note: str = ""


class CheckpointSaved(Event, kw_only=True, tag="checkpoint"):
    """A snapshot of the run's state; its values lie in the states file, by digest."""

    checkpoint: str
    """ULID, unique over all runs."""
    parent: str | None = None
    """The checkpoint it came from, in this run."""
    step: str | None = None
    label: str = ""
    values: dict[str, str]
    """State key → digest of its value."""
    sizes: dict[str, int] = {}
    """State key → bytes of its value as compact JSON."""
    opaque: dict[str, Opaque] = {}


class MessageSent(Event, kw_only=True, tag="message"):
    """What one agent said to another (or a person, or a tool)."""

    sender: str
    recipient: str = ""
    role: str = ""
    content: Json
    step: str | None = None


class ApprovalRequested(Event, kw_only=True, tag="approval.requested"):
    """A question that waits for a person."""

    approval: str
    question: str
    step: str | None = None
    expires: str | None = None
    details: dict[str, Json] = {}


class ApprovalDecided(Event, kw_only=True, tag="approval.decided"):
    """The answer, as the waiting recorder took it."""

    approval: str
    decision: Decision
    by: str = ""
    note: str = ""


class ArtifactMade(Event, kw_only=True, tag="artifact"):
    """A file that the run made. It stays where it is; we keep its description."""

    name: str
    path: str
    size: int | None = None
    sha256: str = ""
    media_type: str = ""
    step: str | None = None


class ItemChanged(Event, kw_only=True, tag="item"):
    """One row of a batch run; a later event for the same row replaces its status."""

    row_number: int
    status: ItemStatus
    attempt: int = 1
    error: Fault | None = None
    step: str | None = None
    input: Json = None
    output: Json = None


class MetricReported(Event, kw_only=True, tag="metric"):
    """A named number."""

    name: str
    value: float
    step: str | None = None


class SnapshotTaken(Event, kw_only=True, tag="snapshot"):
    """Whole JSON that explains a run: `plan`, `result`, `input` or `output`; the latest of a name counts."""

    name: Literal["plan", "result", "input", "output"]
    value: Json


AnyEvent = (
    RunStarted
    | RunPaused
    | RunResumed
    | RunFinished
    | RunMeta
    | GraphDeclared
    | StepStarted
    | StepFinished
    | Logged
    | CostRecorded
    | CostPriced
    | CheckpointSaved
    | MessageSent
    | ApprovalRequested
    | ApprovalDecided
    | ArtifactMade
    | ItemChanged
    | MetricReported
    | SnapshotTaken
)

TYPES: dict[str, type[Event]] = {kind.__struct_config__.tag: kind for kind in Event.__subclasses__()}  # type: ignore[misc]
"""Event type name → struct."""
