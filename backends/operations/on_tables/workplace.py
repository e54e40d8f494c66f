"""What operations on the runs of one database work with."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ...journal.layout import Layout
from ...sql.bodies import Bodies
from ...sql.database import Database
from ...sql.projector import Projector
from .housekeeping import Housekeeping

if TYPE_CHECKING:
    from ...spool.shipping import Shipping


class Workplace(NamedTuple):
    """Where the runs lie: their tables, their bytes, and the folders beside. All of it is thread-safe."""

    database: Database
    projector: Projector
    bodies: Bodies
    layout: Layout
    shipping: "Shipping"
    keeping: Housekeeping
    held_elsewhere: Callable[[str], str]
    """The machine on which a run is being written; empty if it is this one, or nobody writes it."""
