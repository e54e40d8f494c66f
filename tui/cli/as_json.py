"""The documented JSON of runs and their parts: stable names, times ISO 8601 UTC, unknown is null."""

import math
from typing import Any

import msgspec

from ...core import clock
from ...core.budgets import Standing
from ...core.costs import CostGroup, CostRecord, Money, Tokens
from ...core.metrics import Change, Comparison
from ...core.runs import Run
from ...core.workflows import Outcome
from ..facts import until


def run_row(run: Run) -> dict[str, Any]:
    """A run as `ls --json` gives it."""
    return _about(run) | _counts(run) | _spent(run) | _belonging(run)


def _about(run: Run) -> dict[str, Any]:
    """What it is and how it stands."""
    return {
        "id": run.id,
        "name": run.name,
        "objective": run.objective,
        "plan_id": run.plan_id or None,
        "attempt": run.attempt,
        "workflow": run.workflow,
        "version": run.version,
        "status": run.status,
        "evidence": run.evidence,
        "started": run.started,
        "finished": run.finished,
        "duration_s": duration_s(run),
    }


def _counts(run: Run) -> dict[str, Any]:
    """How much of what is in it."""
    parts: tuple[str, ...] = ("steps", "steps_done", "current_step", "items", "items_failed")
    parts += ("events", "errors", "warnings", "checkpoints", "messages", "approvals", "approvals_pending", "artifacts")
    counts = {name: getattr(run, name) for name in parts}
    return counts if run.tokens_known else counts | {"messages": None}


def _spent(run: Run) -> dict[str, Any]:
    spent = tokens_row(run.tokens) | money_row(run.money) if run.tokens_known else _UNREAD
    return spent | {"size_bytes": run.size_bytes}


def _belonging(run: Run) -> dict[str, Any]:
    """What it belongs to, what people added, and what ails it."""
    row: dict[str, Any] = {
        "session": run.session,
        "project": run.project,
        "parent": run.parent,
        "from_checkpoint": run.from_checkpoint,
        "tags": list(run.tags),
        "pinned": run.pinned,
        "archived": run.archived,
        "damaged": run.damaged,
        "error": run.error or None,
    }
    return row | {"source": run.source, "source_id": run.source_id} if run.source else row


def duration_s(run: Run) -> float | None:
    """Seconds that a run took, or has taken so far, as the browser counts them."""
    return clock.between(run.started, until(run, clock.now_s()))


def tokens_row(tokens: Tokens) -> dict[str, Any]:
    """Tokens under their documented names."""
    return {
        "input_tokens": tokens.input,
        "output_tokens": tokens.output,
        "cache_read_tokens": tokens.cache_read,
        "cache_write_tokens": tokens.cache_write,
        "reasoning_tokens": tokens.reasoning,
    }


def money_row(money: Money) -> dict[str, Any]:
    """Money as integer nano-dollars with its provenance; null when no call has a price."""
    return {
        "cost_nanousd": money.nanousd,
        "cost_provenance": money.provenance,
        "calls_without_price": money.unknown,
    }


_UNREAD = dict.fromkeys(tokens_row(Tokens()) | money_row(Money())) | {"cost_provenance": "unknown"}


def cost_row(cost: CostRecord) -> dict[str, Any]:
    """One model call."""
    return {
        "seq": cost.seq,
        "t": cost.t,
        "model": cost.model,
        "provider": cost.provider,
        "step": cost.step,
        "agent": cost.agent,
        "request_id": cost.request_id,
        **tokens_row(cost.tokens),
        "cost_nanousd": cost.nanousd,
        "cost_provenance": cost.provenance,
        "prices": cost.prices or None,
    }


def group_row(group: CostGroup, by: str) -> dict[str, Any]:
    """One group of `costs --by`."""
    return {
        by: group.key,
        "calls": group.calls,
        "runs": group.runs,
        **tokens_row(group.tokens),
        **money_row(group.money),
    }


def budget_row(standing: Standing) -> dict[str, Any]:
    """How a budget stands, as the last lines of `costs` tell it."""
    budget = standing.budget
    return {
        "budget": budget.query,
        "per": budget.per,
        "since": standing.since or None,
        "of": standing.key or None,
        "spent_nanousd": standing.spent_nanousd,
        "max_nanousd": budget.max_nanousd,
        "warn_nanousd": budget.warn_nanousd,
        "percent": standing.percent,
        "at_least": standing.at_least,
        "calls_without_price": standing.unknown,
        "state": standing.state,
    }


def outcome_row(outcome: Outcome) -> dict[str, Any]:
    """What finished runs came to."""
    counts = ("runs", "completed", "failed", "cancelled", "lost", "success")
    seconds = {"mean_s": outcome.mean_s, "p50_s": outcome.p50_s, "p95_s": outcome.p95_s}
    return {
        **{name: getattr(outcome, name) for name in counts},
        "too_few_runs": outcome.too_few,
        "timed": outcome.timed,
        **{name: None if value is None else round(value, 6) for name, value in seconds.items()},
        "steps": outcome.steps,
        "retries": outcome.retries,
        **tokens_row(outcome.tokens),
        **money_row(outcome.money),
        "runs_without_price": outcome.unpriced,
        "cost_per_run_nanousd": outcome.per_run.nanousd,
    }


def comparison_row(found: Comparison) -> dict[str, Any]:
    """A version against another: each number before and after, and the 95 % interval of the difference."""
    return {
        "workflow": found.workflow,
        "version": found.version,
        "against": found.against,
        "success": change_row(found.success),
        "duration_s": change_row(found.duration),
        "cost_nanousd": change_row(found.cost),
        "metrics": {name: change_row(change) for name, change in found.metrics.items()},
    }


def change_row(change: Change) -> dict[str, Any]:
    """One number of a comparison; no interval where there are too few runs."""
    difference = change.difference
    return {
        "before": change.before,
        "after": change.after,
        "difference": difference if difference is not None and math.isfinite(difference) else None,
        "low": change.low,
        "high": change.high,
        "confidence": 0.95,
        "method": change.method,
        "runs_before": change.runs_before,
        "runs_after": change.runs_after,
        "too_few_runs": change.too_few,
        "clear": change.clear,
    }


def plain(value: msgspec.Struct) -> dict[str, Any]:
    """Any of our value structs as a JSON object, tokens and money under their documented names."""
    row: dict[str, Any] = {}
    for field in value.__struct_fields__:
        part = getattr(value, field)
        if isinstance(part, Tokens):
            row |= tokens_row(part)
        elif isinstance(part, Money):
            row |= money_row(part)
        else:
            row[field] = msgspec.to_builtins(part)
    return row
