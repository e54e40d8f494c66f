"""Checkpoint values: once each, byte for byte, whole or by what they extend, and damage is found."""

import hashlib
import json
import os

import msgspec
import pytest
from flightlog.backends.journal.recording import JournalRecording
from flightlog.backends.journal.states import (
    Dropped,
    States,
    digest_of,
    dropped_record,
    edited_record,
    extending_record,
    head_of_record,
    header,
    opaque_record,
    parse,
    resolve,
    whole_record,
)
from flightlog.core.errors import Corrupt, NotFound, NotSupported, StorageError
from flightlog.core.events import RunStarted, seal
from flightlog.core.ids import new_ulid
from hypothesis import given
from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.fixture
def writer(layout):
    writer = JournalRecording(layout).begin(RunStarted(run=new_ulid(), workflow="w"))
    yield writer
    writer.close()


def test_values_come_back_byte_for_byte_and_lie_there_once(layout, writer):
    values = [b"1", b'"text"', b"{}", '{"é":[1,{"b":null}]}'.encode(), b"[" + b"1," * 200_000 + b"1]"]
    path = layout.states(writer.run)
    assert not path.exists()
    for value in values * 2:
        assert writer.put_value(value) == hashlib.sha256(value).hexdigest()
    assert writer.put_value(b"\x80\x04\n\0\xff", opaque=True) == digest_of(b"\x80\x04\n\0\xff")
    states = States(path)
    assert [states.value(digest_of(value)) for value in values] == values
    assert states.value(digest_of(b"\x80\x04\n\0\xff")) == b"\x80\x04\n\0\xff"
    assert {place.kind for place in states.refresh().values()} == {"value", "opaque"}
    lines = path.read_bytes().splitlines()
    assert lines[0] == header(writer.run)
    assert json.loads(lines[0])["format"] == 1
    assert len(lines) == 1 + len(values) + 1
    for line in lines:
        json.loads(line)


def test_a_reader_reads_only_what_is_new(layout, writer, bytes_read):
    writer.put_value(b"[" + b"1," * 500_000 + b"1]")
    states = States(layout.states(writer.run))
    states.refresh()
    bytes_read.clear()
    digest = writer.put_value(b'{"new":1}')
    assert states.value(digest) == b'{"new":1}'
    assert sum(bytes_read) < 1000


def test_an_unknown_value_is_not_found(layout, writer):
    with pytest.raises(NotFound):
        States(layout.states(writer.run)).value("0" * 64)
    writer.put_value(b"1")
    with pytest.raises(NotFound):
        States(layout.states(writer.run)).value("0" * 64)


def chain(values: list[bytes], added: list[bytes]) -> dict[str, bytes]:
    """Records of values of which each extends the one before."""
    records = {digest_of(values[0]): whole_record(digest_of(values[0]), values[0])}
    for base, value, more in zip(values, values[1:], added, strict=False):
        records.setdefault(digest_of(value), extending_record(digest_of(value), digest_of(base), more))
    return records


@given(st.lists(st.lists(st.integers() | texts | st.none(), max_size=3), min_size=1, max_size=8))
def test_a_list_that_grew_is_what_it_began_with_and_what_was_added(portions):
    wholes, so_far = [], []
    for portion in portions:
        so_far = so_far + portion
        wholes.append(msgspec.json.encode(so_far))
    records = chain(wholes, [msgspec.json.encode(portion) for portion in portions[1:]])
    for value in wholes:
        assert resolve(digest_of(value), records.__getitem__) == value


@given(st.lists(texts, min_size=1, max_size=8))
def test_a_text_that_grew_is_what_it_began_with_and_what_was_added(portions):
    wholes = [msgspec.json.encode("".join(portions[: n + 1])) for n in range(len(portions))]
    records = chain(wholes, [msgspec.json.encode(portion) for portion in portions[1:]])
    for value in wholes:
        assert resolve(digest_of(value), records.__getitem__) == value


def test_a_chain_of_thousands_is_followed_without_a_stack():
    wholes = [msgspec.json.encode(list(range(n))) for n in range(3000)]
    records = chain(wholes, [b"[%d]" % n for n in range(3000)])
    assert resolve(digest_of(wholes[-1]), records.__getitem__) == wholes[-1]


def test_a_chain_in_a_circle_and_a_false_value_are_corrupt():
    a, b = "a" * 64, "b" * 64
    circle = {a: extending_record(a, b, b"[1]"), b: extending_record(b, a, b"[1]")}
    with pytest.raises(Corrupt, match="extends itself"):
        resolve(a, circle.__getitem__)
    with pytest.raises(Corrupt, match="does not have the bytes"):
        resolve(a, {a: whole_record(a, b"1")}.__getitem__)
    with pytest.raises(Corrupt, match="does not have the bytes"):
        resolve(a, {a: opaque_record(a, b"1")}.__getitem__)


@pytest.mark.parametrize(
    "line", [b"", b"{", b"\xff", whole_record("a" * 64, b"1").replace(b":1,", b":2,"), b'{"type":5}', b"[" * 99_999]
)
def test_a_damaged_record_is_corrupt(line):
    with pytest.raises(Corrupt):
        parse(line)


def test_edits_that_do_not_fit_are_corrupt():
    base, other = digest_of(b"[1]"), "b" * 64
    for edits in ([(9, 1, "")], [(2, 0, "x"), (1, 0, "y")], [(0, -1, "")], [(1, 1, "2")]):
        records = {base: whole_record(base, b"[1]"), other: edited_record(other, base, edits)}
        with pytest.raises(Corrupt):
            resolve(other, records.__getitem__)


def test_a_dropped_value_says_so():
    a, b = digest_of(b"[1]"), digest_of(b"[1,2]")
    records = {a: dropped_record(a), b: extending_record(b, a, b"[2]")}
    for digest in (a, b):
        with pytest.raises(Dropped, match="was dropped"):
            resolve(digest, records.__getitem__)


def test_a_value_written_by_others_is_read_as_it_stands():
    value, digest = b'{"a": [1, 2]}', digest_of(b'{"a": [1, 2]}')
    line = b'{"type":"value","digest":"%b", "value": %b , "more":1}' % (digest.encode(), value)
    assert resolve(digest, {digest: line}.__getitem__) == value


def test_a_newer_kind_of_record_is_named():
    with pytest.raises(NotSupported, match="'delta'"):
        parse(seal(b'{"type":"delta","digest":"x"}'))
    assert head_of_record(seal(b'{"type":"delta","digest":"x"}')) is None
    assert head_of_record(header("r")) is None


def test_a_torn_value_is_set_aside_and_the_rest_goes_on(layout, writer):
    kept = writer.put_value(b'{"kept":1}')
    writer.close()
    path = layout.states(writer.run)
    path.write_bytes(path.read_bytes() + b'{"type":"value","digest":"torn')
    again = JournalRecording(layout).resume(writer.run)
    before = path.stat().st_size
    assert again.put_value(b'{"kept":1}') == kept
    assert path.stat().st_size < before
    new = again.put_value(b'{"new":1}')
    again.close()
    assert b'"digest":"torn' in layout.torn(writer.run).read_bytes()
    states = States(path)
    assert (states.value(kept), states.value(new)) == (b'{"kept":1}', b'{"new":1}')
    assert len(path.read_bytes().splitlines()) == 3


def test_a_value_that_does_not_fit_on_the_disk_leaves_whole_lines(layout, writer, monkeypatch):
    writer.put_value(b"1")
    path = layout.states(writer.run)
    before = path.read_bytes()
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda fd, data: real(fd, data[:20]))
        with pytest.raises(StorageError, match="only 20 of"):
            writer.put_value(b"[1,2,3]")
    assert path.read_bytes() == before
    digest = writer.put_value(b"[1,2,3]")
    assert States(path).value(digest) == b"[1,2,3]"
