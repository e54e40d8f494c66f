"""Steps: nodes of a run's graph, open from the call until their block is left."""

import contextvars
import logging
from collections.abc import Iterable
from types import TracebackType
from typing import Any, NamedTuple, get_args

from ..errors import StorageError
from ..events import Fault, StepEnd, StepFinished, StepStarted
from ..faults import fault_of, is_failure
from .coercion import one_of, state_of, whole
from .jsonable import text
from .tape import Tape
from .verbs import Verbs

log = logging.getLogger("flightlog.recorder")


class Block(NamedTuple):
    """A `with` block that was entered, and the one that it was entered in: a run may be entered once more within it."""

    recorder: "Recorder"
    outer: "Block | None"


innermost: contextvars.ContextVar[Block | None] = contextvars.ContextVar("flightlog_block", default=None)
"""What this thread or task has entered last, and not left."""


def current_step(tape: Tape) -> "StepRecorder | None":
    """The innermost open step of a run whose `with` block this thread or task is in."""
    block = innermost.get()
    while block is not None:
        found, block = block
        if isinstance(found, StepRecorder) and found._tape is tape and not found.is_over:
            return found
    return None


class Recorder(Verbs):
    """What a run and a step have in common, steps within them and being a block included."""

    __slots__ = ()

    def _enter(self) -> None:
        innermost.set(Block(self, innermost.get()))

    def _leave(self) -> None:
        # A block may be left in another context than it was entered in (generators): then nothing is restored.
        block = innermost.get()
        if block is not None and block.recorder is self:
            innermost.set(block.outer)

    def step(
        self,
        name: str,
        *,
        agent: str = "",
        kind: str = "",
        attempt: int | None = None,
        depends_on: "Iterable[str | StepRecorder] | StepRecorder | None" = None,
        input: Any = None,
        meta: dict[str, Any] | None = None,
    ) -> "StepRecorder":
        """Begins a step and returns its recorder; use it in `with`, or call its `finish`. Thread-safe.

        It is nested in this step; called on the run, in the step whose block the thread or task is in.
        A step declared by `run.graph` is taken up by its name. After a step of the same name, place and `input` that
        failed it is the next attempt, unless `attempt` says otherwise: with another input it is another piece of work.
        `depends_on` names steps that came before.
        """
        tape, parent = self._tape, self._step_id()
        name, agent = text(name), text(agent) or self._agent()
        number = None if attempt is None else whole(attempt, "attempt")
        place = tape.steps.begin(name, parent, number, _edges(depends_on), input if tape.is_recording else None)
        tape.append(
            StepStarted(
                step=place.id,
                name=name,
                agent=agent,
                kind=text(kind),
                attempt=place.attempt,
                parent=parent,
                depends_on=place.depends_on,
                input=input,
                meta=state_of(meta or {}),
            )
        )
        return StepRecorder(tape, place.id, name, agent, place.attempt)


def _edges(depends_on: Any) -> list[str] | None:
    if depends_on is None:
        return None
    if isinstance(depends_on, StepRecorder | str):
        depends_on = [depends_on]
    return [on.id if isinstance(on, StepRecorder) else text(on) for on in depends_on]


class StepRecorder(Recorder):
    """A step that was begun. What is recorded through it belongs to it; to `output` is assigned what it brought.

    Left by an exception it has failed, also by one that cancels it, as a timeout does; a generator that nobody wants
    more of, and `sys.exit()` that reports success, complete it.
    """

    __slots__ = {  # noqa: RUF023 - the order that `help` tells them in
        "id": "Its id, of which no other step of the run has the same.",
        "name": "What it is called.",
        "agent": "Who does it.",
        "attempt": "1, or more after one of this name and input that failed.",
        "output": "Recorded when the step ends.",
        "is_over": "Whether it has ended.",
    }

    def __init__(self, tape: Tape, id: str, name: str, agent: str, attempt: int) -> None:
        self._tape = tape
        self.id = id
        self.name = name
        self.agent = agent
        self.attempt = attempt
        self.output: Any = None
        self.is_over = False

    def __repr__(self) -> str:
        return f"<StepRecorder {self.name!r} of run {self._tape.run}>"

    def _step_id(self) -> str:
        return self.id

    def _agent(self) -> str:
        return self.agent

    def finish(
        self,
        status: StepEnd = "completed",
        *,
        error: BaseException | Fault | str | None = None,
        output: Any = None,
    ) -> None:
        """Ends the step with its `output` (by default, what was assigned to that); does nothing if it has ended, with
        the run for instance.

        `status` is `completed`, `failed` or `skipped`; if it is none, ValueError, and the step goes on.
        """
        one_of(status, get_args(StepEnd))
        self.is_over = True
        if self._tape.steps.end(self.id, status):
            self._tape.append(
                StepFinished(
                    step=self.id,
                    status=status,
                    error=fault_of(error),
                    output=self.output if output is None else output,
                )
            )

    def fail(self, error: BaseException | Fault | str | None = None) -> None:
        """Ends the step as failed."""
        self.finish("failed", error=error)

    def skip(self, reason: str = "") -> None:
        """Ends the step as skipped."""
        self.finish("skipped", error=reason or None)

    def __enter__(self) -> "StepRecorder":
        self._enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
        if self._tape.is_forked:
            return
        try:
            if is_failure(error):
                self.fail(error)
            else:
                self.finish()
        except StorageError as storage:
            if error is None:
                raise
            # The agent's own exception goes on; ours must not take its place.
            log.error("the end of step %s of run %s could not be recorded: %s", self.name, self._tape.run, storage)

    async def __aenter__(self) -> "StepRecorder":
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)
