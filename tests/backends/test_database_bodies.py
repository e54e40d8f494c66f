"""The bodies that an SQL store keeps in its own tables."""

import json

import pytest
from flightlog.backends.journal.states import digest_of, extending_record, opaque_record, whole_record
from flightlog.backends.sql.bodies import EventTableBodies, Excerpt, StoredEvent, store_events, store_values
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import Corrupt, NotFound

RUN = "01m3250v008jf0kc2kpfpna4wy"


@pytest.fixture
def database():
    opened = open_database(None, truth=True)
    yield opened
    opened.close()


@pytest.fixture
def bodies(database) -> EventTableBodies:
    levels = {3: 1, 4: 2, 5: 4, 6: 3}
    events = [
        StoredEvent(seq, "log" if seq in levels else "step.started", levels.get(seq, 0), b"line %d" % seq)
        for seq in range(1, 9)
    ]
    with database.write() as connection:
        store_events(connection, RUN, events)
        store_events(connection, RUN, [StoredEvent(3, "log", 4, b"another line")])
        store_events(connection, "other", [StoredEvent(1, "log", 4, b"of another run")])
    return EventTableBodies(database)


def seqs(lines) -> list[int]:
    assert all(line == b"line %d" % seq for seq, line in lines)
    return [seq for seq, _ in lines]


def test_a_line_is_read_as_it_was_first_stored(bodies):
    assert bodies.line(RUN, 3) == b"line 3"
    with pytest.raises(NotFound, match="no event 9"):
        bodies.line(RUN, 9)


def test_lines_are_read_from_either_end(bodies):
    assert seqs(bodies.lines(RUN)) == list(range(1, 9))
    assert seqs(bodies.lines(RUN, Excerpt(after=2, before=6, limit=2))) == [3, 4]
    assert seqs(bodies.lines(RUN, Excerpt(after=2, before=6, limit=2, newest=True))) == [4, 5]
    assert seqs(bodies.lines("nobody")) == []


def test_lines_by_type_and_level(bodies):
    logs = frozenset({"log"})
    assert seqs(bodies.lines(RUN, Excerpt(types=logs))) == [3, 4, 5, 6]
    assert seqs(bodies.lines(RUN, Excerpt(types=logs, level=3))) == [5, 6]
    assert seqs(bodies.lines(RUN, Excerpt(types=logs, level=3, newest=True, limit=1))) == [6]
    assert seqs(bodies.lines(RUN, Excerpt(level=4))) == [1, 2, 5, 7, 8]


def test_values_are_whole_however_they_were_stored(database):
    first, second, third = ([*range(n)] for n in (2, 3, 5))
    raw = [json.dumps(value, separators=(",", ":")).encode() for value in (first, second, third)]
    digests = [digest_of(value) for value in raw]
    blob = b"\x80\x04opaque"
    records = [
        (digests[0], whole_record(digests[0], raw[0])),
        (digests[1], extending_record(digests[1], digests[0], b"[2]")),
        (digests[2], extending_record(digests[2], digests[1], b"[3,4]")),
        (digest_of(blob), opaque_record(digest_of(blob), blob)),
        ("0" * 64, whole_record("0" * 64, b'"not what the digest says"')),
    ]
    with database.write() as connection:
        store_values(connection, RUN, records)
        store_values(connection, RUN, records[:1])
    bodies = EventTableBodies(database)
    assert bodies.values(RUN, digests) == dict(zip(digests, raw, strict=True))
    assert bodies.values(RUN, [digest_of(blob)]) == {digest_of(blob): blob}
    assert bodies.values(RUN, []) == {}
    with pytest.raises(Corrupt):
        bodies.values(RUN, ["0" * 64])
    with pytest.raises(NotFound):
        bodies.values("other", digests)
