"""The events and values of an archive as the tables of a database have them."""

from collections.abc import Iterator

from sqlalchemy import Connection

from ...core.errors import Corrupt, NotSupported
from ...core.events import LEVELS, Logged, decode
from ...core.progress import gone
from ..archive.flz_reader import Flz
from ..journal.event_heads import head_of
from ..journal.reader import LongLine, read_lines
from ..journal.states import States
from ..sql.bodies import StoredEvent, store_events, store_values

_AT_ONCE = 1000


def put_back(connection: Connection, run: str, archive: Flz) -> None:
    """Stores the events and values of an archive in the tables of a database, some at a time. Corrupt."""
    events: list[StoredEvent] = []
    for event in stored_events(archive):
        events.append(event)
        gone(len(event.line) + 1)
        if len(events) == _AT_ONCE:
            store_events(connection, run, events)
            events = []
    store_events(connection, run, events)
    if archive.manifest.member("states"):
        states = States(archive.member("states"))
        digests = list(states.refresh())
        for begin in range(0, len(digests), _AT_ONCE):
            some = digests[begin : begin + _AT_ONCE]
            store_values(connection, run, ((digest, states.record(digest)) for digest in some))


def stored_events(archive: Flz) -> Iterator[StoredEvent]:
    """The events of an archive as rows of a database, in their order. Corrupt."""
    for offset, line in read_lines(archive.member("journal")):
        whole = archive.read("journal", offset, len(line)) if isinstance(line, LongLine) else line
        yield _event(whole, archive)


def _event(line: bytes, archive: Flz) -> StoredEvent:
    try:
        event = decode(line)
    except (Corrupt, NotSupported):  # whole, but only a newer Flightlog knows what it says
        head = head_of(line)
        if head is None:
            raise Corrupt("a line of the journal is no event", where=archive.manifest.run) from None
        return StoredEvent(head.seq, head.type, 0, line)
    level = LEVELS.index(event.level) + 1 if isinstance(event, Logged) else 0
    return StoredEvent(event.seq, str(event.__struct_config__.tag), level, line)
