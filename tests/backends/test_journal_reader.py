"""Reading journals: the same lines in either direction and any portions, and all that a damaged line still has."""

import tracemalloc

import pytest
from flightlog.backends.journal import reader
from flightlog.backends.journal.reader import (
    Broken,
    LongLine,
    Whole,
    decode_line,
    read_lines,
    read_lines_back,
    read_span,
    torn_tail,
)
from flightlog.core.errors import Corrupt
from flightlog.core.events import Logged, MessageSent, RunStarted, encode, seal
from hypothesis import given, settings
from hypothesis import strategies as st

lines = st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")), max_size=20)
tails = st.binary(max_size=20).map(lambda tail: tail.replace(b"\n", b""))


def event(seq: int, message: str = "hello") -> bytes:
    return encode(Logged(seq=seq, t="2026-11-20T10:02:11.123456Z", level="INFO", message=message))


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks so small that every line crosses some."""
    monkeypatch.setattr(reader, "_BLOCK", 7)
    monkeypatch.setattr(reader, "_BACK", 5)
    monkeypatch.setattr(reader, "_HEAD", 6)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "some.jsonl"


@given(written=lines, tail=tails, longest=st.integers(0, 50))
@settings(max_examples=300)
def test_lines_are_the_same_in_any_blocks_and_either_direction(written, tail, longest, tmp_path_factory):
    path = tmp_path_factory.mktemp("lines") / "f"
    path.write_bytes(b"".join(line + b"\n" for line in written) + tail)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "_BLOCK", 7)
        patch.setattr(reader, "_BACK", 5)
        patch.setattr(reader, "_HEAD", 6)
        forward = list(read_lines(path, longest=longest))
        assert list(reversed(list(read_lines_back(path, longest=longest)))) == forward
        end = sum(len(line) + 1 for line in written)
        assert torn_tail(path) == ((end, tail) if tail else None)
        for place, (offset, _) in enumerate(forward):
            assert list(read_lines(path, offset, longest=longest)) == forward[place:]
            assert list(read_lines_back(path, offset, longest=longest)) == forward[:place][::-1]
    assert len(forward) == len(written)
    place = 0
    for (offset, found), line in zip(forward, written, strict=True):
        assert offset == place
        assert read_span(path, offset, len(line)) == line
        if isinstance(found, LongLine):
            assert len(line) > longest
            assert line.startswith(found.head)
        else:
            assert found == line
            assert len(line) <= longest
        assert len(found) == len(line)
        place += len(line) + 1


def test_only_new_bytes_are_read(file, bytes_read):
    file.write_bytes(b"".join(event(n) + b"\n" for n in range(1000)))
    size = file.stat().st_size
    assert len(list(read_lines(file, size - len(event(999)) - 1))) == 1
    assert sum(bytes_read) == len(event(999)) + 1
    bytes_read.clear()
    last = next(read_lines_back(file))
    assert last[1] == event(999)
    assert sum(bytes_read) < 200_000


def test_a_line_of_100_mb_takes_no_such_memory(file):
    with file.open("wb") as out:
        out.write(event(1) + b"\n")
        for _ in range(100):
            out.write(b"x" * 1_000_000)
        out.write(b"\n" + event(3) + b"\n")
    for read in (read_lines, read_lines_back):
        tracemalloc.start()
        found = sorted(read(file, longest=4 << 20))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 20 << 20
        (_, first), (offset, long), (_, last) = found
        assert (first, last) == (event(1), event(3))
        assert isinstance(long, LongLine)
        assert (len(long), offset) == (100_000_000, len(event(1)) + 1)
        (broken,) = decode_line(long)
        assert "100000000 bytes" in broken.why
        assert broken.length == 100_000_000


def test_a_file_that_ends_too_early_is_damage(file):
    file.write_bytes(b"abc")
    assert read_span(file, 1, 2) == b"bc"
    with pytest.raises(Corrupt, match="ends before"):
        read_span(file, 1, 3)
    with pytest.raises(FileNotFoundError):
        list(read_lines(file.with_name("none")))


def test_a_symlink_is_not_read(file):
    file.symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="symbolic link"):
        list(read_lines(file))


# --- what a line says -------------------------------------------------------------------------------


def whole(parts) -> list[int]:
    return [part.event.seq for part in parts if isinstance(part, Whole)]


def test_a_whole_line_is_one_event():
    (part,) = decode_line(event(5))
    assert (part.offset, part.length, part.event.seq) == (0, len(event(5)), 5)
    assert decode_line(b"") == []
    assert whole(decode_line(event(5) + b"\r")) == [5]
    assert whole(decode_line(event(5).split(b',"crc"')[0] + b"}")) == [5]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"hello", "not an event"),
        (b"[1,2]", "not an event"),
        (event(5).replace(b"hello", b"jello"), "checksum"),
        (b"\0" * 4096, "4096 NUL bytes"),
        (b'{"type":"log","message":"\xff\xfe"}', "not UTF-8"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (seal(b'{"type":"log","seq":"five"}'), "damaged log"),
        (b"[" * 100_000, "not an event"),
        (b'{"type":"log","seq":1,"n":' + b"9" * 5000 + b"}", "damaged log"),
        (seal(b'{"type":"cost","seq":1,"t":"","input_tokens":-4}'), "damaged cost"),
    ],
)
def test_damage_is_named(line, why):
    (part,) = decode_line(line)
    assert isinstance(part, Broken)
    assert why in part.why
    assert (part.offset, part.length, part.newer) == (0, len(line), False)


def test_a_newer_event_is_no_damage():
    (part,) = decode_line(seal(b'{"type":"dream","seq":7,"t":"","about":"sheep"}'))
    assert part.newer
    assert "'dream'" in part.why
    # But one whose checksum is wrong is.
    (part,) = decode_line(seal(b'{"type":"dream","seq":7}').replace(b"7", b"8"))
    assert not part.newer


@given(cut=st.integers(1, 100), first=st.text(), second=st.text())
def test_an_event_glued_to_a_torn_one_is_recovered(cut, first, second):
    torn = event(5, first)[: -min(cut, len(event(5, first)) - 1)]
    line = torn + event(6, second)
    parts = decode_line(line)
    assert whole(parts) == [6]
    assert parts[-1].event.message == second
    assert sum(part.length for part in parts) == len(line)
    assert isinstance(parts[0], Broken)
    assert parts[0].length == len(torn)


@given(st.lists(st.sampled_from(["whole", "torn", "zeros", "noise"]), min_size=1, max_size=6), st.data())
def test_of_any_mixture_each_proved_event_is_recovered_and_every_byte_is_accounted_for(kinds, data):
    line, expected = b"", []
    for seq, kind in enumerate(kinds, 1):
        if kind == "whole":
            line += event(seq, data.draw(st.text(max_size=20)))
            expected.append(seq)
        elif kind == "torn":
            line += event(seq)[: data.draw(st.integers(1, len(event(seq)) - 1))]
        elif kind == "zeros":
            line += b"\0" * data.draw(st.integers(1, 50))
        else:
            line += data.draw(st.binary(min_size=1, max_size=30)).replace(b"\n", b"")
    parts = decode_line(line)
    assert whole(parts) == expected
    place = 0
    for part in parts:
        assert part.offset == place
        place += part.length
    assert place == len(line)


def test_an_event_quoted_inside_another_is_not_taken_for_one():
    quoted = MessageSent(seq=9, t="", sender="a", content={"type": "log", "seq": 3, "crc": "00000000"})
    assert whole(decode_line(encode(quoted))) == [9]
    inner = event(3).decode()
    outer = encode(RunStarted(seq=1, t="", run="r", workflow="w", objective=inner))
    assert whole(decode_line(outer)) == [1]
    assert whole(decode_line(outer[:-20])) == []


def test_a_line_made_to_be_slow_is_not():
    start, end = b'{"type":"log","seq":1', b',"crc":"00000000"}'
    assert not whole(decode_line(start * 50_000 + end * 50_000))
