"""How the writer of states chooses: what changed a little is told by an earlier value, and is never far away."""

import copy
import os
import random
import signal

import msgspec
import pytest
from flightlog.backends.journal.layout import Layout
from flightlog.backends.journal.recording import JournalRecording
from flightlog.backends.journal.states import States, chain_of, parse
from flightlog.core.events import CheckpointSaved, RunPaused, RunStarted, decode
from flightlog.core.ids import new_ulid
from flightlog.core.recording.value_ladders import MOST_RECORDS, WEIGHT
from hypothesis import given, settings
from hypothesis import strategies as st

encode = msgspec.json.encode


@pytest.fixture
def writer(layout):
    writer = JournalRecording(layout).begin(RunStarted(run=new_ulid(), workflow="w"))
    yield writer
    writer.close()


def message(n: int, size: int = 2000) -> dict:
    choose = random.Random(n)
    words = [f"{choose.getrandbits(24):x}" for _ in range(size // 6)]
    return {"role": "user" if n % 2 else "assistant", "content": " ".join(words)[:size]}


def stored(layout, run) -> tuple[States, int]:
    path = layout.states(run)
    return States(path), path.stat().st_size


def record(layout, run, digest):
    return parse(States(layout.states(run)).record(digest))


def check(layout, run, given: dict[str, bytes]) -> None:
    """Every value comes back, from few records of few bytes."""
    states = States(layout.states(run))
    for digest, body in given.items():
        assert states.value(digest) == body
        lines = chain_of(digest, states.record)
        assert len(lines) <= MOST_RECORDS + 1
        assert sum(map(len, lines)) <= max(WEIGHT * len(body), 4096)


def test_a_list_that_grew_extends(layout, writer):
    messages = [message(n) for n in range(3)]
    digests = [writer.put_value(encode(messages[:n]), key="messages") for n in (2, 3)]
    last = record(layout, writer.run, digests[1])
    assert (last.extends, bytes(last.added)) == (digests[0], encode(messages[2:]))


def test_a_text_that_grew_extends(layout, writer):
    first, second = "ü" * 900, "ü" * 900 + 'and "more"'
    digests = [writer.put_value(encode(text), key="text") for text in (first, second)]
    last = record(layout, writer.run, digests[1])
    assert (last.extends, bytes(last.added)) == (digests[0], b'"and \\"more\\""')


def test_what_looks_grown_and_is_not_is_told_otherwise(layout, writer):
    digits, more = [1] * 600 + [2], [1] * 600 + [23]
    given = {writer.put_value(encode(value), key="k"): encode(value) for value in (digits, more, [*more, 4])}
    check(layout, writer.run, given)


def test_a_change_anywhere_within_is_told_by_edits(layout, writer):
    state = {"plan": [f"{n} " * 20 for n in range(100)], "agents": {"a": {"messages": [message(n) for n in range(20)]}}}
    before = writer.put_value(encode(state), key="state")
    state["agents"]["a"]["messages"].append(message(99))
    state["plan"][7] = "done"
    after = writer.put_value(encode(state), key="state")
    last = record(layout, writer.run, after)
    assert last.extends == before
    assert [len(text) < 2100 for _, _, text in last.edits] == [True, True]
    check(layout, writer.run, {after: encode(state)})


def test_values_of_other_keys_and_small_ones_are_whole(layout, writer):
    body = encode([message(1)])
    writer.put_value(body, key="a")
    other = writer.put_value(body[:-1] + b",1]", key="b")
    writer.put_value(b"[1]", key="c")
    small = writer.put_value(b"[1,2]", key="c")
    for digest in (other, small):
        assert not record(layout, writer.run, digest).extends


def test_a_growing_conversation_costs_a_few_conversations(layout, writer):
    messages, given = [], {}
    for n in range(600):
        messages.append(message(n))
        body = encode(messages)
        given[writer.put_value(body, key="messages")] = body
    assert len(given) == 600
    assert stored(layout, writer.run)[1] < 4 * len(body)
    some = random.Random(3).sample(sorted(given), 60)
    check(layout, writer.run, {digest: given[digest] for digest in some})


def test_a_large_value_of_which_little_changes_costs_what_changed(layout, writer):
    docs, given = [message(n, 500) for n in range(400)], {}
    choose = random.Random(5)
    for n in range(100):
        for place in choose.sample(range(len(docs)), 4):
            docs[place] = message(n * 1000 + place, 500)
        body = encode(docs)
        given[writer.put_value(body, key="docs")] = body
    assert stored(layout, writer.run)[1] < 6 * len(body)
    check(layout, writer.run, given)


def test_a_value_that_did_not_change_costs_no_digest(writer, monkeypatch):
    from flightlog.backends.journal import states_writer

    body = encode([message(1)])
    digest = writer.put_value(body, key="k")
    monkeypatch.setattr(states_writer, "digest_of", None)
    assert writer.put_value(bytes(bytearray(body)), key="k") == digest


def test_a_run_that_is_taken_up_goes_on_extending(layout, writer):
    messages = [message(n) for n in range(30)]
    digests = [writer.put_value(encode(messages[:n]), key="messages") for n in range(1, 30)]
    writer.append(CheckpointSaved(checkpoint=new_ulid(), values={"messages": digests[-1]}))
    writer.append(RunPaused())
    writer.close()
    again = JournalRecording(layout).resume(writer.run)
    digest = again.put_value(encode(messages), key="messages")
    again.close()
    assert record(layout, writer.run, digest).extends == digests[-1]
    check(layout, writer.run, {digest: encode(messages)})


def test_taking_up_again_and_again_never_makes_long_ways(layout, writer):
    messages, given = [message(n) for n in range(5)], {}
    run = writer.run
    for n in range(120):
        messages.append(message(n, 200))
        body = encode(messages)
        digest = writer.put_value(body, key="messages")
        given[digest] = body
        writer.append(CheckpointSaved(checkpoint=new_ulid(), values={"messages": digest}))
        writer.close()
        writer = JournalRecording(layout).resume(run)
    writer.close()
    check(layout, run, given)


def test_memory_is_bounded_and_what_was_forgotten_is_stored_whole(layout, writer, monkeypatch):
    from flightlog.core.recording import value_ladders

    monkeypatch.setattr(value_ladders, "_KEPT", 20_000)
    given = {}
    for n in range(4):
        for key in range(10):
            body = encode([message(key * 100 + m) for m in range(3 + n)])
            given[writer.put_value(body, key=str(key))] = body
    check(layout, writer.run, given)
    assert 0 < writer._states._ladders._size <= 20_000
    writer.close()
    assert writer._states._ladders._size == 0


def test_killed_between_a_value_and_its_event_all_before_it_is_there(layout):
    """A real process writes a value and half of the next one, and is gone before its event."""
    recording = JournalRecording(layout)
    run, messages = new_ulid(), [message(n) for n in range(20)]
    child = os.fork()
    if child == 0:
        writer = recording.begin(RunStarted(run=run, workflow="w"))
        for n in range(10, 19):
            digest = writer.put_value(encode(messages[:n]), key="messages")
            writer.append(CheckpointSaved(checkpoint=new_ulid(), values={"messages": digest}))
        writer.put_value(encode([*messages[:18], "lost"]), key="messages")
        os.write(writer._states._fd, b'{"type":"value","digest":"' + b"a" * 64 + b'","ext')
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    events = [decode(line) for line in layout.journal(run).read_bytes().splitlines()]
    digests = [event.values["messages"] for event in events if isinstance(event, CheckpointSaved)]
    check(layout, run, dict(zip(digests, [encode(messages[:n]) for n in range(10, 19)], strict=True)))
    again = recording.resume(run)
    new = again.put_value(encode(messages), key="messages")
    again.close()
    assert record(layout, run, new).extends == digests[-1]
    check(layout, run, {new: encode(messages), digests[0]: encode(messages[:10])})
    assert b'","ext' in layout.torn(run).read_bytes()


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["grow", "edit", "cut", "shift", "text", "back", "same", "other"]),
        st.integers(0, 2**16),
    ),
    max_size=40,
)


def changed(states: list[dict], what: str, n: int) -> dict:
    state = copy.deepcopy(states[n % len(states)] if what == "back" else states[-1])
    items = state["items"]
    if what == "grow":
        items += [message(n, 300 + n % 500), None, {"é→🙂": n}]
    elif what == "edit" and items:
        items[n % len(items)] = {"n": n, "text": "🙂ü" * (n % 60)}
    elif what == "cut":
        del items[n % (len(items) + 1) :]
    elif what == "shift":
        items[:] = [*items[n % (len(items) + 1) :], message(n, 400)]
    elif what == "text":
        state["text"] += 'ä🙂"\\\n' * (n % 300)
    elif what == "other":
        state["items"] = [n] if n % 2 else [message(n, 900)] * 3
    return state


@settings(max_examples=60, deadline=None)
@given(CHANGES, st.integers(0, 40))
def test_whatever_becomes_of_a_state_it_comes_back_equal(tmp_path_factory, changes, pause):
    layout = Layout(tmp_path_factory.mktemp("data"))
    writer = JournalRecording(layout).begin(RunStarted(run=new_ulid(), workflow="w"))
    states = [{"items": [message(n, 300) for n in range(8)], "text": "begin " * 200}]
    given = {}
    for number, (what, n) in enumerate(changes):
        states.append(changed(states, what, n))
        values = {}
        for key, value in states[-1].items():
            values[key] = writer.put_value(encode(value), key=key)
            given[values[key]] = encode(value)
        writer.append(CheckpointSaved(checkpoint=new_ulid(), values=values))
        if number == pause:
            writer.close()
            writer = JournalRecording(layout).resume(writer.run)
    writer.close()
    if given:
        check(layout, writer.run, given)
