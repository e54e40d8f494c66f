"""What can be recorded about a run and about each of its steps: logs, costs, states, messages, rows and the rest."""

import os
import threading
from collections.abc import Mapping
from typing import Any, Literal, NoReturn, get_args

from ..events import (
    LEVELS,
    ArtifactMade,
    CheckpointSaved,
    CostRecorded,
    Decision,
    Fault,
    ItemChanged,
    ItemStatus,
    Logged,
    MessageSent,
    MetricReported,
    Opaque,
    SnapshotTaken,
)
from ..faults import fault_of
from ..ids import new_ulid
from ..repositories import RunWriter
from .approval_wait import Question, ask
from .coercion import count, level_of, money, one_of, opaque_of, path_of, seconds, state_of, whole
from .jsonable import encode, text
from .row_recorder import RowRecorder
from .tape import Tape
from .waiting import in_thread


class Verbs:
    """Each call appends its fact before it returns and raises StorageError where it cannot be written.

    Values may be anything: core.recording.jsonable says how they are kept. What only a few words or whole numbers
    can be (a status, a row's number) is a ValueError otherwise, and nothing is recorded. Thread-safe.
    """

    # With slots what is assigned to a name that nobody records (`run.tags = …`) is an AttributeError, and not lost.
    __slots__ = ("__weakref__", "_tape")
    _tape: Tape

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} stays in its process, which alone writes the run;"
            " send the run's id, and record a run with it as parent there"
        )

    def _step_id(self) -> str | None:
        """The step that what is recorded here belongs to."""
        return None

    def _agent(self) -> str:
        """The agent that what is recorded here was done by."""
        return ""

    # --- log ---------------------------------------------------------------------------------------

    def log(self, message: str, /, level: str = "INFO", kind: str = "", request_id: str = "", **details: Any) -> None:
        """A log entry; further keyword arguments are its details, any values.

        `level` is `DEBUG`, `INFO`, `WARNING` or `ERROR`; one of any other name counts as `INFO`, and is kept with the
        details. `request_id` is the provider's name for a call (see `cost`).
        """
        if level not in LEVELS:
            level = level_of(level, details)
        if type(message) is not str or type(kind) is not str or type(request_id) is not str:
            message, kind, request_id = text(message), text(kind), text(request_id)
        self._tape.append(
            Logged(
                level=level,
                message=message,
                kind=kind,
                step=self._step_id(),
                request_id=request_id,
                details=details,
            )
        )

    def debug(self, message: str, /, **details: Any) -> None:
        """`log` at level DEBUG; `kind` and `request_id` may be among the details."""
        self.log(message, level="DEBUG", **details)

    def info(self, message: str, /, **details: Any) -> None:
        """`log` at level INFO."""
        self.log(message, **details)

    def warning(self, message: str, /, **details: Any) -> None:
        """`log` at level WARNING."""
        self.log(message, level="WARNING", **details)

    def error(self, message: str, /, **details: Any) -> None:
        """`log` at level ERROR."""
        self.log(message, level="ERROR", **details)

    # --- numbers -----------------------------------------------------------------------------------

    def cost(
        self,
        model: str = "",
        provider: str = "",
        *,
        input_tokens: int = 0,
        output_tokens: int = 0,
        cache_read_tokens: int = 0,
        cache_write_tokens: int = 0,
        reasoning_tokens: int = 0,
        dollars: "float | int | str | None" = None,
        nanousd: int | None = None,
        agent: str = "",
        request_id: str = "",
    ) -> None:
        """Tokens of one model call, and its money where it is known: `dollars`, or `nanousd` (10⁻⁹ dollars), which
        counts if both are given.

        `input_tokens` counts all input, `cache_…` what of it was read from or written to a cache; `reasoning_tokens`
        are part of `output_tokens`. Without money the call is priced by a table, as of now and off this path. A number
        that is none, or more than a call can have (2^53 tokens, 9 million dollars), is left out and said in a log
        entry. `request_id` is the provider's name for the call: log entries that carry it are found from it.
        """
        doubts: dict[str, Any] = {}
        event = CostRecorded(
            model=text(model),
            provider=text(provider),
            step=self._step_id(),
            agent=text(agent) or self._agent(),
            request_id=text(request_id),
            input_tokens=count(input_tokens, "input_tokens", doubts),
            output_tokens=count(output_tokens, "output_tokens", doubts),
            cache_read_tokens=count(cache_read_tokens, "cache_read_tokens", doubts),
            cache_write_tokens=count(cache_write_tokens, "cache_write_tokens", doubts),
            reasoning_tokens=count(reasoning_tokens, "reasoning_tokens", doubts),
            nanousd=money(dollars, nanousd, doubts),
        )
        self._tape.append(event)
        if doubts:
            self.warning("a cost was given numbers that no call has", kind="recording", **doubts)
        if event.nanousd is None and event.model and self._tape.is_recording:
            self._tape.pricing.add(event)

    def metric(self, name: str, value: float) -> None:
        """A named number. NaN and infinities, which JSON cannot say, become a log entry instead."""
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = float("nan")
        if number - number == 0:
            self._tape.append(MetricReported(name=text(name), value=number, step=self._step_id()))
        else:
            self.warning(f"metric {text(name)} is no finite number", kind="metric", metric=name, value=value)

    # --- states, messages, files --------------------------------------------------------------------

    def checkpoint(
        self,
        state: Any,
        label: str = "",
        *,
        parent: str | None = None,
        opaque: Mapping[str, bytes] | None = None,
    ) -> str:
        """A snapshot of the state, a map of keys to values; returns the checkpoint's id.

        A state that is no map becomes the value of the key `value`. `parent` is the checkpoint it came from: by default
        the run's last one, an earlier one makes a branch. Values that the run has stored before cost nothing. `opaque`
        bytes, by name, are kept and never loaded; ValueError, and nothing is recorded, if they are none.
        """
        tape, checkpoint = self._tape, new_ulid()
        if not tape.is_recording:
            return checkpoint
        values, sizes, kept = _put(tape.writer, state, opaque or {})
        with tape.lock:
            tape.append(
                CheckpointSaved(
                    checkpoint=checkpoint,
                    parent=text(parent) or tape.last_checkpoint,
                    step=self._step_id(),
                    label=text(label),
                    values=values,
                    sizes=sizes,
                    opaque=kept,
                )
            )
            tape.last_checkpoint = checkpoint
        return checkpoint

    def snapshot(self, name: Literal["plan", "result", "input", "output"], value: Any) -> None:
        """Whole JSON that explains the run; the latest of a name counts. ValueError for any other name."""
        self._tape.append(SnapshotTaken(name=one_of(name, ("plan", "result", "input", "output")), value=value))

    def message(self, sender: str, recipient: str = "", content: Any = None, role: str = "") -> None:
        """What one agent said to another, to a person or to a tool."""
        self._tape.append(
            MessageSent(
                sender=text(sender),
                recipient=text(recipient),
                role=text(role),
                content=content,
                step=self._step_id(),
            )
        )

    def artifact(
        self, path: "str | os.PathLike[str]", name: str = "", *, media_type: str = "", sha256: str = ""
    ) -> None:
        """A file that the run made; it stays where it is.

        Its size is looked up, and its SHA-256 computed if it has at most 16 MiB and none is given (in hexadecimal). A
        file that is not there, or cannot be read, is recorded without them. ValueError for what is no path.
        """
        where = path_of(path)
        size, digest = self._tape.store.recording.measure(where) if self._tape.is_recording else (None, "")
        self._tape.append(
            ArtifactMade(
                name=text(name) or os.path.basename(where),
                path=where,
                size=size,
                sha256=text(sha256) or digest,
                media_type=text(media_type),
                step=self._step_id(),
            )
        )

    # --- rows of a batch -----------------------------------------------------------------------------

    def item(
        self,
        row_number: int,
        status: ItemStatus,
        *,
        attempt: int | None = None,
        error: BaseException | Fault | str | None = None,
        input: Any = None,
        output: Any = None,
    ) -> None:
        """The status of one row; `attempt` goes up by itself when a row that failed is processed again."""
        tape, number = self._tape, whole(row_number, "row_number")
        with tape.lock:
            done = tape.rows.get(number)
            if attempt is None:
                attempt = 1 if done is None else done[0] + (done[1] == "failed" and status in ("pending", "processing"))
            event = ItemChanged(
                row_number=number,
                status=one_of(status, get_args(ItemStatus)),
                attempt=whole(attempt, "attempt"),
                error=fault_of(error),
                step=self._step_id(),
                input=input,
                output=output,
            )
            tape.append(event)
            tape.note_row(event)

    def row(self, row_number: int, *, input: Any = None) -> RowRecorder:
        """`with run.row(n):` is a row that is processing, then completed, or failed by the exception that leaves."""
        return RowRecorder(self.item, row_number, input)

    # --- approvals -----------------------------------------------------------------------------------

    def approve(self, question: str, timeout: float | None = None, *, default: bool = False, **details: Any) -> bool:
        """Asks a person and waits: True if approved, False if rejected, `default` when nobody answered in time.

        `timeout` is in seconds; None waits for ever, and what is no number is a ValueError. An answer is taken up
        within half a second. With `FLIGHTLOG_DISABLED` set nobody is asked, and the answer is `default`.
        """
        if not self._tape.is_recording:
            return default
        return _granted(ask(self._tape, self._question(question, timeout, details), threading.Event()), default)

    async def approve_async(
        self,
        question: str,
        timeout: float | None = None,  # noqa: ASYNC109 - its end is an event of the run
        *,
        default: bool = False,
        **details: Any,
    ) -> bool:
        """`approve` for programs with an event loop, which goes on meanwhile."""
        if not self._tape.is_recording:
            return default
        asked = self._question(question, timeout, details)
        return _granted(await in_thread(lambda stop: ask(self._tape, asked, stop)), default)

    def _question(self, question: str, timeout: float | None, details: dict[str, Any]) -> Question:
        return Question(text(question), seconds(timeout, "timeout"), self._step_id(), details)


def _put(
    writer: RunWriter, state: Any, opaque: Mapping[str, bytes]
) -> tuple[dict[str, str], dict[str, int], dict[str, Opaque]]:
    """Stores the values of a state, before it is told of them: digests and lengths by key, and of opaque bytes."""
    attached = opaque_of(opaque)
    values, sizes = {}, {}
    for key, value in state_of(state).items():
        body = encode(value)
        values[key], sizes[key] = writer.put_value(body, key=key), len(body)
    kept = {name: Opaque(digest=writer.put_value(data, opaque=True), size=len(data)) for name, data in attached.items()}
    return values, sizes, kept


def _granted(decision: Decision | None, default: bool) -> bool:
    return decision == "approved" if decision in ("approved", "rejected") else default
