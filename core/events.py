"""The events of format 1: every fact about a run, as one small struct each.

An event is one JSON object on one line: `type` first, then `seq` (1, 2, 3 … in its run), `t`
(the time), its own fields (defaults are left out), and last `crc`, the CRC-32 (IEEE, eight
hexadecimal digits) of the bytes before `,"crc"`. The recorded bytes are the truth and are
kept as they are; what is decoded from them is derived.

A new kind of fact is one struct here and one rule in the projector.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from zlib import crc32

import msgspec

from .errors import Corrupt, NotSupported

FORMAT = 1

Json = Any
"""None, bool, int, float, str, list or dict with text keys: what JSON can say."""

Count = Annotated[int, msgspec.Meta(ge=0)]

FinishedStatus = Literal["completed", "failed", "cancelled"]
StepEnd = Literal["completed", "failed", "skipped"]
ItemStatus = Literal["pending", "processing", "completed", "failed", "skipped"]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Decision = Literal["approved", "rejected", "expired"]
LEVELS: tuple[Level, ...] = ("DEBUG", "INFO", "WARNING", "ERROR")


class Event(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="type", gc=False):
    """What all events have. `seq` and `t` are given by the journal as it appends.

    JSON has no cycles, so that none are looked for among events: that is half of what reading a million of them costs.
    """

    seq: Count = 0
    t: str = ""


class Writer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The process that writes a run: the evidence by which a lost run is told from a live one."""

    pid: int
    host: str = ""
    pid_started: str = ""
    """Start time of the process as the kernel counts it (clock ticks since boot), so that a reused pid is seen."""
    boot_id: str = ""
    pid_ns: str = ""


class Fault(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What went wrong: the exception's class name, its text, and its traceback where known."""

    type: str = ""
    message: str = ""
    traceback: str = ""


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

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyEvent)
_CRC = b',"crc":"'


def encode(event: Event) -> bytes:
    """The line of an event, without its newline. Values must be plain JSON (see jsonable.py)."""
    return seal(_encoder.encode(event))


def seal(body: bytes) -> bytes:
    """A JSON object's bytes with its checksum as the last member."""
    head = body[:-1]
    return b'%b,"crc":"%08x"}' % (head, crc32(head))


def check(line: bytes) -> None:
    """Raises Corrupt if the line carries a checksum that its bytes do not have."""
    cut = len(line) - 18
    if line[cut : cut + 8] == _CRC and b"%08x" % crc32(line[:cut]) != line[-10:-2]:
        raise Corrupt("the line's checksum does not fit its bytes")


def decode(line: bytes) -> AnyEvent:
    """The event of a line (newline stripped).

    Raises Corrupt when the bytes are not what was written, NotSupported when they are whole
    but of a newer format. Lines without a checksum are taken at their word. Thread-safe.
    """
    check(line)
    try:
        event: AnyEvent = _decoder.decode(line)
        return event
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _why(line, error) from error


def decode_all(lines: Sequence[bytes]) -> list[AnyEvent]:
    """`decode` of many lines, at two thirds of its cost; Corrupt if one of them is no event. Thread-safe."""
    for line in lines:
        if line[-18:-10] == _CRC and b"%08x" % crc32(line[:-18]) != line[-10:-2]:
            raise Corrupt("a line's checksum does not fit its bytes")
    try:
        return list(map(_decoder.decode, lines))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Corrupt(f"not an event: {error}") from error


def _why(line: bytes, error: Exception) -> Corrupt | NotSupported:
    try:
        kind = msgspec.json.decode(line, type=_Head).type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Corrupt(f"not an event: {error}")
    if kind and kind not in TYPES:
        return NotSupported(f"event type {kind!r} is unknown", advice="read it with a newer Flightlog")
    return Corrupt(f"a damaged {kind or 'event'}: {error}")


class _Head(msgspec.Struct):
    type: str = ""


TYPES: dict[str, type[Event]] = {kind.__struct_config__.tag: kind for kind in Event.__subclasses__()}  # type: ignore[misc]
"""Event type name → struct."""
