"""What a store has to answer about many runs at once, worked out of what it has to answer about each (`told`)."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from flightlog.core.costs import CostGroup, Money, Tokens
from flightlog.core.runs import Group, Run
from flightlog.core.workflows import Outcome, Workflow
from told import FINISHED, Told, seconds


def same(kind: str, found: Any, known: Any) -> None:
    """Fails with what differs alone: a whole run is too long to be read."""
    assert not (differences := list(differing("", found, known))), (kind, differences)


def differing(at: str, found: Any, known: Any) -> Iterator[str]:
    """What differs, each with its place, found first."""
    if isinstance(known, msgspec.Struct) and type(found) is type(known):
        for name in known.__struct_fields__:
            yield from differing(f"{at}.{name}", getattr(found, name), getattr(known, name))
    elif isinstance(known, list) and isinstance(found, list) and len(found) == len(known):
        for number, pair in enumerate(zip(found, known, strict=True)):
            yield from differing(f"{at}[{number}]", *pair)
    elif found != known:
        yield f"{at}: {found!r} != {known!r}"


def bare(run: Run) -> Run:
    """Without what is the engine's own: its bytes, and how it is known that a writer is gone."""
    evidence = "?" if run.status == "lost" and "left it unfinished" in run.evidence else run.evidence
    return msgspec.structs.replace(run, size_bytes=None, evidence=evidence)


def newest_first(runs: list[Run]) -> list[Run]:
    return sorted(runs, key=lambda run: (run.started, run.id), reverse=True)


def paged(ask: Callable[[str | None], Any]) -> list[Any]:
    """All items, page by page."""
    items, cursor = [], None
    while True:
        page = ask(cursor)
        items += page.items
        if (cursor := page.next) is None:
            return items


def lineage_of(checkpoints: list[dict[str, Any]], id: str) -> list[str]:
    """A checkpoint and what it came from, as far as that is known."""
    parents = {one["id"]: one["parent"] for one in checkpoints}
    line = [id]
    while parents.get(line[-1]) in parents:
        line.append(parents[line[-1]])
    return line


COST_KEYS: dict[Any, Callable[[Told, Any], str]] = {
    "day": lambda one, call: call.t[:10],
    "workflow": lambda one, call: one["run"].workflow,
    "version": lambda one, call: "@".join(str(part) for part in (one["run"].workflow, one["run"].version) if part),
    "model": lambda one, call: call.model,
    "agent": lambda one, call: call.agent,
    "session": lambda one, call: one["run"].session or "",
    "step": lambda one, call: {s.id: s.name for s in one["steps"]}.get(call.step, call.step or ""),
    "run": lambda one, call: one["run"].id,
}


def cost_groups(calls: list[Any], key: Callable[[Told, Any], str]) -> list[CostGroup]:
    found: dict[str, CostGroup] = {}
    for one, call in calls:
        group = found.get(name := key(one, call)) or CostGroup(key=name, calls=0, tokens=Tokens(), money=Money())
        money = {"recorded": 0, "computed": 0, "unknown": 0} | {call.provenance: 1}
        if call.provenance != "unknown":
            money[f"{call.provenance}_nanousd"] = call.nanousd
        found[name] = CostGroup(
            key=name, calls=group.calls + 1, tokens=group.tokens + call.tokens, money=group.money + Money(**money)
        )
    return grouped(found.values())


def grouped(groups: Any) -> list[CostGroup]:
    """By key, and without the number of runs, which kept sums do not know."""
    return sorted((msgspec.structs.replace(group, runs=None) for group in groups), key=lambda group: group.key)


def groups(runs: list[Run], name: str) -> list[Group]:
    found = [
        Group(
            id=id,
            runs=len(of),
            running=sum(run.status in ("running", "waiting") for run in of),
            last_event=max(run.last_event for run in of),
            tokens=sum((run.tokens for run in of), Tokens()),
            money=sum((run.money for run in of), Money()),
        )
        for id in {getattr(run, name) for run in runs} - {None}
        for of in [[run for run in runs if getattr(run, name) == id]]
    ]
    return sorted(found, key=lambda group: (group.last_event, group.id), reverse=True)


def workflows(runs: list[Run]) -> list[Workflow]:
    found = []
    for id in sorted({run.workflow for run in runs}):
        of = [run for run in runs if run.workflow == id]
        names = ("running", "waiting", "lost", "completed", "failed", "cancelled")
        counts = {name: sum(run.status == name for run in of) for name in names}
        found.append(Workflow(id=id, runs=len(of), last_run=max(run.started for run in of), **counts))
    return found


def outcome(workflow: str, version: int | None, told: list[Told], day: str = "") -> Outcome:
    finished = [one for one in told if one["run"].status in FINISHED]
    runs = [one["run"] for one in finished]
    steps = [step for one in finished for step in one["steps"]]
    took = sorted(s for run in runs if (s := seconds(run)) is not None)
    return Outcome(
        workflow=workflow,
        version=version,
        runs=len(runs),
        day=day,
        **{status: sum(run.status == status for run in runs) for status in FINISHED},
        lost=sum(one["run"].status == "lost" for one in told),
        timed=len(took),
        took_us=round(sum(took) * 1_000_000),
        p50_s=took[math.ceil(len(took) * 0.5) - 1] if took else None,
        p95_s=took[math.ceil(len(took) * 0.95) - 1] if took else None,
        steps=len(steps),
        retries=sum(step.attempt > 1 for step in steps),
        unpriced=sum(run.money.unknown > 0 for run in runs),
        tokens=sum((run.tokens for run in runs), Tokens()),
        money=sum((run.money for run in runs), Money()),
    )
