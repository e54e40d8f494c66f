"""Events and annotations: what is written is read back, and damage is said and never more than that."""

import zlib
from contextlib import suppress
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from flightlog.core import annotations, events
from flightlog.core.annotations import AnyAnnotation
from flightlog.core.errors import Corrupt, NotSupported
from flightlog.core.events import TYPES, AnyEvent, Event
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=6,
)
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: text,
    int: st.integers(0, 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    type(None): st.none(),
    Any: json,
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    if hint in SIMPLE:
        return SIMPLE[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is list:
        return st.lists(values_of(inner[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(values_of(inner[0]), values_of(inner[1]), max_size=3)
    if str(origin) == "typing.Literal":
        return st.sampled_from(inner)
    if origin is Union or type(hint).__name__ == "UnionType":
        return st.one_of(*map(values_of, inner))
    return structs_of(hint)


def structs_of(kind: Any) -> st.SearchStrategy[Any]:
    return st.builds(kind, **{name: values_of(hint) for name, hint in get_type_hints(kind).items()})


every_event = st.one_of([structs_of(kind) for kind in TYPES.values()])
every_type = pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)


def test_the_table_of_types_is_the_union():
    assert set(TYPES.values()) == set(get_args(AnyEvent)) == set(Event.__subclasses__())
    assert len(TYPES) == 19


@every_type
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_event_comes_back_as_it_was(kind, data):
    event = data.draw(structs_of(kind))
    line = events.encode(event)
    assert b"\n" not in line
    again = events.decode(line)
    assert type(again) is kind
    assert again == event
    assert events.encode(again) == line


@settings(max_examples=50)
@given(every_event)
def test_a_line_begins_with_its_type_and_ends_with_its_checksum(event):
    line = events.encode(event)
    found = msgspec.json.decode(line)
    names = [*found]
    assert (names[0], names[-1]) == ("type", "crc")
    head = line[: line.rindex(b',"crc"')]
    assert found["crc"] == f"{zlib.crc32(head):08x}"


@settings(max_examples=200)
@given(every_event, st.data())
def test_damage_is_told_and_nothing_else_is_raised(event, data):
    line = bytearray(events.encode(event))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(line)))
        how = data.draw(st.sampled_from(["flip", "cut", "insert", "truncate", "repeat"]))
        if how == "flip" and at < len(line):
            line[at] ^= 1 << data.draw(st.integers(0, 7))
        elif how == "cut":
            del line[at : at + data.draw(st.integers(1, 8))]
        elif how == "insert":
            line[at:at] = data.draw(st.binary(max_size=8))
        elif how == "truncate":
            del line[at:]
        else:
            line += line[at : at + 20]
    found = None
    with suppress(Corrupt, NotSupported):
        # What passes has a fitting checksum, or has lost it; then it is taken at its word.
        found = events.decode(bytes(line))
        assert isinstance(found, Event)
    try:
        assert events.decode_all([events.encode(event), bytes(line)]) == [event, found]
    except Corrupt:
        assert found is None


def test_among_many_lines_each_checksum_counts():
    sealed = [events.encode(events.Logged(level="INFO", message=text, seq=1)) for text in ("one", "two", "three")]
    unsealed = b'{"type":"log","seq":1,"level":"INFO","message":"two"}'
    assert [event.message for event in events.decode_all([sealed[0], unsealed, sealed[2]])] == ["one", "two", "three"]
    for changed in (sealed[1].replace(b"two", b"owt"), sealed[1][:-3] + b'g"}', sealed[1][:-10] + b'00000000"}'):
        for others in ([sealed[0]], [sealed[0], unsealed], []):
            with pytest.raises(Corrupt, match="checksum"):
                events.decode_all([*others, changed, sealed[2]])
    assert events.decode_all([]) == []


@settings(max_examples=300)
@given(every_event, st.integers(0, 10_000), st.integers(0, 7))
def test_one_flipped_bit_is_always_seen(event, at, bit):
    line = bytearray(events.encode(event))
    # The last member's own name and quotes decide whether there is a checksum at all.
    body = line.rindex(b',"crc"')
    line[at % body] ^= 1 << bit
    with pytest.raises(Corrupt, match="checksum"):
        events.decode(bytes(line))


@given(st.binary(max_size=60))
def test_bytes_that_are_no_event(line):
    with pytest.raises((Corrupt, NotSupported)):
        events.decode(line)


LINES = [
    b"",
    b"{}",
    b"null",
    b"[]",
    b'{"type":5}',
    b'{"type":"log"}',
    b'{"type":"log","level":"LOUD","message":""}',
    b'{"type":"log","level":"INFO","message":"\xff"}',
    b'{"type":"log","level":"INFO","message":"\\ud800"}',
    b'{"type":"cost","input_tokens":-1}',
    b'{"type":"log","seq":-1,"level":"INFO","message":""}',
    b'{"type":"metric","name":"x","value":1e999}',
    b'{"type":"metric","name":"x","value":NaN}',
    b'{"type":"metric","name":"x","value":null}',
    b"[" * 200_000,
    b'{"type":"snapshot","name":"plan","value":' + b"[" * 200_000,
    b'{"type":"snapshot","name":"plan","value":' + b"9" * 100_000 + b"}",
    b'{"type":"log","level":"INFO","message":""}{"type":"log","level":"INFO","message":""}',
]


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_damaged_lines(line):
    with pytest.raises(Corrupt):
        events.decode(line)
    with pytest.raises(Corrupt):
        events.decode(events.seal(line) if line else b"")


def test_a_newer_type_is_told_from_damage():
    line = events.seal(b'{"type":"run.dreamt","seq":4,"t":"","dream":"of sheep"}')
    with pytest.raises(NotSupported, match=r"'run.dreamt' is unknown.*newer Flightlog"):
        events.decode(line)
    with pytest.raises(Corrupt):
        events.decode(line.replace(b"sheep", b"goats"))


def test_newer_fields_of_a_known_type_are_passed_over():
    line = b'{"type":"log","seq":1,"level":"INFO","message":"hi","mood":{"a":[1]}}'
    assert events.decode(line) == events.Logged(seq=1, level="INFO", message="hi")
    assert events.decode(events.seal(line)) == events.decode(line)


def test_a_line_without_checksum_is_taken_at_its_word():
    assert events.decode(b'{"type":"run.paused","reason":"lunch"}') == events.RunPaused(reason="lunch")


def test_a_member_of_data_that_looks_like_the_checksum_does_no_harm():
    event = events.Logged(level="INFO", message='","crc":"00000000"}', details={"crc": "00000000"})
    assert events.decode(events.encode(event)) == event


# --- annotations -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", get_args(AnyAnnotation))
@settings(max_examples=30)
@given(data=st.data())
def test_every_annotation_comes_back_as_it_was(kind, data):
    annotation = data.draw(structs_of(kind))
    line = annotations.encode(annotation)
    assert b"\n" not in line
    assert annotations.decode(line) == annotation


@given(st.one_of(st.binary(max_size=60), st.sampled_from([line for line in LINES if b"log" not in line])))
def test_a_line_that_is_no_annotation(line):
    with pytest.raises(Corrupt, match="not an annotation"):
        annotations.decode(line)
