"""Facts: the addresses of events in somebody else's database, and what little is kept with them."""

from typing import NamedTuple

import msgspec


class Note(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a fact keeps itself: names and prices, never content."""

    name: str = ""
    step: str | None = None
    kind: str = ""
    parent: str | None = None
    after: list[str] = []
    status: str = ""
    text: str = ""
    channel: str = ""
    cost: int = 0
    """Number of the event that a price is of."""
    nanousd: int = 0


class Fact(NamedTuple):
    """Address of one event. `rank` orders what happened at one time: ends, snapshots, beginnings."""

    kind: str
    key: str
    t: str
    rank: int
    ns: str = ""
    checkpoint: str = ""
    task: str = ""
    idx: int = 0
    part: int = 0
    note: Note = Note()


class Trouble(NamedTuple):
    """A value that could not be read."""

    where: str
    what: str
