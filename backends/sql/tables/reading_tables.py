"""How far the originals were read, what was wrong in them, and whose they are."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table

from ..column_types import BigInteger, Boolean, Integer, String, Text, Time
from .shared import derived

damage = Table(
    "damage",
    derived,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", String, index=True),
    Column("place", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("offset", BigInteger),
    Column("length", BigInteger),
    Column("raw", Text, nullable=False, default=""),
)

removed = Table(
    "removed",
    derived,
    Column("run", String, primary_key=True),
    Column("revision", BigInteger, nullable=False, index=True),
)

# --- how far the originals were read -----------------------------------------------------------------

journals = Table(
    "journals",
    derived,
    Column("run", String, primary_key=True),
    Column("path", String, nullable=False),  # relative to the data directory
    Column("inode", BigInteger, nullable=False, default=0),
    Column("size", BigInteger, nullable=False, default=0),
    Column("mtime_ns", BigInteger, nullable=False, default=0),
    Column("offset", BigInteger, nullable=False, default=0),  # bytes read: always at a line's end
    Column("states_offset", BigInteger, nullable=False, default=0),
    Column("open", Boolean, nullable=False, default=True),  # more may come
)
Index("journals_open", journals.c.open, journals.c.run)

marks = Table(
    "marks",
    derived,
    # One entry per about 1 MiB of a journal: an event is found by reading on from the mark before it.
    Column("run", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    PrimaryKeyConstraint("run", "seq"),
)

folders = Table(
    "folders",
    derived,
    Column("path", String, primary_key=True),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("others", BigInteger, nullable=False, default=0, server_default="0"),  # bytes in it that are no run's
)

# --- whose journals they are, in a database that machines share -----------------------------------------

spools = Table(
    "spools",
    derived,
    Column("spool", String, primary_key=True),
    Column("host", String, nullable=False),
    Column("beat", Time, nullable=False),  # when one of its agents last said that it lives, by the server's clock
)

spooled = Table(
    "spooled",
    derived,
    Column("run", String, primary_key=True),
    Column("spool", String, nullable=False, index=True),
)
