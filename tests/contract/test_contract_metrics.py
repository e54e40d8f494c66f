"""MetricsRepository: what finished runs come to, by version and by day, and what tells two versions apart."""

import pytest
from flightlog.core import annotations as a
from flightlog.core.clock import pretending
from flightlog.core.errors import StorageError
from flightlog.core.metrics import Pattern
from flightlog.core.numbers.durations import span_of
from flightlog.core.numbers.intervals import NEWCOMBE, WELCH
from flightlog.core.query.query import EVERYTHING, equals, parse

NOON = 1_795_262_400  # 2026-11-21T12:00:00Z
DAY = 86_400


@pytest.fixture
def record(store):
    """Records a run that took so many seconds, and returns its id."""
    at = [NOON * 1_000_000_000]

    def recorded(
        version=1, *, took=10.0, day=0, fails=False, dollars="0.25", retry=False, says="", workflow="triage", **facts
    ):
        at[0] = (NOON + day * DAY) * 1_000_000_000
        with pretending(lambda: at[0]):
            run = store.run(workflow, version=version, **facts)
            with run.step("plan") as step:
                if dollars:
                    step.cost(model="m-1", input_tokens=100, output_tokens=10, dollars=dollars)
            if retry:
                with run.step("plan", attempt=2):
                    pass
            run.metric("score", took / 10)
            if says:
                run.log(says)
            at[0] += round(took * 1_000_000_000)
            if fails:
                run.fail("broken")
            else:
                run.finish()
        return run.id

    return recorded


def test_summary_is_the_outcome_of_the_finished_runs(store, record):
    for took in (30.0, 10.0, 20.0, 40.0):
        record(took=took, fails=took == 40.0, retry=took == 10.0)
    record(2, took=100.0, dollars=None)
    record(took=1.0, workflow="other")
    unfinished = store.run("triage", version=1)
    one = store.metrics.summary("triage", 1)
    assert (one.workflow, one.version, one.runs, one.completed, one.failed, one.success) == ("triage", 1, 4, 3, 1, 0.75)
    assert (one.timed, one.mean_s, one.p50_s, one.p95_s) == (4, 25.0, 20.0, 40.0)
    assert (one.steps, one.retries, one.unpriced) == (5, 1, 0)
    assert (one.tokens.input, one.tokens.output, one.money.nanousd) == (400, 40, 1_000_000_000)
    whole = store.metrics.summary("triage")
    assert (whole.version, whole.runs, whole.p50_s, whole.p95_s) == (None, 5, 30.0, 100.0)
    assert store.metrics.summary("nothing").runs == 0
    unfinished.finish()
    assert store.metrics.summary("triage", 1).runs == 5


def test_outcomes_are_one_for_each_version_that_has_runs(store, record):
    record(None, took=5.0)
    record(2, took=7.0)
    record(10, took=9.0)
    goes_on = store.run("triage", version=11)
    outcomes = store.metrics.outcomes("triage")
    assert [(one.version, one.runs, one.p50_s) for one in outcomes] == [
        (None, 1, 5.0),
        (2, 1, 7.0),
        (10, 1, 9.0),
        (11, 0, None),
    ]
    assert outcomes[1] == store.metrics.summary("triage", 2)
    assert store.metrics.outcomes("nothing") == []
    goes_on.finish()


def test_within_a_query_only_the_runs_that_match_count_and_all_runs_are_the_kept_sums(store, record):
    for n in range(6):
        record(n % 2 + 1, took=1.0 + n, session="ana" if n < 4 else "bob", retry=n == 1, fails=n == 3, day=n % 3)
    record(None, took=3.0, session="ana")
    every = parse("events>0")
    assert store.metrics.summary("triage", within=every) == store.metrics.summary("triage")
    assert store.metrics.outcomes("triage", every) == store.metrics.outcomes("triage")
    assert store.metrics.trends("triage", within=every) == store.metrics.trends("triage")
    assert store.metrics.spread("triage", 1, every) == store.metrics.spread("triage", 1)
    ana = equals("session", "ana")
    found = store.metrics.summary("triage", 2, ana)
    assert (found.runs, found.failed, found.retries, found.p50_s, found.p95_s) == (2, 1, 1, 2.0, 4.0)
    assert [one.runs for one in store.metrics.outcomes("triage", ana)] == [1, 2, 2]
    assert store.scoped(session="ana").metrics.summary("triage", 2) == found
    assert store.metrics.summary("triage", 1, parse("status:running")).runs == 0


def test_within_what_logs_say_the_same_runs_count_as_within_their_tag(store, record):
    for n in range(8):
        said = ("the time is out", "a time out", "nothing")[n % 3]
        record(
            n % 2 + 1,
            took=1.0 + n,
            day=n % 2,
            fails=n == 3,
            says=said,
            tags=[f"says-{n % 3}"],
            session="ana" if n < 5 else None,
        )
    metrics = store.metrics
    for logs, tags in (
        ("log:time", "tag:says-0|says-1"),
        ('log:"time out"', "tag:says-1"),
        ("-log:time", "-tag:says-0|says-1"),
        ('-log:"time out" log:out', "tag:says-0"),
        ("log:never", "tag:never"),
    ):
        log, tag = parse(logs), parse(tags)
        for one, other in ((metrics, metrics), (store.scoped(session="ana").metrics, metrics)):
            expected = tag if one is other else tag & equals("session", "ana")
            assert one.summary("triage", within=log) == other.summary("triage", within=expected), logs
            assert one.outcomes("triage", log) == other.outcomes("triage", expected), logs
            assert one.trends("triage", 1, log) == other.trends("triage", 1, expected), logs
            assert one.spread("triage", within=log) == other.spread("triage", within=expected), logs
            assert one.newest("triage", 1, log) == other.newest("triage", 1, expected), logs
            assert one.reported("triage", log) == other.reported("triage", expected), logs
            for span in metrics.spread("triage"):
                assert one.durations("triage", within=log, span=span) == other.durations(
                    "triage", within=expected, span=span
                )
    assert [metrics.summary("triage", within=parse(text)).runs for text in ("log:time", "log:never")] == [6, 0]


def test_trends_are_one_for_each_of_the_last_days_on_which_runs_ended(store, record):
    record(1, took=10.0, day=0)
    record(2, took=20.0, day=0, fails=True)
    record(1, took=DAY + 10.0, day=2)  # over midnight: it counts on the day on which it ended
    record(1, took=40.0, day=5, dollars=None)
    days = store.metrics.trends("triage")
    assert [(one.day, one.runs, one.success) for one in days] == [
        ("2026-11-21", 2, 0.5),
        ("2026-11-24", 1, 1.0),
        ("2026-11-26", 1, 1.0),
    ]
    assert [(one.p50_s, one.p95_s) for one in days] == [(10.0, 20.0), (DAY + 10.0,) * 2, (40.0, 40.0)]
    assert [one.money.nanousd for one in days] == [500_000_000, 250_000_000, None]
    assert [one.day for one in store.metrics.trends("triage", days=2)] == ["2026-11-24", "2026-11-26"]
    assert [(one.day, one.runs) for one in store.metrics.trends("triage", 2)] == [("2026-11-21", 1)]
    assert store.metrics.trends("nothing") == []


def test_spread_and_durations_tell_how_long_runs_took(store, record):
    for took in (10.0, 10.02, 500.0):
        record(took=took)
    record(2, took=10.01)
    spread = store.metrics.spread("triage", 1)
    assert spread == {span_of(10.0): 2, span_of(500.0): 1}
    assert store.metrics.durations("triage", 1, span=span_of(10.0)) == pytest.approx([10.0, 10.02])
    assert store.metrics.durations("triage", span=span_of(10.0)) == pytest.approx([10.0, 10.01, 10.02])
    assert store.metrics.durations("triage", 1, parse("took>10.01"), span=span_of(10.0)) == pytest.approx([10.02])
    assert sum(store.metrics.spread("triage").values()) == 4
    assert store.metrics.spread("nothing") == {}


def test_newest_are_the_finished_runs_that_began_last_with_their_numbers(store, record):
    first, second = record(took=10.0), record(took=20.0, day=1, dollars=None)
    record(2)
    newest = store.metrics.newest("triage", 1)
    assert [(one.run, one.took_s, one.nanousd, one.calls) for one in newest] == [
        (second, 20.0, 0, 0),
        (first, 10.0, 250_000_000, 1),
    ]
    kept = [store.runs.get(one.run) for one in newest]
    assert [(one.tokens, one.steps) for one in newest] == [(run.tokens.total, run.steps) for run in kept]
    assert [one.metrics for one in newest] == [{"score": 2.0}, {"score": 1.0}]
    assert [one.run for one in store.metrics.newest("triage", 1, limit=1)] == [second]
    assert store.metrics.newest("triage", None) == []


def test_reported_is_what_finished_runs_reported_by_version_and_name(store, record):
    for took, day in ((30.0, 0), (10.0, 2), (20.0, 1)):
        last = record(took=took, day=day)
    record(2, took=50.0)
    store.runs.annotate(a.Scored(run=last, name="liked", value=1.0))
    found = store.metrics.reported("triage")
    assert [(one.version, one.name, one.values) for one in found] == [(1, "liked", 1), (1, "score", 3), (2, "score", 1)]
    score = found[1]
    assert (score.mean, score.min, score.max, score.last) == (pytest.approx(2.0), 1.0, 3.0, 1.0)
    assert score.last_t.startswith("2026-11-23T12:00:00")
    assert store.metrics.reported("triage", equals("version", "2")) == found[2:]
    assert store.metrics.reported("nothing") == []


def test_compare_gives_each_version_against_the_first_with_intervals_and_their_methods(store, record):
    for n in range(6):
        record(1, took=10.0 + n % 2, fails=n == 0, dollars="0.25")
        record(2, took=20.0 + n % 2, dollars="0.50" if n % 2 else "0.52")
    record(3)
    two, three = store.metrics.compare("triage", [1, 2, 3])
    assert (two.version, two.against, two.outcome, two.other) == (
        2,
        1,
        store.metrics.summary("triage", 2),
        store.metrics.summary("triage", 1),
    )
    assert (two.success.before, two.success.after, two.success.method) == (5 / 6, 1.0, NEWCOMBE)
    assert not two.success.clear
    assert two.duration.difference == pytest.approx(10.0) and two.duration.clear and two.duration.method == WELCH
    assert two.cost.difference == pytest.approx(260_000_000) and two.cost.clear
    assert two.metrics["score"].difference == pytest.approx(1.0) and two.metrics["score"].clear
    assert three.success.too_few and three.duration.too_few and three.duration.low is None
    assert three.duration.difference == pytest.approx(-0.5)
    assert store.metrics.compare("triage", [1]) == []
    (unknown,) = store.metrics.compare("triage", [1, 99])
    assert (unknown.outcome.runs, unknown.success.difference) == (0, None)


def test_reported_numbers_may_be_as_great_and_as_small_as_they_come(store):
    for value in (1.7e308, -1.7e308, 1e-320, 1.7e308):
        for version in (1, 2):
            with store.run("w", version=version) as run:
                run.metric("m", value)
    one, _ = store.metrics.reported("w")
    assert (one.mean, one.max) == (pytest.approx(0.425e308), 1.7e308)
    (two,) = store.metrics.compare("w", [1, 2])
    assert two.metrics["m"].difference == 0 and two.metrics["m"].low is None


def test_what_the_list_of_workflows_counts_is_what_summaries_say(store, record):
    for n in range(4):
        record(n % 2, fails=n == 3)
    going_on = store.run("triage", version=1)
    (one,) = store.runs.workflows()
    summary = store.metrics.summary("triage")
    counts = (one.completed, one.failed, one.cancelled, one.success)
    assert counts == (summary.completed, summary.failed, summary.cancelled, summary.success) == (3, 1, 0, 0.75)
    going_on.finish()


def test_a_root_is_compared_with_nothing(store, record):
    record(1)
    root = store.metrics.against_parent("triage", 1, None)
    assert (root.against, root.outcome, root.metrics["score"].after) == (None, store.metrics.summary("triage", 1), 1.0)
    assert root.success.too_few and root.duration.before is None
    record(2)
    child = store.metrics.against_parent("triage", 2, 1)
    assert child == store.metrics.compare("triage", [1, 2])[0]


def test_a_run_without_a_known_price_is_left_out_of_costs_and_counted(store, record):
    for _ in range(5):
        record(1)
        record(2, dollars="0.5")
    with store.run("triage", version=2) as run:
        run.cost(model="nobody knows it", input_tokens=5, output_tokens=1)
    assert store.metrics.summary("triage", 2).unpriced == 1
    (two,) = store.metrics.compare("triage", [1, 2])
    assert (two.cost.runs_after, two.outcome.runs, two.cost.after) == (5, 6, 500_000_000)


def test_patterns_are_merged_and_keep_their_evidence_and_when_they_were_seen(store, record):
    one, other = record(), record(day=1)
    seen = [f"2026-11-2{day}T12:00:00.000000Z" for day in range(3)]
    store.metrics.record_pattern(
        Pattern(workflow="triage", name="loop", count=2, first_seen=seen[0], last_seen=seen[1], evidence=(one,))
    )
    store.metrics.record_pattern(
        Pattern(workflow="triage", name="loop", description="again and again", last_seen=seen[2], evidence=(other, one))
    )
    store.metrics.record_pattern(Pattern(workflow="triage", name="rare"))
    loop, rare = store.metrics.patterns("triage")
    assert (loop.count, loop.first_seen, loop.last_seen, loop.evidence) == (3, seen[0], seen[2], (one, other))
    assert (loop.description, rare.count) == ("again and again", 1) and rare.first_seen.endswith("Z")


def test_what_a_pattern_says_may_be_anything(store):
    hostile = "\x1b]52;\x07 \u202e \u2028 \x00 ' \\ 🦊 \ud800"
    for _ in range(2):
        store.metrics.record_pattern(Pattern(workflow="w", name=hostile, description=hostile, evidence=(hostile,)))
    written = hostile.replace("\ud800", r"\ud800")
    (found,) = store.metrics.patterns("w")
    assert (found.name, found.description, found.evidence, found.count) == (written, written, (written,), 2)


def test_what_is_no_pattern_is_refused(store):
    wrong = ({"count": "x"}, {"count": -1}, {"count": 1.5}, {"count": 2**63}, {"evidence": "01j9"}, {"evidence": None})
    for facts in (*wrong, {"first_seen": 5}, {"description": None}, {"name": object()}):
        with pytest.raises(StorageError, match="this is no pattern"):
            store.metrics.record_pattern(Pattern(**{"workflow": "w", "name": "n", **facts}))
    assert store.metrics.patterns("w") == []


def test_a_store_opened_anew_answers_the_same(kept):
    with kept.open() as store, store.run("triage", version=1) as run:
        run.metric("score", 1.0)
    with kept.open() as again:
        assert again.metrics.summary("triage", 1).runs == 1
        assert again.metrics.compare("triage", [1, 1])[0].success.before == 1.0


def test_every_run_is_counted(store):
    for _ in range(3):
        with store.run("triage"):
            pass
    assert store.metrics.summary("triage").runs == store.runs.count(EVERYTHING) == 3


def test_a_pattern_is_seen_at_a_time_or_refused(store):
    with pytest.raises(StorageError, match="last_seen is no time"):
        store.metrics.record_pattern(Pattern(workflow="w", name="slow", last_seen="yesterday"))
    store.metrics.record_pattern(Pattern(workflow="w", name="slow", first_seen="2026-11-20T02:00:00+02:00"))
    (found,) = store.metrics.patterns("w")
    assert found.first_seen == found.last_seen == "2026-11-20T00:00:00.000000Z"
