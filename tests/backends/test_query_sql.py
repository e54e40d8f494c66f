"""The SQL of a query means what `Query.matches` means, for whatever runs and whatever is asked."""

import json
import random
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from flightlog.backends.sql import globs, tables
from flightlog.backends.sql.query_sql import where
from flightlog.core.clock import between
from flightlog.core.costs import Money, Tokens
from flightlog.core.query.query import KEYS, Call, KnownFacts, parse
from flightlog.core.query.query_keys import CALL_FACTS, HAVING, STATUS_SETS
from flightlog.core.query.query_match import words_of
from flightlog.core.runs import RUN_STATUSES, Run
from flightlog.core.units import time_text
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import create_engine, event, insert, select

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

NAMES = [
    "triage",
    "Triage",
    "report",
    "a*b",
    "a?b",
    "[x]",
    "ä",
    "Ä",
    "ana",
    "50%",
    "a_b",
    "v1.2",
    "^",
    "it's",
    "x y",
    "",
]
name = st.sampled_from(NAMES)
some_name = st.one_of(st.none(), name)
sentence = st.one_of(
    st.lists(name, max_size=3).map(" ".join),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.sampled_from("ab*\0\1\2"), max_size=4),
)
small = st.integers(0, 4)
moment = st.integers(0, 14 * 24).map(lambda hours: time_text(NOW - timedelta(hours=hours)))
some_time = st.one_of(st.none(), moment)
number = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, 1.5, -2.25]))
meta = st.dictionaries(
    st.one_of(name, sentence),
    st.one_of(st.none(), st.booleans(), number, sentence, st.lists(small, max_size=2)),
    max_size=3,
)
money = st.builds(
    Money,
    recorded_nanousd=st.sampled_from([0, 500_000_000]),
    computed_nanousd=st.sampled_from([0, 250_000_000]),
    recorded=small,
    computed=small,
    unknown=st.integers(0, 1),
)
runs = st.builds(
    Run,
    id=st.just(""),
    workflow=st.sampled_from(NAMES[:-1]),
    version=st.one_of(st.none(), small),
    name=sentence,
    objective=sentence,
    plan_id=name,
    attempt=small,
    parent=some_name,
    session=some_name,
    project=some_name,
    status=st.sampled_from(RUN_STATUSES),
    started=some_time,
    finished=some_time,
    last_event=some_time,
    error=sentence,
    steps=small,
    items=small,
    items_failed=small,
    events=small,
    logs=small,
    warnings=small,
    errors=small,
    checkpoints=small,
    messages=small,
    approvals=small,
    artifacts=small,
    tokens=st.builds(Tokens, input=small, output=small),
    money=money,
    size_bytes=st.one_of(st.none(), st.integers(0, 3000)),
    tags=st.lists(name.filter(bool), max_size=2, unique=True).map(tuple),
    pinned=st.booleans(),
    archived=st.booleans(),
    damaged=st.integers(0, 1),
    meta=meta,
    source=name,
    source_id=st.one_of(name, sentence),
)
facts = st.builds(
    KnownFacts,
    steps=st.lists(sentence, max_size=2).map(tuple),
    step_errors=st.lists(sentence, max_size=2).map(tuple),
    models=st.lists(name, max_size=2).map(tuple),
    agents=st.lists(name, max_size=2).map(tuple),
    calls=st.lists(st.builds(Call, t=st.just("") | moment, model=name, agent=name), max_size=2).map(tuple),
    metrics=st.dictionaries(name, st.lists(number.map(float), min_size=1, max_size=2).map(tuple), max_size=2),
    notes=st.lists(sentence, max_size=2).map(tuple),
)

quoted = st.one_of(name, sentence).map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
sign = st.sampled_from([":", "=", ">", ">=", "<", "<=", "!="])
TIMES = ["2d", "36h", "7d", "2026-11-15", "2026-11", "2026-11-20T10Z", "today", "yesterday"]
VALUES = {
    "status": st.sampled_from([*RUN_STATUSES, *STATUS_SETS]),
    "price": st.sampled_from(KEYS["price"].values),
    "has": st.sampled_from(HAVING),
    "count": st.sampled_from(["0", "1", "2", "3", "1.5"]),
    "size": st.sampled_from(["0", "1kB", "2KiB"]),
    "money": st.sampled_from(["0", "0.5", "$0.75", "0.25"]),
    "took": st.sampled_from(["0", "1h", "2d", "1d12h"]),
    "time": st.sampled_from(TIMES),
    "number": st.sampled_from(["0", "0.5", "-2.25", "1"]),
    "id": st.one_of(quoted, st.sampled_from(["01", "000", "1a", "01A", "tri", "TRI"])),
}
plain_value = st.one_of(
    quoted, st.sampled_from(["tri*", "*", "a*b", "A?B", "1.5", "-1", "true", "null", "TRIAGE", "^"])
)


@st.composite
def term(draw):
    key = draw(st.sampled_from(list(KEYS.values())))
    minus = draw(st.sampled_from(["", "-"]))
    if key.kind == "call":
        fact = draw(st.sampled_from(CALL_FACTS))
        value = draw(VALUES["time"] if fact == "day" else plain_value)
        return f"{minus}call.{fact}{draw(sign)}{value}"
    if key.kind == "flag":
        return minus + key.name
    dotted = f".{draw(quoted)}" if key.name in ("meta", "metric") else ""
    value = draw(VALUES.get(key.name, VALUES.get(key.kind, plain_value)))
    return f"{minus}{key.name}{dotted}{draw(sign)}{value}"


one = st.one_of(
    term(), quoted, st.builds("-{}".format, quoted), st.sampled_from(["triage", "Ä", "50%", "status:failed|lost"])
)
choice = st.builds("{} | {}".format, one, one)
queries = st.lists(st.one_of(one, one, choice, st.builds("-({} {})".format, one, one)), max_size=3).map(" ".join)


def whole(known: KnownFacts) -> KnownFacts:
    """What `rows_of` keeps, told in all its ways: a model or agent is that of a call."""
    implied = [Call(model=model) for model in known.models]
    implied += [Call(agent=agent) for n, agent in enumerate(known.agents) if not (n % 2 and known.steps)]
    return replace(
        known,
        step_errors=tuple(filter(None, known.step_errors)) if known.steps else (),
        calls=(*known.calls, *implied),
        models=(*known.models, *(call.model for call in known.calls)),
        agents=(*known.agents, *(call.agent for call in known.calls)),
    )


def rows_of(run: Run, known: KnownFacts):
    """What the projector would keep of a run, as far as queries look at it."""
    fields = {name: getattr(run, name) for name in run.__struct_fields__ if name in tables.runs.c and name != "tokens"}
    took = between(run.started, run.finished)
    yield (
        tables.runs,
        fields
        | {
            "recorded": "running",
            "took": took,
            "notes": len(known.notes),
            "tokens": run.tokens.total,
            "nanousd": run.money.nanousd,
            "recorded_nanousd": run.money.recorded_nanousd,
            "computed_nanousd": run.money.computed_nanousd,
            "calls_recorded": run.money.recorded,
            "calls_computed": run.money.computed,
            "calls_unknown": run.money.unknown,
        },
    )
    words = words_of(run, known.steps, known.notes)
    yield tables.run_bodies, {"run": run.id, "meta": json.dumps(run.meta), "words": words}
    for tag in run.tags:
        yield tables.run_tags, {"run": run.id, "tag": tag}
    for n, text in enumerate(known.notes):
        yield tables.notes, {"run": run.id, "t": str(n), "text": text}
    for n, text in enumerate(known.steps):
        yield tables.steps, {"run": run.id, "id": str(n), "position": n, "name": text, "status": "running"}
    for n, error in enumerate(known.step_errors if known.steps else ()):
        row = {"id": f"e{n}", "position": n, "name": known.steps[0], "status": "failed", "error": error}
        yield tables.steps, {"run": run.id} | row
    for n, agent in enumerate(known.agents):
        if n % 2:
            row = {"id": f"a{n}", "position": n, "name": known.steps[0] if known.steps else "", "status": "running"}
            if known.steps:
                yield tables.steps, {"run": run.id, "agent": agent} | row
                continue
        yield (
            tables.costs,
            {"run": run.id, "seq": 100 + n, "t": "", "model": "", "agent": agent, "provenance": "unknown"},
        )
    for n, model in enumerate(known.models):
        yield tables.costs, {"run": run.id, "seq": n, "t": "", "model": model, "provenance": "unknown"}
    for n, call in enumerate(known.calls):
        yield tables.costs, {"run": run.id, "seq": 200 + n, "provenance": "unknown"} | call._asdict()
    for name, values in known.metrics.items():
        for value in values:
            yield tables.metrics, {"run": run.id, "name": name, "value": value, "t": ""}


@pytest.fixture(scope="module")
def engine():
    made = create_engine("sqlite://")
    event.listen(made, "connect", lambda connection, _: globs.install(connection))
    tables.derived.create_all(made)
    return made


@contextmanager
def holding(engine, found: list[tuple[Run, KnownFacts]]):
    """A function that tells which of these runs SQL finds, in tables that hold these alone."""
    with engine.connect() as connection:
        for run, known in found:
            for table, row in rows_of(run, known):
                connection.execute(insert(table), row)
        yield lambda query: set(connection.execute(select(tables.runs.c.id).where(where(query, NOW))).scalars())
        connection.rollback()


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(runs, facts), min_size=1, max_size=4), st.lists(queries, min_size=1, max_size=6))
def test_sql_and_python_find_the_same_runs(engine, found, texts):
    found = [
        (replace(run, id=f"01jd2k000000000000000000{n}{'abcd'[n]}", notes=len(known.notes)), known)
        for n, (run, known) in enumerate(found)
    ]
    with holding(engine, found) as asked:
        for query in map(parse, texts):
            if not query.log_terms():
                assert asked(query) == {run.id for run, known in found if query.matches(run, whole(known), NOW)}, str(
                    query
                )


def some_runs(count: int) -> list[tuple[Run, KnownFacts]]:
    """Runs that differ in everything a key can ask for; the same ones every time."""
    dice = random.Random(11)
    pick = dice.choice

    def names(most: int = 2) -> tuple[str, ...]:
        return tuple(pick(NAMES) for _ in range(dice.randint(0, most)))

    def when() -> str | None:
        return pick([None, "", time_text(NOW - timedelta(hours=dice.randint(0, 240), seconds=pick([0, 0, 1])))])

    def one(n: int) -> tuple[Run, KnownFacts]:
        counts = "attempt steps items items_failed events logs warnings errors checkpoints messages approvals artifacts"
        known = KnownFacts(
            steps=names(),
            step_errors=names(),
            models=names(),
            agents=names(),
            calls=tuple(Call(when() or "", pick(NAMES), pick(NAMES)) for _ in range(dice.randint(0, 2))),
            notes=names(),
            metrics={name: (pick([0.0, 0.5, -2.25]), 1.0) for name in names()},
        )
        run = Run(
            id=f"01jd2k{n:020}",
            workflow=pick(NAMES[:-1]),
            version=pick([None, 0, 1, 2]),
            status=pick(RUN_STATUSES),
            started=when(),
            finished=pick([None, when()]),
            last_event=when(),
            tokens=Tokens(input=dice.randint(0, 2), output=dice.randint(0, 1)),
            money=Money(
                recorded_nanousd=pick([0, 250_000_000, 500_000_000]),
                computed_nanousd=pick([0, 250_000_000]),
                **{name: dice.randint(0, 1) for name in ("recorded", "computed", "unknown")},
            ),
            size_bytes=pick([None, 0, 1000, 2048]),
            tags=tuple({*names()} - {""}),
            notes=len(known.notes),
            meta={name: pick(["x", *NAMES, 1, 1.5, -2.25, True, False, None, [1], {"a": 1}]) for name in names(4)},
            **{name: pick(NAMES) for name in ("name", "objective", "plan_id", "error", "source", "source_id")},
            **{name: pick([None, *NAMES]) for name in ("parent", "session", "project")},
            **{name: dice.randint(0, 2) for name in counts.split()},
            **{name: bool(dice.randint(0, 1)) for name in ("pinned", "archived", "damaged")},
        )
        return run, known

    return [one(n) for n in range(count)]


PLAIN = [*NAMES, "tri*", "*", "a*b", "a?*", "[*", "A?B", "1", "1.5", "-2.25", "true", "false", "null", "X"]
ASKED = {
    "status": [*RUN_STATUSES, *STATUS_SETS],
    "price": KEYS["price"].values,
    "has": HAVING,
    "count": ["0", "1", "2", "1.5"],
    "size": ["0", "1kB", "2KiB"],
    "money": ["0", "0.25", "0.5", "$0.75"],
    "took": ["0", "1h", "2d", "1d12h", "9w"],
    "time": [*TIMES, "0s", "24h", "2026-11-20T12:00Z"],
    "number": ["0", "0.5", "-2.25", "1"],
    "id": ["01", "000", "3", "01J", "TRI", *NAMES],
}


@pytest.mark.parametrize("key", [key for key in KEYS.values() if key.kind != "log"], ids=lambda key: key.name)
def test_each_key_means_the_same_in_sql_and_python(engine, key):
    found = some_runs(120)
    values = [f'"{value}"' for value in ASKED.get(key.name, ASKED.get(key.kind, PLAIN))]
    dotted = [f'."{name}"' for name in ("triage", "ana", "%")] if key.name in ("meta", "metric") else [""]
    if key.kind == "call":
        dotted, values = [f".{fact}" for fact in CALL_FACTS], [*values, *ASKED["time"], '""']
    signs = (":", "=", ">", ">=", "<", "<=", "!=")
    texts = [f"{key.name}{dot}{sign}{value}" for dot in dotted for sign in signs for value in values]
    asked_texts = [key.name] if key.kind == "flag" else texts
    some, all_but_some = 0, 0
    with holding(engine, found) as asked:
        for query in (query for query in map(parse, asked_texts) if not query.message):
            ids = {run.id for run, known in found if query.matches(run, whole(known), NOW)}
            assert asked(query) == ids, str(query)
            assert asked(parse(f"-({query})")) == {run.id for run, _ in found} - ids, f"-({query})"
            some, all_but_some = some + bool(ids), all_but_some + (len(ids) < len(found))
    assert some
    assert all_but_some


RUN = Run(id="01jd2k0000000000000000000a", workflow="triage", name="A[b]*?", meta={'a"b': "x", "n": 5, "$.n": 1})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name:[B]*?", True),
        ("name:a*", False),
        ('meta."a\\"b":x', True),
        ('meta."$.n":1', True),
        ('meta."a\\" OR 1=1 --":x', False),
        ('meta."n\') OR 1=1 --":x', False),
        ('workflow:"\' OR 1=1 --"', False),
        ("%", False),
        ("\"' OR ''='\"", False),
        ("version>99999999999999999999999", False),
        ("-size<99999999999999999TB", True),
        ("took<99999999999999999999w", False),
        ("since:99999999w", False),
        ("id:" + "|".join(["x"] * 199), False),
        (" ".join(["triage"] * 200), True),
        (" | ".join(["nothing"] * 200), False),
        ("id:" + "|".join("x" * n for n in range(1, 190)), False),
        (" ".join(["started:2026"] * 200), False),
        (" | ".join(["-(agent:x took>1d)"] * 100), True),
        ("name:" + "ä" * 1000, False),
        ('"' + "x" * 19_000 + '"', False),
    ],
)
def test_hostile_and_great_queries_are_answered(engine, text, found):
    query = parse(text)
    assert not query.message
    with holding(engine, [(RUN, KnownFacts())]) as asked:
        assert asked(query) == ({RUN.id} if found else set())
        assert query.matches(RUN, now=NOW) is found


@pytest.mark.parametrize("text", ["log:x", "-log:x", "log:x triage"])
def test_what_is_asked_of_log_text_is_left_to_whoever_reads_logs(engine, text):
    with holding(engine, [(RUN, KnownFacts())]) as asked:
        assert asked(parse(text)) == {RUN.id}


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("workflow:triage", "(workflow=?"),
        ("status:failed", "(status=?"),
        ("session:ana", "(session=?"),
        ("project=x", "(project=?"),
        ("since:2d", "(started>?"),
        ("tag:x", "(run=? AND tag=?"),
        ("call.day:2026-11-20", "costs_by_time (t>? AND t<?"),
        ("call.model:gpt-4o", "(model=? AND run=?"),
    ],
)
def test_plain_conditions_are_answered_from_an_index(engine, text, sought):
    statement = select(tables.runs.c.id).where(where(parse(text), NOW))
    compiled = statement.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}"))
    assert "SEARCH" in plan
    assert sought in plan
