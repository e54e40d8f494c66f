"""What a store has to answer, worked out of plain lists and dictionaries: read from the first event each time.

It knows no tables and no counters, and keeps nothing but what was recorded, in order.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from flightlog.core import annotations as a
from flightlog.core import events as e
from flightlog.core.costs import CostRecord, Money, Tokens
from flightlog.core.logs import LogEntry
from flightlog.core.pages import Sort
from flightlog.core.runs import Approval, Artifact, Item, Message, MetricValue, Note, Run, Step, fault_line

FINISHED = ("completed", "failed", "cancelled")
DONE = ("completed", "failed", "skipped")
TOKENS = ("input", "output", "cache_read", "cache_write", "reasoning")

Facts = dict[str, Any]
Told = dict[str, Any]
"""A run's answers by what is asked: `run`, `steps`, `items`, `logs` …"""


def told(events: list[Any], notes: list[Any], *, held: bool) -> Told:
    """What a run's events, and what others added to it, come to. `held` says whether a writer has the run."""
    account = Account(events[0].run)
    for fact in (*events, *notes):
        getattr(account, type(fact).__name__)(fact)
    return account.told(events, held=held)


def some(fact: Any, *names: str) -> Facts:
    """These fields of it."""
    return {name: getattr(fact, name) for name in names}


class Account:
    """What is known of one run so far. Each kind of event and annotation has the method of its name."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.steps: dict[str, Facts] = {}
        self.costs: dict[int, Facts] = {}
        self.items: dict[int, Facts] = {}
        self.approvals: dict[str, Facts] = {}
        self.checkpoints: list[Facts] = []
        self.states: dict[str, dict[str, str]] = {}
        self.logs: list[LogEntry] = []
        self.messages: list[Message] = []
        self.artifacts: list[Artifact] = []
        self.metrics: list[MetricValue] = []
        self.notes: list[Note] = []
        self.snapshots: Facts = {}
        self.meta: Facts = {}
        self.tags: set[str] = set()
        self.pinned, self.damaged = False, 0
        self.status, self.reason, self.error = "running", "", ""
        self.finished: str | None = None
        self.writer: Any = None

    # --- the run

    def RunStarted(self, event: e.RunStarted) -> None:
        self.meta, self.tags, self.writer = event.meta, set(event.tags), event.writer

    def RunPaused(self, event: e.RunPaused) -> None:
        self.status, self.reason = "paused", event.reason

    def RunResumed(self, event: e.RunResumed) -> None:
        self.status, self.writer = "running", event.writer

    def RunFinished(self, event: e.RunFinished) -> None:
        self.status, self.error, self.finished = event.status, fault_line(event.error), event.t
        for asked in self.pending():
            asked.update(status="expired", decided=event.t)

    def RunMeta(self, event: e.RunMeta) -> None:
        self.meta = {key: value for key, value in (self.meta | event.meta).items() if value is not None}

    # --- steps

    def step(self, id: str, **facts: Any) -> Facts:
        """The step, which begins as one that was declared."""
        blank = {"id": id, "logs": 0, "at": (1, len(self.steps)), "status": "pending"}
        return self.steps.setdefault(id, blank | facts)

    def GraphDeclared(self, event: e.GraphDeclared) -> None:
        for one in event.steps:
            step = self.step(one.id, name=one.name)
            step.update((name, step.get(name) or fact) for name, fact in some(one, *GRAPH).items())

    def StepStarted(self, event: e.StepStarted) -> None:
        step = self.step(event.step)
        step.update((name, fact or step.get(name)) for name, fact in some(event, *GRAPH).items())
        step.update(some(event, "name", "attempt", "parent"), at=(0, event.seq), status="running", started=event.t)
        step.update(finished=None, error="", started_seq=event.seq, has_input=event.input is not None)

    def StepFinished(self, event: e.StepFinished) -> None:
        step = self.steps.get(event.step) or self.step(event.step, name=event.step, at=(0, event.seq))
        step.update(status=event.status, finished=event.t, error=fault_line(event.error))
        step.update(finished_seq=event.seq, has_output=event.output is not None)

    # --- what is recorded in them

    def Logged(self, event: e.Logged) -> None:
        names = ("seq", "t", "level", "message", "kind", "step", "request_id", "details")
        self.logs.append(LogEntry(run=self.run, **some(event, *names)))
        if event.step in self.steps:
            self.steps[event.step]["logs"] += 1

    def CostRecorded(self, event: e.CostRecorded) -> None:
        step = self.steps.get(event.step or "", {})
        self.costs[event.seq] = {
            **some(event, "t", "model", "provider", "step", "nanousd"),
            "agent": event.agent or step.get("agent") or "",
            "tokens": Tokens(**{name: getattr(event, f"{name}_tokens") for name in TOKENS}),
            "provenance": "unknown" if event.nanousd is None else "recorded",
            "known_step": step.get("id"),
        }

    def CostPriced(self, event: e.CostPriced) -> None:
        call = self.costs.get(event.cost)
        if call is None:
            self.damaged += 1
        elif call["provenance"] != "recorded":
            call.update(nanousd=event.nanousd, provenance="computed", prices=event.prices)

    def CheckpointSaved(self, event: e.CheckpointSaved) -> None:
        sizes = event.sizes | {key: opaque.size for key, opaque in event.opaque.items()}
        now = event.values | {key: one.digest for key, one in event.opaque.items()}
        before = self.states.get(event.parent or "", {})
        differ = tuple(sorted(key for key in now.keys() | before.keys() if now.get(key) != before.get(key)))
        unknown = event.parent is not None and event.parent not in self.states
        self.states[event.checkpoint] = now
        self.checkpoints.append(
            {"id": event.checkpoint, "run": self.run, **some(event, "seq", "t", "parent", "step", "label")}
            | {"keys": len(now), "size_bytes": sum(sizes.values()), "changed": None if unknown else differ}
        )

    def MessageSent(self, event: e.MessageSent) -> None:
        names = ("seq", "t", "sender", "recipient", "role", "content", "step")
        self.messages.append(Message(run=self.run, **some(event, *names)))

    def ArtifactMade(self, event: e.ArtifactMade) -> None:
        names = ("seq", "t", "name", "path", "size", "sha256", "media_type", "step")
        self.artifacts.append(Artifact(run=self.run, **some(event, *names)))

    def ItemChanged(self, event: e.ItemChanged) -> None:
        row = self.items.setdefault(event.row_number, {"first_seq": event.seq, "attempts": 1, "step": None})
        if event.status != "pending":
            row.setdefault("started", event.t)
        row.update(status=event.status, error=fault_line(event.error), changed=event.t, last_seq=event.seq)
        row.update(attempts=max(row["attempts"], event.attempt), step=event.step or row["step"])

    def MetricReported(self, event: e.MetricReported) -> None:
        self.metrics.append(MetricValue(run=self.run, **some(event, "seq", "t", "name", "value", "step")))

    def SnapshotTaken(self, event: e.SnapshotTaken) -> None:
        self.snapshots[event.name] = event.value

    # --- questions

    def pending(self) -> list[Facts]:
        """Those that nobody has decided, in the order asked."""
        return [asked for asked in self.approvals.values() if asked["status"] == "pending"]

    def ApprovalRequested(self, event: e.ApprovalRequested) -> None:
        facts = some(event, "seq", "question", "expires", "step", "details")
        self.approvals.setdefault(event.approval, facts | {"requested": event.t, "status": "pending"})

    def ApprovalDecided(self, event: e.ApprovalDecided) -> None:
        unknown = {"seq": event.seq, "requested": event.t, "question": ""}
        asked = self.approvals.setdefault(event.approval, unknown)
        asked.update(status=event.decision, decided=event.t, by=event.by, note=event.note)

    def Answered(self, note: a.Answered) -> None:
        asked = self.approvals[note.approval]
        if asked["status"] == "pending" and not asked.get("answered"):
            asked.update(answered=note.decision, by=note.by, note=note.note)

    # --- what others add

    def Pinned(self, note: a.Pinned) -> None:
        self.pinned = note.pinned

    def Tagged(self, note: a.Tagged) -> None:
        (self.tags.add if note.tagged else self.tags.discard)(note.tag)

    def Noted(self, note: a.Noted) -> None:
        self.notes.append(Note(run=self.run, **some(note, "t", "by", "text")))

    def Scored(self, note: a.Scored) -> None:
        self.metrics.append(MetricValue(run=self.run, **some(note, "t", "name", "value")))

    # --- all together

    def told(self, events: list[Any], *, held: bool) -> Told:
        """The answers."""
        calls = [
            CostRecord(run=self.run, seq=seq, **{name: fact for name, fact in call.items() if name != "known_step"})
            for seq, call in self.costs.items()
        ]
        steps = sorted(self.steps.values(), key=lambda step: step["at"])
        items = [Item(run=self.run, row_number=number, **row) for number, row in self.items.items()]
        return {
            "run": self.whole(events, calls, held=held),
            "steps": [self.as_step(step, calls) for step in steps],
            "items": sorted(items, key=lambda item: (item.status != "failed", item.row_number)),
            "messages": self.messages,
            "approvals": [Approval(run=self.run, id=id, **asked) for id, asked in self.approvals.items()],
            "artifacts": self.artifacts,
            "snapshots": self.snapshots,
            "metrics": sorted(self.metrics, key=lambda metric: (metric.t, metric.seq == 0, metric.seq)),
            "notes": sorted(self.notes, key=lambda note: note.t),
            "costs": calls,
            "logs": self.logs,
            "levels": dict(Counter(entry.level for entry in self.logs)),
            "checkpoints": self.checkpoints,
            "states": self.states,
        }

    def shown(self, *, held: bool) -> tuple[str, str]:
        """Status and evidence."""
        if self.status != "running":
            return self.status, self.reason if self.status == "paused" else ""
        if not held:
            return "lost", "?"
        pending = self.pending()
        return ("waiting", pending[0]["question"]) if pending else ("running", "")

    def whole(self, events: list[Any], calls: list[CostRecord], *, held: bool) -> Run:
        status, evidence = self.shown(held=held)
        levels = Counter(entry.level for entry in self.logs)
        running = [step for step in self.steps.values() if step["status"] == "running"]
        current = max(running, key=lambda step: step["at"])["name"] if running and self.finished is None else ""
        return Run(
            id=self.run,
            **some(events[0], *CALLED),
            status=status,
            evidence=evidence,
            started=events[0].t,
            last_event=events[-1].t,
            last_seq=events[-1].seq,
            **some(self, "finished", "error", "pinned", "damaged", "meta", "writer"),
            **{name: len(getattr(self, name)) for name in COUNTED},
            steps_done=sum(step["status"] in DONE for step in self.steps.values()),
            current_step=current,
            items_failed=sum(row["status"] == "failed" for row in self.items.values()),
            events=len(events),
            warnings=levels["WARNING"],
            errors=levels["ERROR"],
            approvals_pending=len(self.pending()),
            tokens=tokens_of(calls),
            money=money_of(calls),
            tags=tuple(sorted(self.tags)),
        )

    def as_step(self, step: Facts, calls: list[CostRecord]) -> Step:
        own = [call for call in calls if self.costs[call.seq]["known_step"] == step["id"]]
        facts = {name: fact for name, fact in step.items() if name != "at" and fact is not None}
        depends_on = tuple(facts.pop("depends_on", ()))
        return Step(run=self.run, **facts, depends_on=depends_on, tokens=tokens_of(own), money=money_of(own))


GRAPH = ("agent", "kind", "depends_on")
CALLED = (
    *("workflow", "version", "name", "objective", "plan_id", "attempt", "parent", "from_checkpoint"),
    *("session", "project"),
)
COUNTED = ("steps", "items", "logs", "checkpoints", "messages", "approvals", "artifacts", "notes")


def tokens_of(calls: list[CostRecord]) -> Tokens:
    """The tokens of some calls."""
    return Tokens(**{name: sum(getattr(call.tokens, name) for call in calls) for name in TOKENS})


def money_of(calls: list[CostRecord]) -> Money:
    """The money of some calls."""
    by = {kind: [call.nanousd or 0 for call in calls if call.provenance == kind] for kind in ("recorded", "computed")}
    return Money(
        recorded_nanousd=sum(by["recorded"]),
        computed_nanousd=sum(by["computed"]),
        recorded=len(by["recorded"]),
        computed=len(by["computed"]),
        unknown=len(calls) - len(by["recorded"]) - len(by["computed"]),
    )


def seconds(run: Run) -> float | None:
    """How long a run took."""
    if run.started is None or run.finished is None:
        return None
    return (datetime.fromisoformat(run.finished) - datetime.fromisoformat(run.started)).total_seconds()


def sort_value(run: Run, sort: Sort) -> Any:
    """What a run is sorted by."""
    if sort.field == "took":
        return seconds(run)
    if sort.field == "tokens":
        return run.tokens.input + run.tokens.output
    return run.money.nanousd if sort.field == "cost" else getattr(run, sort.field)
