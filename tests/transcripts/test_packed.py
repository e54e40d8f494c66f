"""Rollouts that Codex has packed: the same runs as before, read without unpacking them anywhere."""

import json
import os
from contextlib import closing
from typing import Any, NamedTuple

import pytest
import zstandard
from flightlog.backends.sources.open_source import open_source
from flightlog.backends.sources.transcripts import packed, taking
from flightlog.backends.sources.transcripts.bodies import TranscriptBodies
from flightlog.backends.sql.bodies import Excerpt
from flightlog.core.query.query import EVERYTHING
from recorded_transcripts import LONG_AGO, aged, rows_of, told_by
from rollout_lines import at, said

TWO_TOOLS, PARENT, CHILD = "98bf9956fb3", "c3e126dea4f", "8697b859393"


pytestmark = pytest.mark.usefixtures("always_walking")


def path_of(codex, name):
    (path,) = codex.rglob(f"*{name}.jsonl")
    return path


def pack(path, data=None):
    """Packs a transcript as its program does: one stream, which does not say how long it is, as old as it was."""
    there = path.with_name(f"{path.name}.zst")
    packer = zstandard.ZstdCompressor(level=3).compressobj()
    there.write_bytes(packer.compress(path.read_bytes() if data is None else data) + packer.flush())
    os.utime(there, ns=(path.stat().st_mtime_ns,) * 2)
    path.unlink()
    return there


def pack_all(codex):
    for path in list(codex.rglob("rollout-*.jsonl")):
        pack(path)


def test_packed_transcripts_are_the_same_runs_with_the_same_events(codex, index_of):
    whole, rows = told_by(index_of(codex)), rows_of(index_of(codex), "id", "status", "nanousd", "parent")
    pack_all(codex)
    index = index_of(codex)
    assert told_by(index) == whole
    assert rows_of(index, "id", "status", "nanousd", "parent") == rows
    assert any(row[-1] for row in rows.values())


def test_portions_however_small_and_pages_in_any_order_read_the_same(codex, index_of, monkeypatch):
    whole = told_by(index_of(codex))
    pack_all(codex)
    monkeypatch.setattr(taking, "PORTION", 5_000)
    monkeypatch.setattr(packed, "_BUFFER", 16)
    index = index_of(codex)
    assert told_by(index) == whole
    bodies = TranscriptBodies(index)
    for run, _ in rows_of(index, "id", "events").values():
        lines = bodies.lines(run, Excerpt(limit=1000))
        places = [(run, seq) for seq, _ in lines]
        assert bodies.picked(places[::-1]) == {(run, seq): line for seq, line in lines}
        assert bodies.lines(run, Excerpt(limit=3, newest=True)) == lines[-3:]


class Counting(NamedTuple):
    """Says how many bytes are unpacked."""

    stream: Any
    unpacked: list[int]

    def readinto(self, buffer):
        self.unpacked.append(self.stream.readinto(buffer))
        return self.unpacked[-1]


def test_what_is_packed_is_unpacked_once_however_many_portions_it_is_taken_in_by(codex, index_of, monkeypatch):
    path = path_of(codex, TWO_TOOLS)
    *lines, last = path.read_bytes().splitlines(True)
    words = [json.dumps(at(5, *said("assistant", f"{n} " * 100))).encode() + b"\n" for n in range(300)]
    data = b"".join([*lines, *words, last])
    aged(pack(path, data), LONG_AGO)
    unpacked, real = [], packed._Unpacking._begin

    def counted(self):
        real(self)
        self._stream = Counting(self._stream, unpacked)

    monkeypatch.setattr(packed._Unpacking, "_begin", counted)
    monkeypatch.setattr(taking, "PORTION", len(data) // 20)
    monkeypatch.setattr(packed, "_BUFFER", 4096)
    index = index_of(codex)
    assert rows_of(index, "events")[path.stem][0] > 300
    assert sum(unpacked) < 3 * len(data)  # what it is, what its beginning says, and all that it tells


def test_a_transcript_that_is_packed_and_unpacked_again_goes_on_and_nothing_of_it_is_told_twice(codex, index_of, read):
    index = index_of(codex)
    path = path_of(codex, TWO_TOOLS)
    data, whole, rows = path.read_bytes(), told_by(index), rows_of(index, "id", "events")
    read.clear()
    there = pack(path)
    index.refresh()
    assert (read, told_by(index), rows_of(index, "id", "events")) == ([], whole, rows)
    assert rows_of(index, "size_bytes")[path.stem] == (there.stat().st_size,)

    new = data.split(b"\n")[-2] + b"\n"
    path.write_bytes(data + new)  # while the packed one still lies there
    aged(path, LONG_AGO)
    index.refresh()
    there.unlink()
    index.refresh()
    assert read == [new]
    assert len(told_by(index)) == len(whole)


def test_what_was_packed_is_known_to_who_looks_next(codex, index_of, tmp_path, read):
    pack_all(codex)
    index_of(codex, tmp_path / "index.db")
    read.clear()
    index_of(codex, tmp_path / "index.db")
    assert read == []


def test_a_packed_transcript_that_became_another_is_told_anew(codex, index_of):
    index = index_of(codex)
    path = path_of(codex, TWO_TOOLS)
    pack(path, path_of(codex, PARENT).read_bytes())
    index.refresh()
    assert rows_of(index, "objective")[path.stem] == ("Count the letters with a helper.",)


@pytest.mark.parametrize("place", ["", "sessions/2026/11/22", "one"])
def test_a_folder_of_packed_transcripts_and_a_single_one_are_recognised(codex, place):
    path = path_of(codex, TWO_TOOLS)
    pack_all(codex)
    with closing(open_source(path.with_name(f"{path.name}.zst") if place == "one" else codex / place)) as store:
        runs = store.runs.query(EVERYTHING, limit=100).items
        assert len(runs) == (1 if place == "one" else 10)
        run = next(run for run in runs if run.source_id == path.stem)
        assert store.runs.messages(run.id).items[0].content == "Which mails have no folder yet?"
        with closing(store.feed.watch(lambda: None)) as watch:
            assert watch.problem == ""


@pytest.mark.parametrize("harm", ["garbage", "cut", "empty"])
def test_what_cannot_be_unpacked_is_named_and_takes_nothing_else_along(codex, index_of, harm):
    path = path_of(codex, TWO_TOOLS)
    there = pack(path)
    data = there.read_bytes()
    there.write_bytes({"garbage": b"\0" * 999, "cut": data[:-9], "empty": b""}[harm])
    index = index_of(codex)
    assert len(rows_of(index, "id")) >= 9
    if harm == "garbage":
        assert "packed, and cannot be unpacked" in index.unreadable()[str(path)]
    else:
        assert "its end is missing" in index.unreadable()[str(path)]


@pytest.fixture
def damage_of(codex):
    """What is said of damage: for each run, and by the doctor."""

    def found(index):
        with closing(open_source(codex)) as store:
            told = [finding.what for finding in store.upkeep.check() if finding.severity == "warning"]
        return {id: damaged for id, (damaged,) in rows_of(index, "damaged").items() if damaged}, told

    return found


@pytest.mark.parametrize("healed", ["written on", "written anew", "unpacked"])
def test_a_packed_transcript_that_ends_in_the_middle_is_read_as_far_as_it_goes_and_that_is_said(
    codex, index_of, damage_of, healed
):
    whole, path = told_by(index_of(codex)), path_of(codex, TWO_TOOLS)
    plain = path.read_bytes()
    packer = zstandard.ZstdCompressor(level=3).compressobj()
    cut = packer.compress(plain[: len(plain) // 2]) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    data = cut + packer.compress(plain[len(plain) // 2 :]) + packer.flush()
    there = pack(path)
    there.write_bytes(data[: len(cut) + 20])
    index = index_of(codex)
    some, all_of_it = (
        next(events for id, events in told.items() if path.stem in id) for told in (told_by(index), whole)
    )
    assert 0 < len(some) < len(all_of_it)
    assert damage_of(index) == ({path.stem: 1}, [f"{taking.CUT}: what there is of it is shown"])

    if healed == "written on":
        with there.open("ab") as file:
            file.write(data[len(cut) + 20 : -9])
        index.refresh()
        assert damage_of(index)[0] == {path.stem: 1}  # it still is, and is told once
        with there.open("ab") as file:
            file.write(data[-9:])
    elif healed == "written anew":
        there.with_suffix(".new").write_bytes(data)
        there.with_suffix(".new").replace(there)
    else:
        path.write_bytes(plain)
        there.unlink()
    if healed != "unpacked":
        aged(there, LONG_AGO)
    else:
        aged(path, LONG_AGO)
    index.refresh()
    assert damage_of(index) == ({}, [])
    assert told_by(index) == whole


def test_whether_a_packed_transcript_is_cut_is_known_by_the_heads_of_its_blocks(tmp_path, monkeypatch):
    path, text = tmp_path / "a.jsonl", b"".join(b'{"n": %d}\n' % (n * 7919 % 100_003) for n in range(100_000))
    there = tmp_path / "a.jsonl.zst"
    skipped = (0x184D2A50).to_bytes(4, "little") + (5).to_bytes(4, "little") + b"other"
    with_sum = zstandard.ZstdCompressor(write_checksum=True).compress(text)
    data = with_sum + skipped + zstandard.ZstdCompressor(write_checksum=False).compress(b"x" * 400_000 + b"\n")
    looks = []
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, count, at: looks.append(count) or real(fd, count, at))

    def cut_at(end):
        there.write_bytes(data[:end])
        with packed.opened(str(path)) as file:
            return packed.is_cut(file)

    assert not cut_at(None) and sum(looks) < 200
    begun = (len(with_sum), len(with_sum) + len(skipped), len(data))  # where one frame ends, it is whole
    for end in {0, 1, 3, 7, 20, 1000, *(one + by for one in begun for by in (-5, -4, -1, 0, 1, 4, 9))}:
        if end <= len(data):
            assert cut_at(end) == (end not in begun), end
    there.write_bytes(b"no frame at all, but long enough")
    with packed.opened(str(path)) as file:
        assert not packed.is_cut(file)  # reading it says what it is


def test_what_unpacks_to_one_endless_line_is_not_read_on(codex, index_of, monkeypatch):
    path = path_of(codex, TWO_TOOLS)
    pack(path, b"x" * (64 << 20))
    unpacked = []
    real = packed._Unpacking.readinto
    monkeypatch.setattr(
        packed._Unpacking, "readinto", lambda self, buffer: unpacked.append(n := real(self, buffer)) or n
    )
    monkeypatch.setattr(taking, "_LONGEST", 1 << 20)
    index = index_of(codex)
    assert "a line is longer than" in index.unreadable()[str(path)]
    assert sum(unpacked) < 3 << 20
    assert len(rows_of(index, "id")) == 9


def test_who_wants_more_memory_to_unpack_than_there_may_be_gets_none(codex, index_of):
    path = path_of(codex, TWO_TOOLS)
    data = path.read_bytes()
    wide = zstandard.ZstdCompressionParameters.from_level(3, window_log=30)
    packer = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    pack(path).write_bytes(packer.compress(data) + packer.flush())
    assert "cannot be unpacked" in index_of(codex).unreadable()[str(path)]
