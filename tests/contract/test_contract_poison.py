"""Values that one way of keeping things would refuse or change: recorded, shown, carried round all others, shown."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import flightlog
import msgspec
import pytest
from click.testing import CliRunner
from flightlog.core.annotations import Noted, Scored, Tagged
from flightlog.core.query.query import parse
from flightlog.core.store import Store
from flightlog.tui.cli.main import main

TEXTS = (
    "half \ud800 pair \udfff",
    "nul\0 \1\2",
    "\\u0000 \\ud800",
    "e\u0301 é ﬁ ß İ",
    "\x1b]52;c;UFdORUQ=\x07\x9b2J",
    "\u202e\u2066\u200b\ufeff",
    "\U0001f98a\U0010ffff",
    "' \" ` $(x) %s {0} [/] ; --",
    "\r\n\t\v\f\x85\u2028",
    "x" * 20_000,
)
DEEP: Any = [0]
for _ in range(300):
    DEEP = [DEEP]
VALUES: dict[str, Any] = {
    **{"2^63": 2**63, "-2^63-1": -(2**63) - 1, "2^64": 2**64, "10^400": 10**400, "digits": 10**5000},
    **{"nan": float("nan"), "inf": float("inf"), "-inf": -float("inf"), "-0.0": -0.0, "1e308": 1e308, "tiny": 5e-324},
    **{"deep": DEEP, "bytes": b"\xff\x00", "year": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "set": {1}},
    **{"keys": {1: "a", "1": "b", None: "c", "\ud800": "d", "nul\0": "e", "": "f"}, "true": True, "empty": ""},
    **{f"text {number}": text for number, text in enumerate(TEXTS)},
}


def record(store: Store) -> list[str]:
    """A run for each text, in which it stands wherever text may stand; the values in the first."""
    made = []
    for text in TEXTS:
        with store.run("w", name=text, objective=text, tags=[text], meta={text: text, **VALUES}, plan_id=text) as run:
            run.graph({text: [f"{text}2"]})
            with run.step(text, agent=text, kind=text, input=VALUES, meta={text: 1}) as step:
                step.log(text, kind=text, request_id=text, **{"value": VALUES, "text": text})
                step.cost(model=text, provider=text, input_tokens=2**70, output_tokens=-1, nanousd=5)
                step.output = VALUES
            run.checkpoint({text: text, **VALUES}, label=text, opaque={"p" + text: b"\x80\x04\xff"})
            run.checkpoint({text: [text], "nan": float("nan")}, label=text)
            run.message(text, text, {"content": VALUES}, role=text)
            run.artifact("/x/" + text.replace("\0", "") or "x", name=text, media_type=text)
            run.item(2**62, "failed", error=text, input=VALUES)
            for value in (float("nan"), float("inf"), 1e308, 5e-324):
                run.metric(text, value)
            run.snapshot("plan", VALUES)
            run.fail(text)
        store.runs.annotate(Tagged(run=run.id, tag=text + "2", by=text))
        store.runs.annotate(Noted(run=run.id, text=text, by=text))
        store.runs.annotate(Scored(run=run.id, name=text, value=1e308))
        made.append(run.id)
    return made


def whole(store: Store, run: str) -> dict[str, Any]:
    """All that is shown of a run."""
    runs, checkpoints = store.runs, store.checkpoints
    ask = (runs.steps, runs.approvals, runs.artifacts, runs.snapshots, runs.metrics, runs.notes, runs.cost_records)
    taken = checkpoints.list(run)
    return {
        "run": msgspec.structs.replace(runs.get(run), size_bytes=None),
        "lines": runs.events(run),
        **{one.__name__: one(run) for one in ask},
        "items": runs.items(run).items,
        "messages": runs.messages(run).items,
        "logs": store.logs.query(run, limit=1000),
        "checkpoints": taken,
        "states": [checkpoints.state(one.id) for one in taken],
        "stored": [checkpoints.stored(one.id) for one in taken],
        "diff": checkpoints.diff(taken[0].id, taken[1].id),
    }


def call(*words: object) -> str:
    """What a verb prints; that a URL's password can be seen is warned of beside that."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0 and result.exception is None, (words, result.output, result.exception)
    return result.stdout


def check_shown(place: Any, runs: list[str]) -> list[Any]:
    """What the verbs print of them; nothing of it acts on a terminal."""
    found = []
    for run in runs:
        text = call("show", run, "--data", place)
        assert not any(hidden in text for hidden in "\0\1\x07\x1b\x9b\u202e\u200b\ufeff\x85"), run
        found.append({**json.loads(call("show", run, "--json", "--data", place)), "size_bytes": None})
        call("logs", run, "--data", place)
    assert len(call("ls", "--json", "--data", place).splitlines()) == len(runs)
    return found


@pytest.mark.heavy
@pytest.mark.timeout(400)
def test_poison_comes_through_every_engine_unchanged(tmp_path, new_postgres_url):
    """Each engine is backed up into the next, the last one moves within its folder, and everything is as it was."""
    chain: list[Any] = [
        f"file:{tmp_path / 'first'}",
        new_postgres_url(),
        f"sqlite:{tmp_path / 'third' / 'flightlog.db'}",
    ]
    chain += [tmp_path / "fourth", f"file:{tmp_path / 'fifth'}"]
    with flightlog.open(chain[0]) as first:
        runs = record(first)
        expected = {run: whole(first, run) for run in runs}
    shown = check_shown(chain[0], runs)

    def check(place: Any) -> None:
        with flightlog.open(place) as store:
            for run in runs:
                found = whole(store, run)
                for name, fact in expected[run].items():
                    assert found[name] == fact, (place, run, name)
        assert check_shown(place, runs) == shown, place

    for one, other in pairwise(chain):
        call("backup", other, "--data", one)
        call("verify", one, other)
        check(other)
    home = tmp_path / "fifth"
    call("migrate", "--to", "sqlite", "--archive-old", "--data", home)
    assert "sqlite" in (home / "flightlog.yaml").read_text() and (home / "flightlog.db").exists()
    assert not (home / "runs").exists()  # or they could be what is read
    check(home)


def test_no_value_that_is_recorded_fails_what_is_asked_of_other_runs(store):
    for text in TEXTS:
        with store.run("w", name=text, tags=[text], meta={text: text, "k": text}):
            pass
    with store.run("w", name="plain", tags=["plain"], meta={"k": "plain"}) as plain:
        pass
    for query in ("plain", "name:plain", "tag:plain", "meta.k:plain", "meta.k:pl*", "-meta.k:nothing name=plain"):
        assert [run.id for run in store.runs.query(parse(query)).items] == [plain.id], query
    assert store.runs.values("tag", "pl") == ["plain"]
