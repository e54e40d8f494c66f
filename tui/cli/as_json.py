"""The documented JSON of runs and their parts: stable names, times ISO 8601 UTC, unknown is null."""

from typing import Any

import msgspec

from ...core import clock
from ...core.budgets import Standing
from ...core.costs import CostGroup, CostRecord, Money, Tokens
from ...core.runs import Run
from ..facts import until


def run_row(run: Run) -> dict[str, Any]:
    """A run as `ls --json` gives it."""
    row: dict[str, Any] = {
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
        "steps": run.steps,
        "steps_done": run.steps_done,
        "current_step": run.current_step,
        "items": run.items,
        "items_failed": run.items_failed,
        "events": run.events,
        "errors": run.errors,
        "warnings": run.warnings,
        "checkpoints": run.checkpoints,
        "messages": run.messages if run.tokens_known else None,
        "approvals": run.approvals,
        "approvals_pending": run.approvals_pending,
        "artifacts": run.artifacts,
        **(tokens_row(run.tokens) | money_row(run.money) if run.tokens_known else _UNREAD),
        "size_bytes": run.size_bytes,
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
    if run.source:
        row |= {"source": run.source, "source_id": run.source_id}
    return row


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
        "since": standing.since,
        "spent_nanousd": standing.spent_nanousd,
        "max_nanousd": budget.max_nanousd,
        "warn_nanousd": budget.warn_nanousd,
        "percent": standing.percent,
        "at_least": standing.at_least,
        "calls_without_price": standing.unknown,
        "state": standing.state,
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
