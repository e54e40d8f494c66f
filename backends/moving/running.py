"""Which runs of a store are being written: those that a move has to wait for."""

from sqlalchemy import select

from ...core.runs import FINISHED
from ..journal import lock
from ..sql import tables
from .ends import End

_ALIVE = {"pending", "running", "waiting"}


def running(end: End) -> list[str]:
    """Ids of the runs whose writer lives, as far as can be told: on this machine by its lock, elsewhere by silence."""
    end.truth.refresh()
    runs, layout = tables.runs.c, end.truth.layout
    unfinished = select(runs.id, runs.status).where(runs.recorded.not_in(sorted(FINISHED))).order_by(runs.id)
    with end.truth.database.read() as connection:
        found = connection.execute(unfinished).all()
    return [run for run, status in found if _is_held(end, run, status, spooled=layout.spooled)]


def _is_held(end: End, run: str, status: str, *, spooled: bool) -> bool:
    path = end.truth.layout.journal(run)
    if not path.exists():
        return status in _ALIVE  # on a server, of another machine or user
    # In a folder that several machines share, a free lock alone is no proof.
    return lock.is_held(path) or (not spooled and status in _ALIVE)
