"""What a query means: the runs that match, term by term, and those of which something is unknown."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flightlog.core.costs import Money, Tokens
from flightlog.core.query.query import Call, KnownFacts, Query, parse
from flightlog.core.query.query_keys import FLAGS, HAVING
from flightlog.core.runs import Run
from flightlog.core.units import time_text

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def run(**facts) -> Run:
    return Run(id="01jd2k0000000000000000000a", workflow="triage", **facts)


def ago(**length) -> str:
    return time_text(NOW - timedelta(**length))


FACTS = KnownFacts(
    steps=("Fetch pages", "draft"),
    step_errors=("TimeoutError: no answer", "RateLimitError"),
    models=("gpt-4o", "claude-haiku"),
    agents=("planner",),
    calls=(Call(ago(days=3), "gpt-4o", "planner"), Call(ago(days=2), "claude-haiku"), Call("", "", "critic")),
    metrics={"score": (0.5, 0.95)},
    notes=("looks flaky",),
    logs=("Retrying after 429",),
)
RUN = run(
    version=4,
    name="Morgenlauf Ä1",
    objective="Sort the\n inbox",
    plan_id="p-1",
    attempt=2,
    parent="01jd2j0000000000000000000z",
    session="ana",
    status="failed",
    started=ago(days=3),
    finished=ago(days=3, minutes=-2),
    last_event=ago(days=1),
    error="TimeoutError: 30 s",
    steps=2,
    items=10,
    items_failed=3,
    errors=1,
    checkpoints=2,
    tokens=Tokens(input=1_500_000, output=1),
    money=Money(recorded_nanousd=600_000_000, recorded=2),
    size_bytes=10_000_001,
    tags=("nightly", "v1.2"),
    notes=1,
    pinned=True,
    meta={"customer": "acme", "n": 5, "deep": {"a": 1}, "on": True, "none": None, "odd key": "x"},
    source_id="thread-7",
)


# Two spaces or a line end part the queries.
MATCHING = """
morgenlauf  ÄPFEL | ä1  a\u03081  "sort the inbox"  TIMEOUT  nightly  flaky  fetch  triage  thread-7  id:01JD2K
id:0a  id=01jd2k0000000000000000000a  parent:01jd2j  id:thread-7  status:failed  status:finished  status:any
status:lost|failed  -status:active  workflow:triage  workflow:tri*  workflow:*  version:4
version>=3 version<5  version!=3  model:gpt-4*  model:gpt-4o  agent:planner  agent:planner model:claude-haiku
-model:gpt-4  session:ana  project:""  tag:nightly  tag=nightly  tag:v1.*  plan:p-1  -tag:""  name:lauf
name:ä1  name="morgenlauf ä1"  objective:sort  error:timeout  step:fetch  step:DRAFT  step_error:timeout
step_error=ratelimiterror  -step_error:draft  note:flaky  log:RETRYING
-log:nothing  started<7d  started>2d  started<=3d  since:4d  -since:2d  until:1d  started:2026-11-18
started:4d  started>2026-11-17  started>=2026-11-18  started<2026-11-19  started<=2026-11-18
-started>2026-11-18  until:2026-11-18  since:2026-11  active<2d  finished:2026-11  took>1m  took<=2m  took:120
-took>2m  cost>0.5  cost<$1  cost=0.6  tokens>1.5M  size>10MB  size<10.1MB  attempt>1  steps:2  failed_items>0
errors>0  checkpoints>1  price:recorded  metric.score>0.9  metric.score<0.6  -metric.score>1  -metric.other>0
meta.customer:acme  meta.customer:ac*  meta.n:5  meta.n=5.0  meta.n>4  meta.on:true  meta.none:null
meta."odd key":x  -meta.deep:1  -meta.missing:x  -meta.customer>1  pinned  -archived  -damaged  -lost
has:error  has:checkpoint  has:item  has:parent  has:metric  has:tag  -has:approval  -has:project
call.day:2026-11-18  call.day:2026-11  call.day>=3d  -call.day:2026-11-20  call.day:""  call.model:gpt-*
call.model=gpt-4o  call.model:""  call.agent:critic  call.agent:""  -call.agent:draft  -call.model=gpt-*
call.day>=2026-11-19
(archived x) | pinned  -(archived | lost)
"""


@pytest.mark.parametrize("text", re.split(r"\s{2,}|\n", MATCHING.strip()))
def test_it_matches(text):
    query = parse(text)
    assert not query.message
    assert query.matches(RUN, FACTS, NOW)
    assert not Query(root=parse(f"-({text})").root).matches(RUN, FACTS, NOW) or query.log_terms()


def test_a_run_that_goes_on_has_taken_the_time_so_far():
    going = run(status="running", started=ago(minutes=10))
    assert parse("took>9m took<11m -took>11m").matches(going, now=NOW)
    assert not parse("took>9m").matches(run(status="lost", started=ago(minutes=10)), now=NOW)


def test_an_unknown_price_makes_a_sum_a_lower_bound():
    partly = run(money=Money(recorded_nanousd=600_000_000, recorded=1, unknown=1))
    assert parse("cost>0.5 price:unknown has:cost").matches(partly)
    assert not parse("cost<1").matches(partly)
    assert not parse("cost=0.6").matches(partly)
    assert not parse("cost>=0").matches(run(money=Money(unknown=1)))


def test_what_is_unknown_fulfils_no_term_and_every_negated_one():
    for term in ["version>0", "started>1d", "took>0s", "cost>=0", "size>=0", "session:*", "parent:0"]:
        assert not parse(term).matches(run())
        assert parse(f"-{term}").matches(run())


def test_every_flag_and_every_has_is_answered():
    for text in [*FLAGS, *(f"has:{what}" for what in HAVING)]:
        assert not parse(text).matches(run())
