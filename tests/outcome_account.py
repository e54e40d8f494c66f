"""An account of finished runs, made from their events a second time and in another way than the program's."""

import math
from collections import defaultdict
from datetime import datetime

import hypothesis.strategies as st
import pytest
from flightlog.core import events as e

SMALL = st.integers(0, 3)
STEP = st.sampled_from(["a", "b"])
# Out of order, over midnight, and one that is no time at all.
TIME = st.integers(0, 172_800_000_000).map(
    lambda us: (
        f"2026-11-{20 + us // 86_400_000_000}T{us // 3_600_000_000 % 24:02}:{us // 60_000_000 % 60:02}"
        f":{us // 1_000_000 % 60:02}.{us % 1_000_000:06}Z"
    )
) | st.just("some day")
STATUS = st.sampled_from(["completed", "failed", "cancelled"])
EVENT = st.one_of(
    st.builds(e.RunFinished, status=STATUS),
    st.builds(e.RunResumed),
    st.builds(e.RunPaused),
    st.builds(e.Logged, message=st.just("goes on")),  # after the end: only a source's run does
    st.builds(e.StepStarted, step=STEP, name=st.just("plan"), attempt=SMALL),
    st.builds(e.StepFinished, step=STEP, status=st.just("failed")),
    st.builds(e.GraphDeclared, steps=st.lists(st.builds(e.DeclaredStep, id=STEP, name=st.just("plan")), max_size=2)),
    st.builds(e.CostRecorded, model=st.just("m"), input_tokens=SMALL, output_tokens=SMALL, nanousd=st.none() | SMALL),
    st.builds(e.CostPriced, cost=st.integers(1, 8), nanousd=SMALL, prices=st.just("2026-11-01")),  # late, or of nothing
    st.builds(e.MetricReported, name=st.sampled_from(["score", "loss"]), value=st.integers(-5, 5).map(float)),
)


@st.composite
def histories(draw, runs):
    """Events of a few of these runs, of which most end, some more than once."""
    found = {}
    for run in draw(st.lists(st.sampled_from(runs), min_size=1, max_size=6, unique=True)):
        workflow, session = draw(st.sampled_from("wv")), draw(st.sampled_from([None, "s", "t"]))
        started = e.RunStarted(run=run, workflow=workflow, version=draw(st.none() | SMALL), session=session)
        found[run] = [started, *draw(st.lists(EVENT, max_size=8))]
        if draw(st.integers(0, 3)):
            found[run].append(e.RunFinished(status=draw(STATUS)))
        found[run] += draw(st.lists(EVENT, max_size=2))
        for seq, event in enumerate(found[run], 1):
            event.seq, event.t = seq, draw(TIME)
    return found


SILENT = (e.RunFinished, e.RunMeta, e.CostPriced, e.RunStarted)


def moment(t):
    try:
        return datetime.fromisoformat(t)
    except ValueError:
        return None


def told(events):
    """What a run came to, from its events alone; None if it goes on."""
    status = ended = None
    steps, costs, values = {}, {}, []
    for event in events:
        if not isinstance(event, SILENT):
            status = ended = None
        if isinstance(event, e.RunFinished):
            status, ended = event.status, event.t
        elif isinstance(event, e.StepStarted):
            steps[event.step] = event.attempt
        elif isinstance(event, e.StepFinished):
            steps.setdefault(event.step, 1)
        elif isinstance(event, e.GraphDeclared):
            for step in event.steps:
                steps.setdefault(step.id, 1)
        elif isinstance(event, e.CostRecorded):
            costs[event.seq] = [event, event.nanousd, event.nanousd is not None]
        elif isinstance(event, e.CostPriced) and event.cost in costs and not costs[event.cost][2]:
            costs[event.cost][1] = event.nanousd
        elif isinstance(event, e.MetricReported):
            values.append((event.name, event.value, event.t))
    if status is None:
        return None
    began, end = moment(events[0].t), moment(ended)
    took = (end - began).total_seconds() if began and end else None
    return {
        "version": events[0].version,
        "session": events[0].session,
        "day": end.date().isoformat() if end else "",
        "status": status,
        "took": took if took is not None and took >= 0 else None,
        "steps": len(steps),
        "retries": sum(attempt > 1 for attempt in steps.values()),
        "tokens": sum(cost.input_tokens + cost.output_tokens for cost, _, _ in costs.values()),
        "nanousd": sum(price or 0 for _, price, _ in costs.values()),
        "unpriced": any(price is None for _, price, _ in costs.values()),
        "values": values,
    }


def rank(values, share):
    """The smallest value with at least that share of all at it or under it."""
    return next((v for v in sorted(values) if sum(w <= v for w in values) >= share * len(values) - 1e-9), None)


def account(runs):
    """The numbers of an outcome, over what was told of runs."""
    took = [run["took"] for run in runs if run["took"] is not None]
    return {
        "runs": len(runs),
        **{status: sum(run["status"] == status for run in runs) for status in ("completed", "failed", "cancelled")},
        "timed": len(took),
        "took_us": sum(round(each * 1_000_000) for each in took),
        "p50": rank(took, 0.5),
        "p95": rank(took, 0.95),
        **{name: sum(run[name] for run in runs) for name in ("steps", "retries", "tokens", "nanousd", "unpriced")},
    }


def said(outcome):
    """The same numbers, as an outcome has them."""
    names = ("runs", "completed", "failed", "cancelled", "timed", "took_us", "steps", "retries", "unpriced")
    found = {name: getattr(outcome, name) for name in names}
    found |= {"tokens": outcome.tokens.total, "nanousd": outcome.money.known_nanousd}
    return found | {"p50": approx(outcome.p50_s), "p95": approx(outcome.p95_s)}


def approx(seconds):
    return None if seconds is None else pytest.approx(seconds, abs=1e-6)


def check(metrics, histories):
    """Everything that a repository says of a workflow, against the events of its runs."""
    ended = [found for events in histories if (found := told(events))]
    workflow = histories[0][0].workflow
    assert said(metrics.summary(workflow)) == account(ended)

    versions = {events[0].version for events in histories}
    outcomes = {one.version: said(one) for one in metrics.outcomes(workflow)}
    assert outcomes == {v: account([run for run in ended if run["version"] == v]) for v in versions}

    days = {run["day"] for run in ended}
    trends = {one.day: said(one) for one in metrics.trends(workflow)}
    assert trends == {day: account([run for run in ended if run["day"] == day]) for day in days}

    values = defaultdict(list)
    for run in ended:
        for name, value, _ in run["values"]:
            values[run["version"], name].append(value)
    reported = {(one.version, one.name): one for one in metrics.reported(workflow)}
    assert reported.keys() == values.keys()
    for key, one in reported.items():
        assert (one.values, one.min, one.max) == (len(values[key]), min(values[key]), max(values[key]))
        assert one.mean == pytest.approx(math.fsum(values[key]) / len(values[key])) and one.last in values[key]
