"""A mixed catalogue of runs, the same in every store it is put into: with values that engines treat differently."""

from random import Random
from typing import Any

import msgspec
from flightlog.core import annotations as a
from flightlog.core import clock, ids
from flightlog.core import events as e
from flightlog.core.query.query import KnownFacts
from flightlog.core.query.query_keys import HAVING, KEYS, STATUS_SETS
from flightlog.core.recording.jsonable import make_plain
from flightlog.core.runs import RUN_STATUSES
from flightlog.core.store import Store
from told import Told, told

BEGINNING = 1_790_000_000 * 10**9
NAMES = (
    "triage",
    "Triage",
    "report",
    "a*b",
    "a?b",
    "[x]",
    "ä",
    "Ä",
    "a\u0308",
    "50%",
    "a_b",
    "v1.2",
    "^",
    "it's",
    "x y",
)
LONG = "x" * 1990
"""Nearly as much of a text as is looked through for words."""
TEXTS = (
    *NAMES,
    *("", "Straße", "STRASSE", "İstanbul", "ςΣσ", "ﬁn", "東京 🦊", "nul\0 \1 end", "half \ud800", "a\\b", 'say "hi"'),
    *("line\nnext", "\x1b[31mred", "\u202eabc", LONG, "-", "NULL", "true", "1.5", "tab\there", "\\u0000\0\0"),
)
TYPED = tuple(text for text in TEXTS if text != LONG and "\0" not in text)
"""Without what no terminal sends: SQLite's GLOB takes a NUL for the end of a text."""
SHORT = tuple(text for text in TEXTS if text != LONG)
NUMBERS: tuple[Any, ...] = (0, 1, -1, 1.5, 2**53, 2**62, 2**64, 10**30, 1e300, -2.25)
VALUES = (*TEXTS, *NUMBERS, True, False, None, [1], {"k": "v"})
WORKFLOWS = ("triage", "report", "a.b", "x-1")

History = tuple[list[Any], list[Any], bool]
"""Events of a run, what others added to it, and whether its writer is left to hold it."""


def histories(rng: Random, runs: int) -> list[History]:
    """The events (times and numbers filled in) of so many runs."""
    now, found, known = BEGINNING, [], []
    for _ in range(runs):
        now += rng.choice((0, 1_000_000, 3_600_000_000_000, 40_000_000_000_000))
        with ids.drawn_from(rng.randbytes):
            run = ids.new_ulid(ms=now // 1_000_000)
        events, notes = _events(rng, run, known), _notes(rng, run)
        known.append(run)
        for seq, event in enumerate(events, 1):
            now += rng.choice((0, 1000, 2_000_000_000))
            event.seq, event.t = seq, clock.from_ns(now)
        for note in notes:
            note.t = clock.from_ns(now)
        found.append((_recorded(events, e.AnyEvent), _recorded(notes, a.AnyAnnotation), rng.random() < 0.5))
    return found


def _recorded(facts: list[Any], kind: Any) -> list[Any]:
    """As they read when they have been recorded."""
    for fact in facts:
        make_plain(fact)
    return list(msgspec.json.decode(msgspec.json.encode(facts), type=list[kind]))


def _events(rng: Random, run: str, known: list[str]) -> list[Any]:
    def text() -> str:
        return rng.choice(TEXTS)

    def some(values: Any) -> Any:
        return rng.choice((None, *values))

    started = e.RunStarted(
        run=run,
        **{"workflow": rng.choice(WORKFLOWS), "version": some((1, 2, 10)), "attempt": rng.choice((1, 1, 2))},
        **{"name": text(), "objective": text(), "plan_id": rng.choice(("", *NAMES))},
        **{"session": some(("ana", "Ben", "x.y")), "project": some(("inbox", "p-1"))},
        parent=rng.choice(known) if known and rng.random() < 0.3 else None,
        tags=[rng.choice(SHORT) for _ in range(rng.randint(0, 2))],
        meta={rng.choice(NAMES): rng.choice(VALUES) for _ in range(rng.randint(0, 3))},
    )
    steps = rng.sample(SHORT, 3)
    makers = (
        lambda n: e.StepStarted(step=f"s{n % 3}", name=steps[n % 3], agent=rng.choice(("", *NAMES))),
        lambda n: e.StepFinished(step=f"s{n % 3}", status="failed", error=e.Fault(type="E", message=text())),
        lambda n: e.Logged(level=rng.choice(e.LEVELS), message=text(), step=f"s{n % 3}"),
        lambda n: e.CostRecorded(
            **{"model": rng.choice(("", *NAMES)), "nanousd": some((0, 5, 500_000_000)), "step": f"s{n % 3}"},
            **{"input_tokens": rng.choice((0, 10, 2**40)), "output_tokens": rng.choice((0, 7))},
        ),
        lambda n: e.CheckpointSaved(checkpoint=f"{run}-{n}", values={}),
        lambda n: e.MessageSent(sender=text(), content=rng.choice(VALUES)),
        lambda n: e.ApprovalRequested(approval=f"a{n % 2}", question=text()),
        lambda n: e.ArtifactMade(name=text(), path="/x", size=some((0, 10**12))),
        lambda n: e.ItemChanged(
            row_number=n, status=rng.choice(("failed", "completed")), error=e.Fault(message=text())
        ),
        lambda n: e.MetricReported(name=rng.choice(NAMES), value=rng.choice((0.0, 0.5, -2.25, 1e300))),
    )
    middle = [rng.choice(makers)(number) for number in range(rng.randint(0, 9))]
    ends = ("completed", "failed", "cancelled")
    fault = e.Fault(type=rng.choice(("", "TimeoutError")), message=text()) if rng.random() < 0.4 else None
    last = rng.choice(
        (*(e.RunFinished(status=status, error=fault) for status in ends), e.RunPaused(reason=text()), None)
    )
    return [started, *middle, *([last] if last else [])]


def _notes(rng: Random, run: str) -> list[Any]:
    makers = (
        lambda: a.Pinned(run=run),
        lambda: a.Tagged(run=run, tag=rng.choice(SHORT)),
        lambda: a.Noted(run=run, text=rng.choice(SHORT)),
        lambda: a.Scored(run=run, name=rng.choice(NAMES), value=0.5),
    )
    return [rng.choice(makers)() for _ in range(rng.randint(0, 3) if rng.random() < 0.5 else 0)]


def put(store: Store, history: list[History]) -> list[Any]:
    """Records it into a store, each event at its own time; returns the writers that hold their runs."""
    held = []
    for events, _, hold in history:
        at = {"ns": 0}
        with clock.pretending(lambda at=at: at["ns"]):
            writer: Any = None
            for event in msgspec.json.decode(msgspec.json.encode(events), type=list[e.AnyEvent]):
                at["ns"] = round(clock.to_seconds(event.t) * 1e6) * 1000
                if writer is None:
                    writer = store.recording.begin(event)
                else:
                    writer.append(event)
            if hold and not isinstance(events[-1], e.RunFinished | e.RunPaused):
                held.append(writer)
            else:
                writer.close()
    for _, notes, _ in history:
        for note in notes:
            store.runs.annotate(note)
    return held


def answers(history: list[History]) -> list[Told]:
    """What is to be read of it."""
    return [
        told(events, notes, held=hold and not isinstance(events[-1], e.RunFinished | e.RunPaused))
        for events, notes, hold in history
    ]


def facts_of(one: Told) -> KnownFacts:
    """What a query may ask of a run beyond the run itself."""
    metrics: dict[str, list[float]] = {}
    for metric in one["metrics"]:
        metrics.setdefault(metric.name, []).append(metric.value)
    return KnownFacts(
        steps=tuple(step.name for step in one["steps"]),
        step_errors=tuple(step.error for step in one["steps"] if step.error),
        models=tuple(call.model for call in one["costs"]),
        agents=(*(step.agent for step in one["steps"]), *(call.agent for call in one["costs"])),
        metrics={name: tuple(values) for name, values in metrics.items()},
        notes=tuple(note.text for note in one["notes"]),
        logs=tuple(entry.message for entry in one["logs"]),
    )


# --- queries ----------------------------------------------------------------------------------------

_AMOUNTS = {
    "count": ("0", "1", "2", "1.5", "10", "2k"),
    "size": ("0", "1kB", "900", "2KiB"),
    "money": ("0", "0.5", "$0.000000005"),
    "took": ("0", "1s", "3h", "1d12h"),
    "number": ("0", "0.5", "-2.25", "1e300", "1"),
    "time": ("2d", "36h", "2026-09", "2026-09-22", "2026-09-25T10Z", "today", "yesterday"),
    "id": ("01", "0", "X", "a"),
    "log": ("strasse", "東京", "red", "tri*", "hi", "nothing"),
}
_CHOICES = {
    "status": (*RUN_STATUSES, *STATUS_SETS),
    "price": ("recorded", "computed", "mixed", "unknown", "none"),
    "has": HAVING,
}


def query_text(rng: Random) -> str:
    """What a person, or a program, might type."""
    return " ".join(_part(rng) for _ in range(rng.choice((1, 1, 2, 2, 3))))


def _part(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.15:
        return f"{_term(rng, logs=False)} | {_term(rng, logs=False)}"
    if kind < 0.25:
        return f"-({_term(rng, logs=False)} {_term(rng, logs=False)})"
    return _term(rng)


def _term(rng: Random, logs: bool = True) -> str:
    minus = rng.choice(("", "", "-"))
    if rng.random() < 0.2:
        return minus + _quoted(rng.choice(TYPED))
    key = rng.choice([key for key in KEYS.values() if logs or key.kind != "log"])
    if key.kind == "flag":
        return minus + key.name
    name = f".{_quoted(rng.choice(NAMES))}" if key.name in ("meta", "metric") else ""
    ordered = key.kind in _AMOUNTS and key.kind not in ("id", "log") and key.name not in ("since", "until")
    sign = rng.choice((":", "=", ">", ">=", "<", "<=") if ordered else (":", "=", "!="))
    values = _CHOICES.get(key.name) or _AMOUNTS.get(key.kind)
    if values is None or (key.name == "meta" and rng.random() < 0.5):
        values = [_quoted(text) for text in TYPED] + [
            "tri*",
            "*",
            "a*",
            "*b",
            "1.5",
            "null",
            "true",
        ]
    if key.name == "meta" and rng.random() < 0.4:
        sign, values = rng.choice((">", "<=", ":")), ["0", "1.5", "9007199254740992", "1e30"]
    several = "|".join(rng.sample(list(values), min(len(values), rng.choice((1, 1, 2)))))
    return f"{minus}{key.name}{name}{sign}{several}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
