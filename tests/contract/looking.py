"""Asks an engine everything, and compares what it answers with what it must (`told`)."""

from typing import Any

import msgspec
from drawn import YAML
from flightlog.core import clock
from flightlog.core.log_words import wanted
from flightlog.core.pages import Sort
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.runs import Run
from flightlog.core.workflows import digest_of
from told import FINISHED, Told, sort_value
from told_sums import COST_KEYS, bare, cost_groups, grouped, groups, lineage_of, outcome, paged, same, workflows


def look_at(engine: Any, run: str, known: Told, states: dict[str, Any]) -> None:
    """What a run is made of."""
    kind = engine.place.kind
    runs, logs, checkpoints = engine.store.runs, engine.store.logs, engine.store.checkpoints
    same(kind, bare(runs.get(run)), known["run"])
    same(kind, runs.steps(run), known["steps"])
    same(kind, paged(lambda after: runs.items(run, limit=2, after=after)), known["items"])
    same(kind, paged(lambda after: runs.messages(run, limit=2, after=after)), known["messages"])
    same(kind, runs.messages(run, limit=2, last=True).items, known["messages"][-2:])
    same(kind, runs.approvals(run), known["approvals"])
    same(kind, runs.artifacts(run), known["artifacts"])
    same(kind, runs.snapshots(run), known["snapshots"])
    same(kind, runs.metrics(run).items, known["metrics"])
    same(kind, runs.notes(run).items, known["notes"])
    same(kind, runs.cost_records(run), known["costs"])
    same(kind, logs.query(run, limit=1000), known["logs"])
    planned = [entry for entry in known["logs"] if wanted("pla*").accepts(entry.message)]
    same(kind, list(logs.scan(run, "pla*")), planned)
    assert {level: count for level, count in logs.counts(run).items() if count} == known["levels"]
    assert [msgspec.structs.asdict(one) for one in checkpoints.list(run)] == known["checkpoints"]
    for one in known["checkpoints"]:
        id, state = one["id"], states[one["id"]]
        stored = checkpoints.stored(id)
        assert stored.values | stored.opaque == state
        assert {key.key: key.digest for key in checkpoints.keys(id)} == known["states"][id]
        line = lineage_of(known["checkpoints"], id)
        for key in state:
            digests = [known["states"][up].get(key) for up in line]
            since = next((n for n, digest in enumerate([*digests[1:], None]) if digest != digests[0]), 0)
            assert checkpoints.blame(id, key).since == line[since]


def look_at_lists(engine: Any, expected: list[Run], sort: Sort, size: int) -> None:
    """All runs in an order, by pages, from both ends."""
    kind = engine.place.kind
    runs = engine.store.runs
    known = [run for run in expected if sort_value(run, sort) is not None]
    order = sorted(known, key=lambda run: (sort_value(run, sort), run.id), reverse=sort.descending)
    order += sorted((run for run in expected if run not in known), key=lambda run: run.id, reverse=sort.descending)
    assert [bare(run) for run in paged(lambda after: runs.query(EVERYTHING, sort, limit=size, after=after))] == order
    back, page = [], runs.query(EVERYTHING, sort, limit=size, last=True)
    while True:
        back = page.items + back
        if page.previous is None:
            break
        page = runs.query(EVERYTHING, sort, limit=size, before=page.previous)
    same(kind, [bare(run) for run in back], order)
    assert runs.cursor_after(EVERYTHING, sort, len(order)) is None
    if len(order) > 1:
        between = sorted(run.id for run in order[1:])
        assert sorted(runs.ids_between(EVERYTHING, sort, order[-1].id, order[1].id)) == between
        assert sorted(runs.ids_between(EVERYTHING, sort, order[1].id, order[-1].id)) == between
        assert sorted(runs.ids_between(EVERYTHING, sort, order[1].id, None)) == between
        assert sorted(runs.ids_between(EVERYTHING, sort, None, order[-2].id)) == sorted(run.id for run in order[:-1])
    pending = [
        (one.requested, run.id, one.seq) for run in order for one in runs.approvals(run.id) if one.status == "pending"
    ]
    assert [(one.requested, one.run, one.seq) for one in runs.pending().items] == sorted(pending)
    for run in order[:2]:
        children = [one for one in expected if one.parent == run.id]
        assert [one.id for one in runs.children(run.id)] == [
            one.id for one in sorted(children, key=lambda one: (one.started, one.id))
        ]


def totals_of_a_day(runs: Any) -> tuple[Any, str]:
    """What is told of all runs, and the day on which it was: asked again where a day ended meanwhile."""
    while True:
        day, totals = clock.now()[:10], runs.totals()
        if clock.now()[:10] == day:
            return totals, day


def look_at_sums(engine: Any, all_told: dict[str, Told]) -> None:
    """Counts, costs and groups."""
    kind = engine.place.kind
    runs, found = engine.store.runs, [one["run"] for one in all_told.values()]
    calls = [(one, call) for one in all_told.values() for call in one["costs"]]
    totals, day = totals_of_a_day(runs)
    today = [call.nanousd for _, call in calls if call.t[:10] == day]
    statuses = [run.status for run in found]
    assert totals.runs == len(found)
    assert {s: n for s, n in totals.by_status.items() if n} == {s: statuses.count(s) for s in set(statuses)}
    assert totals.today.known_nanousd == sum(money or 0 for money in today)
    assert totals.damaged == sum(run.damaged for run in found)
    assert totals.size_bytes == sum(run.size_bytes for run in runs.query(EVERYTHING, limit=1000).items)
    figures, tokens = runs.figures(EVERYTHING), [run.tokens.total for run in found]
    assert (figures.runs, figures.tokens.total, figures.tokens.known) == (len(found), sum(tokens), len(tokens))
    one = sorted(run.id for run in found)[:1]
    assert runs.figures(EVERYTHING, ids=[*one, "nobody"]).runs == len(one)
    assert runs.figures(EVERYTHING, without=one).runs == len(found) - len(one)
    for status in set(statuses):
        same(kind, runs.count(parse(f"status:{status}")), statuses.count(status))
    for by, key in COST_KEYS.items():
        same(kind, grouped(runs.costs(by, EVERYTHING)), cost_groups(calls, key))
        of_w = [(one, call) for one, call in calls if one["run"].workflow == "w"]
        same(kind, grouped(runs.costs(by, parse("workflow:w"))), cost_groups(of_w, key))
    for name, ask in (("session", runs.sessions), ("project", runs.projects)):
        expected = groups(found, name)
        same(kind, ask().items, expected)
        same(kind, ask(parse("-id:nothing")).items, expected)
    same(kind, runs.workflows(), workflows(found))
    same(kind, runs.workflows(parse("-id:nothing")), workflows(found))
    look_at_outcomes(engine, list(all_told.values()))
    for key, values in (
        ("tag", {tag for run in found for tag in run.tags}),
        ("model", {call.model for _, call in calls}),
        ("session", {run.session for run in found}),
        ("status", set(statuses)),
    ):
        same(kind, runs.values(key), sorted(value for value in values if value))


def look_at_outcomes(engine: Any, all_told: list[Told]) -> None:
    """What the runs of each workflow came to."""
    kind = engine.place.kind
    metrics, within = engine.store.metrics, parse("-id:nothing")
    for workflow in {one["run"].workflow for one in all_told}:
        of_it = [one for one in all_told if one["run"].workflow == workflow]
        finished = [one for one in of_it if one["run"].status in FINISHED]
        versions = sorted({one["run"].version for one in of_it}, key=lambda version: version or 0)
        by_version = [
            outcome(workflow, version, [one for one in of_it if one["run"].version == version]) for version in versions
        ]
        days = sorted({one["run"].finished[:10] for one in finished})
        by_day = [
            outcome(workflow, None, [one for one in finished if one["run"].finished[:10] == day], day) for day in days
        ]
        for query in (EVERYTHING, within):
            same(kind, metrics.summary(workflow, None, query), outcome(workflow, None, of_it))
            same(kind, metrics.outcomes(workflow, query), by_version)
            same(kind, metrics.trends(workflow, None, query), by_day)


def look_at_versions(engine: Any, versions: dict[str, Any], patterns: dict[str, Any]) -> None:
    """Versions with their tombstones, and patterns."""
    workflows = engine.store.workflows
    for workflow, of_it in patterns.items():
        often = sorted(of_it.values(), key=lambda pattern: (-pattern.count, pattern.name))
        same(engine.place.kind, engine.store.metrics.patterns(workflow), often)
    for workflow, known in versions.items():
        listed = workflows.list(workflow, deleted=True)
        assert [(v.number, v.parents, v.created, v.note, bool(v.deleted)) for v in listed] == [
            (number, known[number]["parents"], known[number]["created"], "é", known[number]["deleted"])
            for number in sorted(known)
        ]
        for number, version in known.items():
            if not version["deleted"]:
                found = workflows.get(workflow, number)
                assert (found.definition, found.note, found.damaged) == (version["definition"], "é", "")
        for text in YAML:
            having = [number for number, version in known.items() if version["definition"] == text]
            found = workflows.find(workflow, digest_of(text))
            assert (found.number if found else None) == max(having, default=None)
