"""Runs that a person brought back from the archive: no policy takes them from them again before its time of grace.

The grace is what the policy leaves a person to think again, `trash_for`. That something which a policy did was taken
back is another thing (`applying.standing`): then the policy itself waits.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from ..clock import now_s
from ..errors import NotSupported
from ..operations import Operation
from ..pages import each
from ..repositories import UpkeepRepository
from ..units import ago
from .policy import Policy


def restored(upkeep: UpkeepRepository, policy: Policy) -> dict[str, str]:
    """When runs were restored, in the policy's time of grace, as the record has it. Costs the operations since then."""
    since = ago(policy.trash_for, datetime.fromtimestamp(now_s(), UTC))
    found: dict[str, str] = {}
    try:
        for one in _operations(upkeep, since):
            if one.kind == "restore" and one.done:
                for run in _runs(upkeep, one):
                    found.setdefault(run, one.at)  # the newest comes first
    except NotSupported:
        pass  # nothing is archived here either
    return found


def _operations(upkeep: UpkeepRepository, since: str) -> Iterator[Operation]:
    for one in each(lambda after: upkeep.operations(limit=100, after=after)):
        if one.at < since:
            return
        yield one


def _runs(upkeep: UpkeepRepository, one: Operation) -> Iterator[str]:
    whole = one if len(one.runs) >= one.done + one.skipped + one.failed else upkeep.operation(one.id)
    return (done.run for done in whole.runs if done.outcome == "done")
