"""Any place of a journal that nobody has read is found by a few looks: where its lines one by one lead to."""

import hypothesis.strategies as st
import pytest
from flightlog.backends.journal import reader, seeking
from flightlog.backends.journal.seeking import places_of
from flightlog.core import events as e
from hypothesis import HealthCheck, given, settings

LIKE_A_LINE = '\n{"type":"log","seq":1,"t":"'
SAID = st.sampled_from(["", "m", LIKE_A_LINE, "x" * 90, "é" * 40]) | st.sampled_from(["y" * 900])
ODD = st.sampled_from([b"", b"\0" * 50, b'{"seq":1,"type":"log"}', b"\xff\xfe", b'{"type":"log","seq":1', b"z" * 700])


@st.composite
def journals(draw) -> tuple[bytes, dict[int, int]]:
    """Bytes of lines whose numbers grow, and where each number's line begins; between them what is no event."""
    data, offsets, seq = b"", {}, 0
    for said in draw(st.lists(SAID, max_size=40)):
        if draw(st.integers(0, 9)) == 0:
            data += draw(ODD) + b"\n"
        seq += draw(st.sampled_from([1, 1, 1, 1, 5]))
        offsets[seq] = len(data)
        data += e.encode(e.Logged(seq=seq, t="t", level="INFO", message=said)) + b"\n"
    return data + draw(st.sampled_from([b"", b'{"type":"log","seq":9', b"w" * 600])), offsets


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(journal=journals(), near=st.sampled_from([1, 100, 600]), block=st.sampled_from([64, 1 << 20]))
def test_nothing_of_the_wanted_lies_outside_of_what_is_found(tmp_path, monkeypatch, journal, near, block):
    data, offsets = journal
    path = tmp_path / "journal"
    path.write_bytes(data)
    with monkeypatch.context() as patched:
        patched.setattr(seeking, "_NEAR", near)
        patched.setattr(reader, "_BLOCK", block)
        for seq in (*offsets, 3, 10_000):
            low, above = places_of(path, seq, 0)
            begins = {*offsets.values(), 0}
            assert low in begins
            assert above is None or above in begins
            assert all(low <= at for of, at in offsets.items() if of >= seq)
            assert above is None or all(at < above for of, at in offsets.items() if of <= seq)


def log_of(lines: int) -> bytes:
    logged = (e.Logged(seq=seq, t="t", level="INFO", message="m" * 200) for seq in range(1, lines))
    return b"".join(e.encode(one) + b"\n" for one in logged)


@pytest.mark.parametrize("lines", [2_000, 32_000])
def test_ten_times_the_log_is_a_few_looks_more(tmp_path, monkeypatch, lines):
    path = tmp_path / "journal"
    path.write_bytes(log_of(lines))
    monkeypatch.setattr(seeking, "_NEAR", 1 << 12)
    monkeypatch.setattr(reader, "_BLOCK", 1 << 12)
    looks = []
    heads = seeking.read_heads
    monkeypatch.setattr(seeking, "read_heads", lambda *given: looks.append(given) or heads(*given))
    low, above = places_of(path, lines // 2, 0)
    assert above is not None and 0 < above - low < 1 << 14
    assert len(looks) <= path.stat().st_size.bit_length() - 11


def test_a_line_longer_than_all_others_is_passed_over(tmp_path):
    long = e.encode(e.Logged(seq=20_000, t="t", level="INFO", message="x" * (6 << 20)))
    tail = e.encode(e.Logged(seq=20_001, t="t", level="INFO", message="last"))
    before = log_of(20_000)
    path = tmp_path / "journal"
    path.write_bytes(before + long + b"\n" + tail + b"\n")
    low, above = places_of(path, 20_001, 0)
    assert low <= len(before) + len(long) + 1 and above is None
    low, above = places_of(path, 10, 0)
    assert low == 0 and above is not None and above <= 2 << 20
