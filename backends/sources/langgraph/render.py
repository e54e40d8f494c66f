"""From facts to events: the content is read from the original at the fact's address, the same each time."""

from collections.abc import Callable
from sqlite3 import Connection
from typing import Any, Literal

from ....core import events
from ....core.errors import Corrupt, NotFound
from ....core.events import Event, Fault, Json
from . import ids, rows, values
from .deltas import whole_channels
from .facts import Fact
from .graph import Task
from .messages import content_of, messages_in, model_of, role_of, sender_of, text_of, usage_of
from .prices import price_event
from .state import identity_of, is_state

_QUESTIONS = ("question", "message", "prompt", "query", "description", "title", "text", "q")
_NO = {"no", "n", "reject", "rejected", "deny", "denied", "decline", "declined", "cancel", "false"}
_OBJECTIVE = 200  # characters of a first message that stand for what a thread is about


class Renderer:
    """Makes the events of one thread. `light` leaves out what is large and read on demand: states and outputs."""

    def __init__(self, connection: Connection, path: str, workflow: str, run: str, thread: str) -> None:
        self._connection, self._path, self._workflow = connection, path, workflow
        self._run, self._thread = run, thread
        self._last: tuple[object, Json] = (None, None)

    def event(self, fact: Fact, seq: int, *, light: bool = False) -> Event:
        """The event at a fact's address; a value that is gone or damaged shows as such in its place."""
        make: dict[str, Callable[[Fact], Event]] = {
            "run": self._started,
            "start": self._step,
            "declared": self._declared,
            "end": lambda fact: self._ended(fact, light),
            "checkpoint": lambda fact: self._checkpoint(fact, light),
            "message": self._message,
            "cost": self._cost,
            "priced": lambda fact: price_event(fact, seq),
            "ask": self._asked,
            "answer": self._answered,
            "error": self._error,
            "paused": lambda fact: events.RunPaused(reason=fact.note.text),
            "resumed": lambda _fact: events.RunResumed(),
            "finished": self._finished,
        }
        event = make[fact.kind](fact)
        event.seq, event.t = seq, fact.t
        return event

    def values(self, ns: str, checkpoint: str) -> dict[str, Json]:
        """A snapshot's state: its channels without those that steer the graph. NotFound, Corrupt."""
        state = rows.snapshot(self._connection, self._thread, ns, checkpoint)
        if isinstance(state, dict) and "opaque" in state:
            return {"(checkpoint)": state}
        channels = whole_channels(self._connection, self._thread, ns, checkpoint, state)
        return {name: value for name, value in channels.items() if is_state(name)}

    # --- the run

    def _started(self, fact: Fact) -> Event:
        told = {"thread_id": self._thread, "times": "of checkpoints: a step's are those round it"}
        if fact.note.status:
            told["unread"] = fact.note.status
        meta = {"langgraph": told}
        return events.RunStarted(
            run=self._run, workflow=self._workflow, name=self._thread, objective=fact.note.text, meta=meta
        )

    def _finished(self, fact: Fact) -> Event:
        status: Literal["completed", "failed"] = "failed" if fact.note.status == "failed" else "completed"
        return events.RunFinished(status=status, error=self._fault(fact) if status == "failed" else None)

    def _error(self, fact: Fact) -> Event:
        fault = self._fault(fact)
        message = f"{fact.note.name} failed: {fault.type}: {fault.message}".rstrip(": ")
        return events.Logged(level="ERROR", message=message, kind="error", step=fact.note.step)

    def _fault(self, fact: Fact) -> Fault:
        """LangGraph stores an exception's `repr`: its class, and its arguments in brackets."""
        value = self._write(fact)
        text = value if isinstance(value, str) else values.encode(value).decode()
        kind, bracket, rest = text.partition("(")
        if not bracket or not kind.replace(".", "").isidentifier():
            return Fault(message=text)
        inner = rest.removesuffix(")").removesuffix(",")
        quoted = len(inner) > 1 and inner[0] == inner[-1] and inner[0] in "'\""
        return Fault(type=kind, message=inner[1:-1] if quoted else inner)

    # --- steps and snapshots

    def _step(self, fact: Fact) -> Event:
        note = fact.note
        return events.StepStarted(
            step=fact.key,
            name=note.name,
            agent=note.name,
            kind=note.kind,
            parent=note.parent,
            depends_on=note.after,
            meta={"checkpoint": fact.checkpoint, "ns": fact.ns} if fact.ns else {"checkpoint": fact.checkpoint},
        )

    def _declared(self, fact: Fact) -> Event:
        note = fact.note
        step = events.DeclaredStep(id=fact.key, name=note.name, depends_on=note.after, agent=note.name, kind=note.kind)
        return events.GraphDeclared(steps=[step])

    def _ended(self, fact: Fact, light: bool) -> Event:
        status: Literal["completed", "failed"] = "failed" if fact.note.status == "failed" else "completed"
        step = fact.note.step or ""
        found = rows.task_writes(self._connection, self._thread, fact.ns, fact.checkpoint, fact.task)
        task = Task(found) if found else None
        if task is None or status == "failed":
            error = None
            if status == "failed":
                error = self._fault(fact._replace(idx=task.error.idx if task and task.error else -1))
            return events.StepFinished(step=step, status=status, error=error)
        if light:
            return events.StepFinished(step=step, status=status, output=[row.channel for row in task.outputs] or None)
        output = {row.channel: self._written(row) for row in task.outputs}
        return events.StepFinished(step=step, status=status, output=output or None)

    def _checkpoint(self, fact: Fact, light: bool) -> Event:
        row = rows.checkpoint(self._connection, self._thread, fact.ns, fact.checkpoint)
        if row is None:
            raise NotFound("the checkpoint is no longer in its database", where=fact.checkpoint)
        digests, sizes = {"": ""}, {"": row.size}  # keys unknown: only a look can tell
        if not light:
            encoded = {key: values.encode(value) for key, value in self.values(fact.ns, fact.checkpoint).items()}
            digests = {key: values.digest(value) for key, value in encoded.items()}
            sizes = {key: len(value) for key, value in encoded.items()}
        return events.CheckpointSaved(
            checkpoint=self.checkpoint_id(fact.ns, fact.checkpoint),
            parent=self.checkpoint_id(fact.ns, row.parent) if row.parent else None,
            step=fact.note.step,
            label=_label(fact),
            values=digests,
            sizes=sizes,
        )

    def checkpoint_id(self, ns: str, checkpoint: str) -> str:
        """Our id of a snapshot."""
        return ids.checkpoint_id(self._path, self._thread, ns, checkpoint)

    # --- messages and model calls

    def _message(self, fact: Fact) -> Event:
        message = self._said(fact)
        return events.MessageSent(
            sender=sender_of(message, fact.note.name),
            role=role_of(message),
            content=content_of(message),
            step=fact.note.step,
        )

    def _cost(self, fact: Fact) -> Event:
        message = self._said(fact)
        model, provider = model_of(message)
        counts: dict[str, Any] = usage_of(message) or {}
        return events.CostRecorded(model=model, provider=provider, step=fact.note.step, agent=fact.note.name, **counts)

    def objective(self, fact: Fact) -> str:
        """What a person's first message asks for, as one short line; empty if the message is nobody's."""
        message = self._said(fact)
        line = " ".join(text_of(message.get("content")).split()) if role_of(message) == "user" else ""
        return line[:_OBJECTIVE]

    def _said(self, fact: Fact) -> dict[str, Json]:
        channel = fact.note.channel
        value = self.values(fact.ns, fact.checkpoint).get(channel) if channel else self._write(fact)
        for part, message in messages_in(value):
            if part == fact.part:
                return message
        raise NotFound("the message is no longer in its database", where=fact.key)

    # --- approvals

    def _asked(self, fact: Fact) -> Event:
        value = self._write(fact)
        items = value if isinstance(value, list) else [value]
        item = items[fact.part] if fact.part < len(items) else None
        asked = item.get("value") if isinstance(item, dict) and (identity_of(item) or "value" in item) else item
        details = asked if isinstance(asked, dict) else {}
        question = _question(asked) or f"{fact.note.name} waits for an answer"
        return events.ApprovalRequested(approval=fact.key, question=question, step=fact.note.step, details=details)

    def _answered(self, fact: Fact) -> Event:
        value = self._write(fact) if fact.task else None
        if isinstance(value, list) and fact.task != rows.NO_TASK:
            value = value[fact.part] if fact.part < len(value) else None
        note = value if isinstance(value, str) else values.encode(value).decode() if fact.task else ""
        return events.ApprovalDecided(approval=fact.key, decision=_decision(value), note=note)

    # --- values

    def _write(self, fact: Fact) -> Json:
        at = (self._thread, fact.ns, fact.checkpoint, fact.task, fact.idx)
        if self._last[0] != at:
            self._last = (at, self._written(rows.WriteRow(0, *at[:4], "", fact.idx, "", None, 0)))
        return self._last[1]

    def _written(self, row: rows.WriteRow) -> Json:
        try:
            return rows.written(self._connection, row)
        except (Corrupt, NotFound) as error:
            return {"unreadable": error.what}


def _label(fact: Fact) -> str:
    step = ids.moment(fact.checkpoint).step
    words = [" › ".join(part.partition(":")[0] for part in fact.ns.split("|")) if fact.ns else ""]
    words += [fact.note.kind, f"step {step}" if step is not None else ""]
    return " ".join(word for word in words if word)


def _question(asked: Json) -> str:
    if isinstance(asked, str):
        return asked
    if isinstance(asked, dict):
        for key in _QUESTIONS:
            if isinstance(asked.get(key), str):
                return str(asked[key])
        if "opaque" in asked:
            return ""  # as of a program that encrypts what it keeps
    return values.encode(asked).decode()[:500] if asked is not None else ""


def _decision(answer: Json) -> events.Decision:
    """A graph's answers are free values; what plainly says no counts as rejected, the answer itself is the note."""
    if isinstance(answer, dict):
        answer = answer.get("type", answer.get("action", answer.get("decision", answer.get("approved"))))
    if answer is False or (isinstance(answer, str) and answer.strip().casefold() in _NO):
        return "rejected"
    return "approved"
