"""What is told of a thread between two refreshes of its source's index, and how its turns become events."""

from typing import NamedTuple

from ....core.runs import FINISHED
from ...sql.projector import Recorded
from .facts import Fact, Note, Trouble
from .memory import Known
from .render import Renderer
from .standing import Standing

UNREAD = "messages and tokens"  # what is not known of a run whose values were not read


class Told(NamedTuple):
    """What one reading adds to one thread's index; `anew` replaces what was there."""

    known: Known
    anew: bool
    now: Standing
    facts: list[Fact]
    recorded: list[Recorded]
    troubles: list[Trouble]


def another(known: Known) -> bool:
    """Whether nothing of what was told is there any more: a database that was made anew has a thread of that name."""
    told = {key for kind, key in known.told if kind == "checkpoint"}
    return bool(told) and told.isdisjoint(id for _, id in known.thread.checkpoints)


def deepened(known: Known) -> Known:
    """The thread as if nothing had been told of it yet, to be read deeply."""
    fresh = Known(known.run, known.thread)
    fresh.deep, fresh.cost = True, known.cost
    return fresh


def first_of_each(found: list[Fact]) -> dict[tuple[str, str], Fact]:
    """Facts by kind and key, in their order; of several the first counts."""
    first: dict[tuple[str, str], Fact] = {}
    for fact in found:
        first.setdefault((fact.kind, fact.key), fact)
    return first


def beginning(known: Known, render: Renderer, found: list[Fact]) -> Fact:
    """The fact with which a thread's telling begins."""
    asked = next((fact for fact in found if fact.kind == "message"), None)
    objective = render.objective(asked) if asked else ""
    note = Note(text=objective, status="" if known.deep else UNREAD)
    return Fact("run", "", known.thread.began(), 0, note=note)


def with_turns(known: Known, now: Standing, new: list[Fact]) -> list[Fact]:
    """The new facts, and that the thread woke up before them, or finished or stopped after them."""
    before, t = known.now, known.thread.last_time
    if new and before.status in FINISHED:
        new = [Fact("resumed", f"{known.seq}", new[0].t, 0), *new]
        before = Standing("running")
    at = now.error
    place = (at.ns, at.checkpoint, at.task, at.idx) if at else ("", "", "", 0)
    key, note = f"{known.seq + len(new)}", Note(status=now.status, text=now.reason)
    if now.status in FINISHED and now.status != before.status:
        return [*new, Fact("finished", key, t, 9, *place, 0, note)]
    if now.status == "paused" and now[:2] != before[:2]:
        return [*new, Fact("paused", key, t, 9, *place, 0, note)]
    if now.status in ("running", "waiting") and before.status == "paused":
        return [*new, Fact("resumed", key, t, 9, *place, 0, note)]
    return new
