"""What each kind of event does to the query tables: one rule a kind, and nothing else knows kinds.

A rule changes the state of its own run and reads nothing else; `run_loading.py` puts at hand what
the events of a batch refer to.
"""

import math
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from ...core import events as e
from ...core.runs import Damage, fault_line
from .checkpoint_rows import keep_checkpoint
from .run_state import TOKENS, RunState
from .storable import json_text, plain
from .words import about, section
from .writes import Row

PENDING = 2**30
"""Position of the first step that was declared and has not begun; started ones have the seq of their start."""

_DONE = frozenset({"completed", "failed", "skipped"})
_COUNTED = {"DEBUG": "debugs", "WARNING": "warnings", "ERROR": "errors"}
_TOLD = (
    *("workflow", "version", "name", "objective", "plan_id"),
    *("attempt", "parent", "from_checkpoint", "session", "project"),
)
_told, _tokens = attrgetter(*_TOLD), attrgetter(*TOKENS)


def _run_started(state: RunState, event: e.RunStarted) -> None:
    row = state.row
    if row["workflow"] != "?":
        state.damaged(Damage(where=f"event {event.seq}", what="the run starts a second time: ignored"))
        return
    row.update(zip(_TOLD, _told(event), strict=True), started=event.t, recorded="running")
    for tag in event.tags:
        state.keep("run_tags", tag, state.blank("run_tags", tag=tag))
    state.meta = plain(event.meta) if event.meta else {}
    state.writer = json_text(event.writer) if event.writer else ""
    state.words.about = about((row["id"], event.workflow, row["source_id"]), event.name, event.objective)
    state.words.added = section(*sorted(set(event.tags))) if event.tags else ""


def _run_paused(state: RunState, event: e.RunPaused) -> None:
    state.row.update(recorded="paused", evidence=event.reason)


def _run_resumed(state: RunState, event: e.RunResumed) -> None:
    wake(state)
    state.writer = json_text(event.writer) if event.writer else ""


def wake(state: RunState) -> None:
    """A run goes on that had ended or paused."""
    state.row.update(recorded="running", finished=None, error="")
    state.words.error = ""
    state.current_ended = True


def _run_finished(state: RunState, event: e.RunFinished) -> None:
    row, error = state.row, fault_line(event.error)
    row.update(recorded=event.status, finished=event.t, error=error, approvals_pending=0)
    state.current_ended = True
    state.words.error = section(error)
    for approval in state.all("approvals") if row["approvals"] else ():
        if approval["status"] == "pending":  # nobody waits for the answer any more
            # Nor does an answer that was never taken up stand in a table that is made anew.
            approval.update(status="expired", decided=event.t, by="", note="", answered=None)


def _run_meta(state: RunState, event: e.RunMeta) -> None:
    merged = state.meta | plain(event.meta)
    state.meta = {key: value for key, value in merged.items() if value is not None}


def _graph_declared(state: RunState, event: e.GraphDeclared) -> None:
    for declared in event.steps:
        facts = {"agent": declared.agent, "kind": declared.kind, "depends_on": json_text(declared.depends_on)}
        row = state.find("steps", declared.id)
        if row is not None:
            row.update((name, fact) for name, fact in facts.items() if row[name] in {"", "[]"})
            continue
        place = PENDING + state.row["steps"]
        _new_step(state, declared.id, {"position": place, "name": declared.name, "status": "pending", **facts})


def _new_step(state: RunState, step: str, facts: Row) -> Row:
    state.row["steps"] += 1
    state.words.add_step(facts["name"])
    row = state.begin("steps", step, facts)
    row["id"] = step
    return row


def _step_started(state: RunState, event: e.StepStarted) -> None:
    facts = {
        "position": event.seq,
        "name": event.name,
        "attempt": event.attempt,
        "status": "running",
        "parent": event.parent,
        "started": event.t,
        "finished": None,
        "error": "",
        "started_seq": event.seq,
        "has_input": event.input is not None,
    }
    if event.agent:
        facts["agent"] = event.agent
    if event.kind:
        facts["kind"] = event.kind
    if event.depends_on:
        facts["depends_on"] = json_text(event.depends_on)
    row, attempt = state.find("steps", event.step), 1
    if row is None:
        _new_step(state, event.step, facts)
    else:
        attempt = row["attempt"]
        state.words.add_step(event.name)
        if row["status"] in _DONE:
            state.count(steps_done=-1)
        row.update(facts)
    state.row["retries"] += (event.attempt > 1) - (attempt > 1)
    state.row["current_step"] = event.name


def _step_finished(state: RunState, event: e.StepFinished) -> None:
    row = state.find("steps", event.step)
    if row is None:  # its start was lost
        row = _new_step(state, event.step, {"position": event.seq, "name": event.step, "status": "running"})
    if row["status"] not in _DONE:
        state.row["steps_done"] += 1
    row.update(
        status=event.status,
        finished=event.t,
        error=fault_line(event.error),
        finished_seq=event.seq,
        has_output=event.output is not None,
    )
    if row["name"] == state.row["current_step"]:
        state.current_ended = True


def _logged(state: RunState, event: e.Logged) -> None:
    count_logs(state, event.level, event.step, 1)


def count_logs(state: RunState, level: str, of: str | None, number: int) -> None:
    """So many log entries of a level, in a step if any."""
    row = state.row
    row["logs"] += number
    if level != "INFO":
        row[_COUNTED[level]] += number
    step = _step_of(state, of)
    if step is not None:
        step["logs"] += number


def _cost(state: RunState, event: e.CostRecorded) -> None:
    step = _step_of(state, event.step)
    agent = event.agent or (step["agent"] if step else "")
    seq = event.seq
    facts = {"seq": seq, "t": event.t, "model": event.model, "provider": event.provider, "step": event.step}
    cost = state.begin("costs", seq, facts)
    cost["agent"], cost["request_id"] = agent, event.request_id
    sums = {}
    for name, tokens in zip(TOKENS, _tokens(event), strict=True):
        if tokens and (number := state.number(tokens, name, seq)):
            cost[name] = sums[name] = number
    price = None if event.nanousd is None else state.number(event.nanousd, "nanousd", seq)
    if price is None:
        cost["provenance"] = "unknown"
        sums["calls_unknown"] = 1
    else:
        cost["provenance"] = "recorded"
        cost["nanousd"] = sums["recorded_nanousd"] = price
        sums["calls_recorded"] = 1
    state.spend(cost, step, sums, calls=1)


def _cost_priced(state: RunState, event: e.CostPriced) -> None:
    cost = state.find("costs", event.cost)
    if cost is None:
        state.damaged(Damage(where=f"event {event.seq}", what=f"prices event {event.cost}, which is no known cost"))
        return
    if cost["provenance"] == "recorded":
        return  # what the caller knew counts
    price = state.number(event.nanousd, "nanousd", event.seq)
    if price is None:
        return
    sums = {"computed_nanousd": price - (cost["nanousd"] or 0)}
    if cost["provenance"] == "unknown":
        sums |= {"calls_computed": 1, "calls_unknown": -1}
    cost.update(nanousd=price, provenance="computed", prices=event.prices)
    step = _step_of(state, cost["step"])
    if step and not step["calls_unknown" if "calls_unknown" in sums else "calls_computed"]:
        step = None  # the price of a call from before the step's known beginning, which is not among its own
    state.spend(cost, step, sums, calls=0)


def _step_of(state: RunState, step: str | None) -> Row | None:
    return state.find("steps", step) if step else None


def _message(state: RunState, event: e.MessageSent) -> None:
    state.count(messages=1)
    facts = {"sender": event.sender, "recipient": event.recipient, "role": event.role, "step": event.step}
    state.keep("messages", event.seq, state.blank("messages", seq=event.seq, t=event.t, **facts))


def _approval_requested(state: RunState, event: e.ApprovalRequested) -> None:
    if state.find("approvals", event.approval) is not None:
        return  # asked again: the first question stands
    state.count(approvals=1, approvals_pending=1)
    row = state.blank("approvals", id=event.approval, seq=event.seq, question=event.question, status="pending")
    row.update(requested=event.t, expires=event.expires, step=event.step)
    state.keep("approvals", event.approval, row)


def _approval_decided(state: RunState, event: e.ApprovalDecided) -> None:
    row = state.find("approvals", event.approval)
    if row is None:  # its question was lost
        row = state.blank("approvals", id=event.approval, seq=event.seq, question="", requested=event.t)
        state.keep("approvals", event.approval, row)
        state.count(approvals=1)
    elif row["status"] == "pending":
        state.count(approvals_pending=-1)
    row.update(status=event.decision, decided=event.t, by=event.by, note=event.note, answered=None)


def _artifact(state: RunState, event: e.ArtifactMade) -> None:
    state.count(artifacts=1)
    facts = {name: getattr(event, name) for name in ("name", "path", "size", "sha256", "media_type", "step")}
    state.keep("artifacts", event.seq, state.blank("artifacts", seq=event.seq, t=event.t, **facts))


def _item(state: RunState, event: e.ItemChanged) -> None:
    row = state.find("items", event.row_number)
    if row is None:
        row = state.blank("items", row_number=event.row_number, first_seq=event.seq)
        state.keep("items", event.row_number, row)
        state.count(items=1)
    state.count(items_failed=(event.status == "failed") - (row["status"] == "failed"))
    row.update(
        status=event.status,
        rank=0 if event.status == "failed" else 1,
        attempts=max(row["attempts"], event.attempt),
        error=fault_line(event.error),
        step=event.step or row["step"],
        started=row["started"] or (None if event.status == "pending" else event.t),
        changed=event.t,
        last_seq=event.seq,
    )


def _metric(state: RunState, event: e.MetricReported) -> None:
    if not math.isfinite(event.value):
        state.damaged(Damage(where=f"event {event.seq}", what=f"metric {event.name} is no number"))
        return
    facts = {"name": event.name, "value": event.value, "t": event.t, "seq": event.seq, "step": event.step}
    state.added["metrics"].append(state.blank("metrics", **facts))


def _snapshot(state: RunState, event: e.SnapshotTaken) -> None:
    state.keep("snapshots", event.name, state.blank("snapshots", name=event.name, seq=event.seq))


RULES: dict[type[e.Event], Callable[[RunState, Any], None]] = {
    e.RunStarted: _run_started,
    e.RunPaused: _run_paused,
    e.RunResumed: _run_resumed,
    e.RunFinished: _run_finished,
    e.RunMeta: _run_meta,
    e.GraphDeclared: _graph_declared,
    e.StepStarted: _step_started,
    e.StepFinished: _step_finished,
    e.Logged: _logged,
    e.CostRecorded: _cost,
    e.CostPriced: _cost_priced,
    e.CheckpointSaved: keep_checkpoint,
    e.MessageSent: _message,
    e.ApprovalRequested: _approval_requested,
    e.ApprovalDecided: _approval_decided,
    e.ArtifactMade: _artifact,
    e.ItemChanged: _item,
    e.MetricReported: _metric,
    e.SnapshotTaken: _snapshot,
}
