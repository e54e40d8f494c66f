"""Lines of a transcript that are not what their program writes: whatever stands in a field, it is read or left out."""

import json
import random

import msgspec
import pytest
from flightlog.backends.sources.transcripts.fields import decoded
from flightlog.backends.sources.transcripts.formats import Session
from flightlog.backends.sources.transcripts.store import FORMATS
from flightlog.backends.sources.transcripts.telling import Asked, State, Teller
from flightlog.core import events
from recorded_transcripts import RECORDED, aged, rows_of, told_by

GARBAGE = [
    None,
    "",
    0,
    -1,
    2**63,
    1.5,
    True,
    [],
    {},
    [[]],
    [{}],
    {"type": "text"},
    "x" * 5_000,
    "\x1b[31m\x00\u202e\u2028",
]
TRANSCRIPTS = sorted(RECORDED.rglob("*.jsonl"))


def places(value, at=()):
    """Every place in a value, from its top."""
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*at, key))


def replaced(value, at, by):
    """The value with something else at a place."""
    if not at:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = replaced(value[at[0]], at[1:], by)
    return copy


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem[-12:])
def test_garbage_in_any_field_is_read_or_left_out(path):
    drawn = random.Random(path.name)
    lines = [line for data in path.read_bytes().split(b"\n") if (line := decoded(data))]
    format = next(one for one in FORMATS if one.is_transcript(path))
    known = format.session(path, lines)
    assert known is not None
    for _ in range(60):
        changed = list(lines)
        for number in drawn.sample(range(len(lines)), min(6, len(lines))):
            at = drawn.choice(list(places(lines[number]))[1:])
            changed[number] = replaced(lines[number], at, drawn.choice(GARBAGE))
        session = format.session(path, changed) or known
        teller = Teller(format, session, State(), Asked(lambda call: False, lambda cost, t, extra: None))
        for number, line in enumerate(changed):
            teller.take(number, 1, line)
        for fact in teller.facts:
            assert events.decode(events.encode(fact.event)) == fact.event
        kept = msgspec.json.decode(msgspec.json.encode(teller.state), type=State)
        assert kept == teller.state


def test_a_folder_of_garbage_is_read_to_its_end(claude, index_of):
    drawn = random.Random(7)
    for path in claude.rglob("*.jsonl"):
        lines = [line for data in path.read_bytes().split(b"\n") if (line := decoded(data))]
        for number in drawn.sample(range(len(lines)), len(lines) // 2):
            at = drawn.choice(list(places(lines[number]))[1:])
            lines[number] = replaced(lines[number], at, drawn.choice(GARBAGE))
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
        aged(path, 10_000)
    index = index_of(claude)
    found = told_by(index)
    assert set(found) == set(rows_of(index, "id"))
    assert sum(map(len, found.values())) > 100
    with index.database.read() as connection:
        sql = "SELECT state, runs.status FROM transcripts JOIN runs ON runs.id = transcripts.run"
        ends = [(json.loads(row.state).get("finished"), row.status) for row in connection.exec_driver_sql(sql)]
    assert all(status == (end or "lost") for end, status in ends)
    assert {status for _, status in ends} > {"completed", "lost"}


@pytest.mark.parametrize("thread", ["../../../../etc/passwd", "a\x00b", "", "x" * 5_000])
def test_an_id_that_is_none_names_no_file(tmp_path, thread):
    for format in FORMATS:
        (tmp_path / "sessions").mkdir(exist_ok=True)
        (tmp_path / "thread-writer-locks").mkdir(exist_ok=True)
        session = Session(run="r", workflow="w", agent="a", began="", session=thread, meta={"thread": thread})
        assert not format.attended(tmp_path / "sessions" / "x.jsonl", session).alive


def test_what_a_request_cost_that_is_told_after_the_end_wakes_nobody(claude, index_of):
    path = next(claude.rglob("3e3f9a73*.jsonl"))
    last = [json.loads(line) for line in path.read_bytes().split(b"\n") if b'"assistant"' in line][-1]
    late = last | {"requestId": "req_late", "message": last["message"] | {"id": "msg_late", "content": []}}
    with path.open("ab") as file:
        file.write(json.dumps(late).encode() + b"\n")
    aged(path, 10_000)
    index = index_of(claude)
    assert rows_of(index, "status", "calls_computed")[path.stem] == ("completed", 3)
