"""The archive of a run as a format: the same bytes back, any range a frame away, and no damage that goes unseen."""

import hashlib
import os
import random
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from crafted_archives import CRAFTED, bomb, remade
from flightlog.backends.archive.archived_bodies import ArchivedBodies
from flightlog.backends.archive.flz import DIGEST, END, FRAME, MAGIC, MEMBERS, PREAMBLE, RECORD, Facts
from flightlog.backends.archive.flz_numbers import Numbers
from flightlog.backends.archive.flz_reader import Flz
from flightlog.backends.archive.flz_writer import Read, Written, write_flz
from flightlog.backends.journal.event_heads import events_in
from flightlog.backends.journal.layout import Layout
from flightlog.backends.journal.reader import LongLine, read_lines
from flightlog.backends.sql.bodies import Excerpt
from flightlog.core.errors import Conflict, Corrupt, NotFound, NotSupported, StorageError
from flightlog.core.events import seal
from flightlog.core.ids import new_ulid
from hypothesis import given, settings
from hypothesis import strategies as st

RUN = "01k9zzzzzz0000000000000000"


def event(seq: int, text: str = "x") -> bytes:
    return seal(b'{"type":"log","seq":%d,"t":"2026-11-20T10:02:11.123456Z","message":"%b"}' % (seq, text.encode()))


def journal(first: int, last: int, text: str = "x") -> bytes:
    return b"".join(event(seq, text) + b"\n" for seq in range(first, last + 1))


def lines_from(flz: Flz, seq: int) -> Iterator[tuple[int, bytes | LongLine]]:
    """Lines of the journal from one on that is not behind the event of this number."""
    found = flz.member("journal")
    return read_lines(found, found.before(seq))


def given_as(data: bytes, piece: int = 1 << 20) -> Read:
    def read() -> Iterator[bytes]:
        return (data[at : at + piece] for at in range(0, len(data), piece))

    return read


def write(path: Path, *, piece: int = 1 << 20, run: str = RUN, **members: bytes) -> Written:
    return write_flz(path, Facts(run=run, last_seq=3), {name: given_as(data, piece) for name, data in members.items()})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.flz"


LINES = st.lists(
    st.one_of(st.binary(max_size=300), st.integers(1, 3).map(lambda n: b"y" * (n * FRAME // 2))), max_size=8
)


@settings(max_examples=60)
@given(
    lines=LINES,
    states=st.one_of(st.none(), st.binary(max_size=2000)),
    end=st.sampled_from([b"", b"\n"]),
    data=st.data(),
)
def test_all_bytes_come_back_whole_and_in_every_range(
    lines: list[bytes], states: bytes | None, end: bytes, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("flz") / "run.flz"
    members = {"journal": b"\n".join(lines) + end} | ({} if states is None else {"states": states})
    write(path, piece=data.draw(st.sampled_from([1000, FRAME, 3 * FRAME])), **members)
    with Flz.open(path, RUN) as flz:
        flz.verify()
        for name, whole in members.items():
            assert b"".join(flz.chunks(name)) == whole
            begin, length = data.draw(st.integers(0, len(whole) + 5)), data.draw(st.integers(0, len(whole) + 5))
            assert flz.read(name, begin, length) == whole[begin : begin + length]
            assert flz.member(name).size() == len(whole)


def test_it_tells_of_its_run_without_being_unpacked(path: Path) -> None:
    facts = Facts(run=RUN, workflow="triage", version=3, status="failed", last_seq=2, counts={"events": 2})
    members = dict.fromkeys(MEMBERS, given_as(journal(1, 2)))
    written = write_flz(path, facts, members)
    with Flz.open(path) as flz:
        manifest = flz.manifest
        assert (manifest.workflow, manifest.version, manifest.status) == ("triage", 3, "failed")
        assert manifest.counts == {"events": 2} and manifest.format == 1
        assert [member.name for member in manifest.members] == list(MEMBERS)
        assert {member.sha256 for member in manifest.members} == {hashlib.sha256(journal(1, 2)).hexdigest()}
        assert written.sha256 == flz.digest == hashlib.sha256(path.read_bytes()[:-DIGEST]).hexdigest()
        assert written.size == flz.size == path.stat().st_size
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("seq", [1, 2, 7000, 12_000, 19_999, 20_000])
def test_an_event_is_found_by_its_number_within_a_frame(path: Path, seq: int) -> None:
    write(path, journal=journal(1, 20_000, "a message of some length " * 4))
    flz = Flz.open(path)
    assert len(flz._members["journal"]._frames) > 2
    for count, (_, line) in enumerate(lines_from(flz, seq)):
        assert isinstance(line, bytes)
        if line == event(seq, "a message of some length " * 4):
            assert count * len(line) < FRAME
            return
    raise AssertionError(seq)


# What befalls journals: numbers that repeat, jump or go back, lines that are damaged or glued, a line over frames.
PARTS = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.integers(1, 12), st.integers(1, 12)),
        st.tuples(st.just("junk"), st.integers(0, 40), st.just(0)),
        st.tuples(st.just("bent"), st.integers(1, 99), st.just(0)),
        st.tuples(st.just("glued"), st.integers(1, 12), st.integers(1, 12)),
        st.tuples(st.just("long"), st.integers(1, 12), st.integers(1, 3)),
    ),
    max_size=12,
)


Parts = list[tuple[str, int, int]]


def journal_of(parts: Parts, small: int) -> bytes:
    written = b""
    for kind, first, second in parts:
        match kind:
            case "run":
                written += journal(first, first + second)
            case "junk":
                written += b"{" * first + b"\n"
            case "bent":
                written += event(first).replace(b'"x"', b'"y"') + b"\n"
            case "glued":
                written += event(first)[:-9] + event(second) + b"\n"
            case _:
                written += event(first, "z" * small * second) + b"\n"
    return written


@settings(max_examples=60)
@given(parts=PARTS, small=st.integers(60, 600))
def test_numbers_part_the_events_of_any_journal(parts: Parts, small: int) -> None:
    """However damaged: what counts as an event (a number higher than all before it) is where its number is sought."""
    written = journal_of(parts, small)
    numbers, frames = Numbers(), list(frames_of(written, small))
    firsts = [numbers.before(frame) for frame in frames]
    offsets = [sum(map(len, frames[:n])) for n in range(len(frames))]
    at, last = 0, 0
    for line in written.split(b"\n")[:-1]:
        for head, _ in events_in(line):
            if head.seq > last:
                last = head.seq
                found = [offset for offset, first in zip(offsets, firsts, strict=True) if 0 < first <= last]
                assert found and max(found) <= at
                later = [offset for offset, first in zip(offsets, firsts, strict=True) if first > last]
                assert not later or min(later) > at
        at += len(line) + 1


@settings(max_examples=30)
@given(parts=PARTS, data=st.data())
def test_pages_of_any_journal_hold_what_counts_in_it(
    parts: Parts, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, whole, seqs = tmp_path_factory.mktemp("pages"), list[tuple[int, bytes]](), list[int]()
    written = journal_of(parts, 100)
    for line in written.split(b"\n")[:-1]:
        for head, event in events_in(line):
            seqs.append(head.seq)
            if not whole or head.seq > whole[-1][0]:
                whole.append((head.seq, event))
    write(folder / "run.flz", journal=written)
    bodies = ArchivedBodies(lambda run: folder / "run.flz")
    for _ in range(8):
        after, before = data.draw(st.integers(0, 26)), data.draw(st.one_of(st.none(), st.integers(0, 26)))
        fits = [(seq, event) for seq, event in whole if seq > after and (before is None or seq < before)]
        assert bodies.lines(RUN, Excerpt(after=after, before=before, limit=4)) == fits[:4]
        if seqs == sorted(seqs):  # who reads backwards cannot know what went before
            assert bodies.lines(RUN, Excerpt(after=after, before=before, limit=4, newest=True)) == fits[-4:]


def frames_of(data: bytes, size: int) -> Iterator[bytes]:
    while data:
        end = len(data) if len(data) <= size else data.rfind(b"\n", 0, size) + 1 or size
        yield data[:end]
        data = data[end:]


def test_one_flipped_byte_is_found_in_each_of_a_hundred_archives(path: Path) -> None:
    rng, found = random.Random(7), 0
    write(path, journal=journal(1, 400), states=rng.randbytes(5000))
    whole = path.read_bytes()
    places = [*range(0, len(whole), max(1, len(whole) // 100))][:100]
    assert len(places) == 100
    for place in places:
        bent = bytearray(whole)
        bent[place] ^= 1 << rng.randrange(8)
        path.write_bytes(bent)
        with pytest.raises((Corrupt, NotSupported)) as told, Flz.open(path) as flz:
            flz.verify()
        assert str(told.value).count("\n") == 0
        found += 1
    assert found == 100


def test_an_archive_cut_off_anywhere_is_refused(path: Path) -> None:
    write(path, journal=journal(1, 100))
    whole = path.read_bytes()
    for end in {0, 1, 7, 8, 15, 16, 40, len(whole) // 2, len(whole) - 77, len(whole) - 76, len(whole) - 1}:
        path.write_bytes(whole[:end])
        with pytest.raises(Corrupt):
            Flz.open(path)


@pytest.mark.parametrize("change", CRAFTED, ids=lambda change: str(change)[:60])
def test_a_crafted_archive_is_refused_and_touches_nothing(path: Path, change: dict[str, object]) -> None:
    write(path, journal=b"12345")
    path.write_bytes(remade(path.read_bytes(), change=change))
    with pytest.raises(Corrupt) as told:
        Flz.open(path)
    assert len(str(told.value)) < 500
    assert os.listdir(path.parent) == [path.name]


def test_what_is_remade_without_a_change_is_read(path: Path) -> None:
    write(path, journal=b"12345")
    path.write_bytes(remade(path.read_bytes(), change={"unknown": {"of": "a later release"}}))
    with Flz.open(path) as flz:
        flz.verify()
        assert flz.read("journal", 1, 3) == b"234"


@pytest.mark.parametrize(
    "record",
    [(0, 0, 0, 10, 5), (1 << 40, 0, 0, 10, 5), (100, 7, 0, 10, 5), (100, 0, 0, 1 << 31, 5), (100, 0, 0, 10, 1 << 31)],
)
def test_an_index_that_leads_elsewhere_is_refused(path: Path, record: tuple[int, ...]) -> None:
    write(path, journal=b"12345")
    path.write_bytes(remade(path.read_bytes(), index=RECORD.pack(*record)))
    with pytest.raises(Corrupt):
        Flz.open(path)


def test_a_newer_format_is_left_to_a_newer_program(path: Path) -> None:
    write(path, journal=b"12345")
    path.write_bytes(remade(path.read_bytes(), form=2))
    with pytest.raises(NotSupported, match="format 2"):
        Flz.open(path)


@pytest.mark.parametrize("told", [5, 1 << 20, 1 << 30])
def test_a_bomb_is_not_unpacked(path: Path, told: int) -> None:
    """A frame of 30 kB that would be a GB, whatever the index says of it."""
    write(path, journal=b"12345")
    path.write_bytes(bomb(path.read_bytes(), told))
    began = time.process_time()
    with pytest.raises(Corrupt), Flz.open(path) as flz:
        flz.read("journal", 0, 1)
    assert time.process_time() - began < 2


ODD = (b"-1", b"9" * 20, b"null", b"[[[[", b'"\\ud800"', b"1e400")


def mutated(whole: bytes, rng: random.Random) -> bytes:
    """What somebody makes of an archive who keeps all digests right, but for that of a member."""
    length = PREAMBLE.unpack_from(whole)[2]
    index_at, count, _, _ = END.unpack(whole[-END.size :])
    begin = PREAMBLE.size + length
    parts = [bytearray(whole[PREAMBLE.size : begin]), bytearray(whole[begin:index_at])]
    parts.append(bytearray(whole[index_at : index_at + count * RECORD.size]))
    target = rng.choice(parts)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(target))
        match rng.randrange(3):
            case 0:
                target[at] = rng.randrange(256)
            case 1:
                target[at : at + rng.randrange(1, 20)] = b""
            case _:
                target[at:at] = rng.choice(
                    (b"-1", b"9" * 20, b"null", b"[[[[", b'"\\ud800"', b"1e400", rng.randbytes(5))
                )
    manifest, frames, index = map(bytes, parts)
    head = PREAMBLE.pack(MAGIC, 1, len(manifest) if rng.random() < 0.9 else rng.randrange(1 << 32)) + manifest
    told = len(head) + len(frames) if rng.random() < 0.9 else rng.randrange(1 << 63)
    end = struct.pack("<QI", told, len(index) // RECORD.size if rng.random() < 0.9 else rng.randrange(1 << 32))
    out = head + frames + index + end + hashlib.sha256(head + index + end).digest()
    return out + hashlib.sha256(out).digest()


@pytest.mark.parametrize("number", [200, pytest.param(5000, marks=pytest.mark.heavy)])
def test_whatever_is_made_of_an_archive_is_read_or_refused_in_one_sentence(path: Path, number: int) -> None:
    rng, refused = random.Random(5), list[str]()
    write(path, journal=journal(1, 300), states=b"x" * 3000)
    whole = path.read_bytes()
    for _ in range(number):
        path.write_bytes(mutated(whole, rng))
        try:
            with Flz.open(path) as flz:
                flz.verify()
                list(lines_from(flz, 5))
        except StorageError as error:
            refused.append(str(error))
    assert len(refused) > number * 0.9
    assert [told for told in refused if "\n" in told or len(told) > 500] == []


def test_only_a_file_of_its_own_is_opened(path: Path, tmp_path: Path) -> None:
    write(tmp_path / "other.flz", journal=b"12345")
    path.symlink_to(tmp_path / "other.flz")
    with pytest.raises(StorageError, match="symlink"):
        Flz.open(path)
    path.unlink()
    with pytest.raises(NotFound):
        Flz.open(path)
    path.mkdir()
    with pytest.raises(StorageError):
        Flz.open(path)
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(Corrupt):
        Flz.open(path)


def test_the_archive_of_another_run_is_not_taken_for_this_one(path: Path) -> None:
    write(path, journal=b"12345")
    with pytest.raises(Corrupt, match=RUN):
        Flz.open(path, new_ulid())


def test_what_changes_while_it_is_archived_is_not_archived(path: Path) -> None:
    readings = iter([b"1\n2\n", b"1\n3\n"])
    with pytest.raises(Conflict, match="changed while"):
        write_flz(path, Facts(run=RUN), {"journal": lambda: iter([next(readings)])})
    assert not path.exists()


def test_an_archive_is_never_written_over(path: Path) -> None:
    path.write_bytes(b"a good one")
    with pytest.raises(Conflict):
        write(path, journal=b"12345")
    assert path.read_bytes() == b"a good one"


@pytest.mark.parametrize("names", [["journal", "../x"], ["states"], []])
def test_nothing_but_the_members_of_a_run_is_archived(path: Path, names: list[str]) -> None:
    with pytest.raises(StorageError):
        write(path, **dict.fromkeys(names, b"1"))
    assert not path.exists()


def test_it_is_written_to_a_descriptor_too(path: Path) -> None:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    write_flz(fd, Facts(run=RUN), {"journal": given_as(b"12345")})
    os.close(fd)
    with Flz.open(path) as flz:
        assert flz.read("journal", 0, 9) == b"12345"


def test_members_are_read_from_many_threads_at_once(path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    whole = journal(1, 60_000, "some text")
    write(path, journal=whole)
    with Flz.open(path) as flz, ThreadPoolExecutor(8) as pool:
        places = [random.Random(n).randrange(len(whole)) for n in range(400)]
        for place, data in zip(places, pool.map(lambda at: flz.read("journal", at, 5000), places), strict=True):
            assert data == whole[place : place + 5000]


def test_a_path_is_a_function_of_a_checked_id() -> None:
    layout = Layout(Path("/data"))
    assert layout.archived("01kfzz0000000000000000aaaa") == Path("/data/archive/2026-01/01kfzz0000000000000000aaaa.flz")
    for bad in ("..", "../x", "", "01KFZZ0000000000000000AAAA", "x" * 26):
        with pytest.raises(StorageError):
            layout.archived(bad)
