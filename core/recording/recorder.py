"""Recording a run: the five lines that an agent's programmer writes."""

import logging
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, get_args

from ..errors import NotFound, StorageError
from ..events import Fault, FinishedStatus, GraphDeclared, RunMeta, RunStarted
from ..faults import fault_of, is_cancellation, is_quiet_exit
from ..ids import check_id, check_run_id, is_ulid, new_ulid
from ..repositories import RunWriter
from ..runs import Run
from ..workflows import digest_of
from .branching import copy_state
from .coercion import names_of, one_of, state_of, whole
from .disabled import NullWriter, is_disabled
from .jsonable import text
from .step_recorder import Recorder, current_step
from .tape import Tape
from .version_check import check_version
from .waiting import in_thread

if TYPE_CHECKING:
    from ..store import Store

log = logging.getLogger("flightlog.recorder")


class _Snapshot:
    """An attribute of a run that records what is assigned to it as the snapshot of its name."""

    def __set_name__(self, owner: type, name: Literal["plan", "result", "input", "output"]) -> None:
        self._name = name

    def __get__(self, run: "RunRecorder", owner: type | None = None) -> Any:
        return run._snapshots.get(self._name)

    def __set__(self, run: "RunRecorder", value: Any) -> None:
        run.snapshot(self._name, value)
        run._snapshots[self._name] = value


class RunRecorder(Recorder):
    """A run that is being recorded; a context manager, also an asynchronous one.

    What is recorded through the run while a thread or task is in the block of one of its steps
    belongs to that step. Left by an exception the run has failed (cancelled by Ctrl-C or a cancelled
    task), else it is completed. `run.plan = …`, `result`, `input` and `output` record snapshots. Thread-safe.
    """

    __slots__ = ("_snapshots",)
    plan = _Snapshot()
    result = _Snapshot()
    input = _Snapshot()
    output = _Snapshot()

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._snapshots: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<RunRecorder {self.id}>"

    @property
    def id(self) -> str:
        """The run's id."""
        return self._tape.run

    def _step_id(self) -> str | None:
        step = current_step(self._tape)
        return step.id if step is not None else None

    def _agent(self) -> str:
        step = current_step(self._tape)
        return step.agent if step else ""

    def graph(self, steps: Mapping[str, Iterable[str]]) -> None:
        """Declares steps that will run, name → names they depend on; they are pending until they begin.

        ValueError if that is no map.
        """
        if not isinstance(steps, Mapping):
            raise ValueError(f"the graph is no map of names to the names they depend on: {text(steps)[:60]!r}")
        self._tape.append(
            GraphDeclared(steps=self._tape.steps.declare({text(name): names_of(on) for name, on in steps.items()}))
        )

    def meta(self, **changes: Any) -> None:
        """Merges keys into the run's meta; a None removes its key."""
        self._tape.append(RunMeta(meta=changes))

    def finish(self, status: FinishedStatus = "completed", *, error: BaseException | Fault | str | None = None) -> None:
        """Ends the run and lets go of it; waits five seconds at most for prices. Does nothing the second time.

        `status` is `completed`, `failed` or `cancelled`; if it is none, ValueError, and the run goes on.
        """
        one_of(status, get_args(FinishedStatus))
        self._tape.pricing.settle()
        self._tape.finish(status, fault_of(error))

    async def finish_async(
        self, status: FinishedStatus = "completed", *, error: BaseException | Fault | str | None = None
    ) -> None:
        """`finish` for programs with an event loop, which goes on meanwhile."""
        one_of(status, get_args(FinishedStatus))
        try:
            if not self._tape.pricing.is_settled:
                await in_thread(lambda stop: self._tape.pricing.settle())
        finally:
            self._tape.finish(status, fault_of(error))

    def fail(self, error: BaseException | Fault | str | None = None) -> None:
        """Ends the run as failed."""
        self.finish("failed", error=error)

    def cancel(self, reason: str = "") -> None:
        """Ends the run as cancelled."""
        self.finish("cancelled", error=reason or None)

    def pause(self, reason: str = "") -> None:
        """Lets go of the run so that it can be taken up later, by any process: see `Store.resume`.

        Waits five seconds at most for prices. What is recorded through this recorder afterwards is a Conflict.
        """
        self._tape.pricing.settle()
        self._tape.pause(text(reason))

    def __enter__(self) -> "RunRecorder":
        self._enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
        if self._tape.is_forked or self._tape.is_over:
            return
        if error is None:
            self.finish()
            return
        try:
            self.finish(_ended_by(error), error=None if is_quiet_exit(error) else error)
        except StorageError as storage:
            self._not_recorded(storage)

    async def __aenter__(self) -> "RunRecorder":
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
        if self._tape.is_forked or self._tape.is_over:
            return
        if error is None:
            await self.finish_async()
            return
        try:
            await self.finish_async(_ended_by(error), error=None if is_quiet_exit(error) else error)
        except StorageError as storage:
            self._not_recorded(storage)

    def _not_recorded(self, storage: StorageError) -> None:
        # The agent's own exception goes on; ours must not take its place.
        log.error("the end of run %s could not be recorded: %s", self.id, storage)


def _ended_by(error: BaseException) -> FinishedStatus:
    if is_quiet_exit(error):
        return "completed"
    return "cancelled" if is_cancellation(error) else "failed"


def begin_run(
    store: "Store",
    workflow: str,
    *,
    version: int | None = None,
    definition: str | None = None,
    name: str = "",
    objective: str = "",
    session: str | None = None,
    project: str | None = None,
    parent: "str | RunRecorder | Run | None" = None,
    attempt: int = 1,
    tags: Iterable[str] = (),
    meta: dict[str, Any] | None = None,
    plan_id: str = "",
    from_checkpoint: str | None = None,
    id: str | None = None,
) -> RunRecorder:
    """Begins a run of a workflow and returns its recorder, a context manager. Any thread may call it.

    `version` names the version that runs, known to the store or not; where its file was changed by hand, a log entry
    says so. `definition` (YAML) instead saves a new version if its text is new. `parent` is the run that called for
    this one, by its id or recorder. The state at `from_checkpoint`, of any run of the store, becomes the run's first
    checkpoint; if it cannot be read, a log entry says why. `id` may be a ULID of the caller's own; what a person calls
    the run is its `name`. `plan_id` is whatever the plan that it carries out is called elsewhere. With
    `FLIGHTLOG_DISABLED` set nothing is recorded.

    Ids that cannot be ids are a StorageError, as is a place that cannot be written; an id that exists is a Conflict.
    A version or attempt that is no whole number is a ValueError, and so are a version and a definition together.
    """
    run = new_ulid() if id is None else check_run_id(id)
    check_id(workflow, "workflow")
    if is_disabled():
        return RunRecorder(Tape(store, NullWriter(run)))
    number, digest = _version(store, workflow, version, definition)
    started = RunStarted(
        run=run,
        workflow=workflow,
        version=number,
        digest=digest,
        name=text(name),
        objective=text(objective),
        plan_id=text(plan_id),
        attempt=whole(attempt, "attempt"),
        parent=parent.id if isinstance(parent, RunRecorder | Run) else text(parent) or None,
        from_checkpoint=text(from_checkpoint) or None,
        session=None if session is None else check_id(session, "session"),
        project=None if project is None else check_id(project, "project"),
        tags=names_of(tags),
        meta=state_of(meta or {}),
    )
    tape = _begun(store, started)
    if definition is None:
        check_version(tape, started)
    return RunRecorder(tape)


def _version(store: "Store", workflow: str, version: int | None, definition: str | None) -> tuple[int | None, str]:
    """The number of the version that runs, and the digest of its text where that is given; ValueError."""
    if definition is None:
        return None if version is None else whole(version, "version"), ""
    if version is not None:
        raise ValueError("version and definition are both given: name the version, or give its text")
    # Looked for first, so that reading suffices while the text is known.
    known = store.workflows.find(workflow, digest_of(definition))
    found = known or store.workflows.store(workflow, definition, only_new=True)
    return found.number, found.digest


def _begun(store: "Store", started: RunStarted) -> Tape:
    """The tape of a run that begins, with the state that it starts from."""
    tape = Tape(store, store.recording.begin(started, durable=store.durable))
    if started.from_checkpoint and tape.is_recording:
        try:
            copy_state(tape, started.from_checkpoint)
        except BaseException:
            tape.let_go()
            raise
    return tape


def resume_run(store: "Store", run: str) -> RunRecorder:
    """Takes up a paused or lost run by its id, and returns its recorder. Any thread may call it.

    Conflict if it is finished or somebody writes it, NotFound if there is none. Steps that were left open are closed
    as failed, so that the same step begun again is its next attempt; a question that was left open is taken up when it
    is asked again.
    """
    if is_disabled():
        return RunRecorder(Tape(store, NullWriter(run)))
    if not isinstance(run, str) or not is_ulid(run):
        raise NotFound(f"{text(run)[:60]!r} is not a run id", advice="`flightlog ls` lists the runs with their ids")
    writer: RunWriter = store.recording.resume(run, durable=store.durable)
    tape = Tape(store, writer)
    try:
        tape.learn()
    except BaseException:
        tape.let_go()
        raise
    return RunRecorder(tape)
