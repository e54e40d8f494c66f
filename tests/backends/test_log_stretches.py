"""Long logs are counted by the hundred: what comes of a journal is what each of its lines says, however hostile."""

import hypothesis.strategies as st
import pytest
from flightlog.backends.ingest import batch
from flightlog.backends.ingest.batch import Batch, Position
from flightlog.backends.sql.applying import apply
from flightlog.backends.sql.run_state import RunState
from flightlog.core import events as e
from hypothesis import HealthCheck, given, settings

RUN = "01m7q5cqg0fbcb54955hdwhy7c"
LIKE_KEYS = '","level":"ERROR","seq":9,"crc":"00000000"}\n{"type":"log","seq":1,'
SAID = st.sampled_from(["m", LIKE_KEYS, 'quoted \\" twice \\\\', "é\u2028😀", "\u0000", "", "x" * 400])
TIME = st.sampled_from(["", "2026-11-20T10:00:00.000001Z", "2026-11-20T09:00:00.000000Z"])
INNER = st.sampled_from([{}, {"level": "ERROR", "step": "s"}, {"a": {"b": [LIKE_KEYS]}}])
LOGGED = st.builds(
    e.Logged, t=TIME, level=st.sampled_from(e.LEVELS), message=SAID, step=st.sampled_from([None, "s"]), details=INNER
)
OTHER = st.sampled_from([e.StepStarted(step="s", name="s"), e.CostRecorded(step="s"), e.RunFinished(status="failed")])


def turned(line: bytes) -> bytes:
    """The same members, the first one at the end, without a checksum."""
    head, _, rest = line[:-18].partition(b",")
    return b"{" + rest + b"," + head[1:] + b"}"


SPOIL = {
    "torn": lambda line: line[: len(line) // 2],
    "glued": lambda line: line + line,
    "crlf": lambda line: line + b"\r",
    "not utf-8": lambda line: e.seal(line[:-18] + b',"kind":"\xff"}'),
    "no number": lambda line: e.seal(line[:-18] + b',"details":{"n":1e999}}'),
    "twice": lambda line: e.seal(line[:-18] + b',"level":"DEBUG"}'),
    "turned": turned,
    "unsealed": lambda line: line[:-18] + b"}",
    "wrong": lambda line: line.replace(b'"level":"INFO"', b'"level":"LOUD"', 1),
    "empty": lambda _: b"",
}
"""Lines as nobody should write them, but somebody does: some of them with a checksum that fits."""


@st.composite
def journals(draw) -> bytes:
    """Log entries and few other events, some of them spoilt, missing, or there twice; the last line perhaps torn."""
    lines, seq = [e.encode(e.RunStarted(seq=1, t="2026-11-20T08:00:00.000000Z", run=RUN, workflow="w"))], 1
    for event in draw(st.lists(st.one_of(*[LOGGED] * 8, OTHER), max_size=40)):
        seq += draw(st.sampled_from((1,) * 30 + (0, 2)))
        event.seq = seq
        spoil = SPOIL.get(draw(st.sampled_from(("",) * 30 + tuple(SPOIL))), bytes)
        lines.append(spoil(e.encode(event)))
    return b"\n".join(lines) + draw(st.sampled_from([b"\n", b"", b'\n{"type":"log","seq":']))


def come_to(path, budget: int) -> tuple:
    """All that is derived of a journal, in as many readings as the budget makes of it, and how much was held."""
    state, at, more, found, held = RunState(RUN, None, None, {}), Position(), True, [], 0
    while more:
        reading = Batch(RUN, "name", at, keep=False)
        reading.read_events(path, path.stat().st_size, budget)
        apply(state, reading.recorded)
        state.settle()
        held += len(reading.recorded)
        found += [*reading.marks, *reading.damage, reading.gap]
        at, more = Position(reading.offset, 0, reading.last_seq), reading.more
    return (state.row, dict(state.touched), found, at), held


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=journals(), budget=st.sampled_from([1 << 20, 700]))
def test_as_line_by_line(tmp_path, monkeypatch, data, budget):
    path = tmp_path / "journal"
    path.write_bytes(data)
    with monkeypatch.context() as patched:
        patched.setattr(batch, "_STRETCH", 4)
        patched.setattr(batch, "_AT_ONCE", 900)
        in_stretches, _ = come_to(path, budget)
        patched.setattr(Batch, "_read_plain", lambda *_: False)
        by_line, _ = come_to(path, budget)
    assert in_stretches == by_line


@pytest.mark.parametrize("every", [7, 10_000])
def test_what_is_held_of_a_long_log_is_what_is_counted(tmp_path, every):
    lines = [e.encode(e.RunStarted(seq=1, t="t", run=RUN, workflow="w"))]
    for seq in range(2, 9000):
        mixed = seq % every == 0
        event = e.CostRecorded(seq=seq, t="t") if mixed else e.Logged(seq=seq, t="t", level="INFO", message="m")
        lines.append(e.encode(event))
    path = tmp_path / "journal"
    path.write_bytes(b"\n".join(lines) + b"\n")
    (row, *_), held = come_to(path, 1 << 22)
    assert (row["events"], row["logs"]) == (8999, 8998 - 8999 // every)
    assert held == 8999 if every == 7 else held < 1100


def test_blocks_end_where_marks_are_due(tmp_path, monkeypatch):
    lines = [e.encode(e.Logged(seq=seq, t="t", level="INFO", message="m" * 500)) for seq in range(1, 7000)]
    path, ends, read = tmp_path / "journal", [], batch.read_span
    path.write_bytes(b"\n".join(lines) + b"\n")
    monkeypatch.setattr(batch, "read_span", lambda *of: ends.append(of[1] + of[2]) or read(*of))
    reading = Batch(RUN, "name", Position(), keep=False)
    reading.read_events(path, path.stat().st_size, 1 << 30)
    assert reading.last_seq == 6999 and len(reading.marks) == len(ends) - 1 == path.stat().st_size // batch.MARK_BYTES
    assert not any(end % batch.MARK_BYTES for end in ends[:-1])
