"""What a policy takes at this moment, in a store: what is shown, asked about, and carried out."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from .. import clock
from ..choosing import emptied
from ..errors import ConfigError
from ..operations import Trashed
from ..store import Store
from .applying import is_believed, overdue
from .catalogue import read
from .names import check_names
from .plan import Plan, plan
from .policy import Policy
from .saved import Taken, taken_of


class Meant(NamedTuple):
    """What is to be done, by which policy."""

    policy: Policy
    taken: tuple[Taken, ...]
    gone: tuple[Trashed, ...] = ()
    """What is to leave the trash for good."""
    emptied: tuple[str, ...] = ()
    """Workflows of which no run would be left."""

    @property
    def total(self) -> int:
        """How many runs."""
        return len(self.taken) + len(self.gone)


def moment() -> datetime:
    """The present, in the zone in which a policy's dates are read."""
    return datetime.fromtimestamp(clock.now_s()).astimezone()


def planned(store: Store, policy: Policy, origin: str = "") -> Plan:
    """What a policy does to each run now; ConfigError for names in it that no run bears, if there are any runs.

    `origin` is where the policy is written. Costs all runs.
    """
    if store.runs.totals().runs:
        check_names(policy, store.runs, origin)
    return plan(read(store, policy), policy, moment())


def meant(store: Store, found: Plan, *, by_itself: bool = False) -> Meant:
    """What a plan takes, and what leaves the trash by now. `by_itself`: nobody will be asked."""
    taken = taken_of(found)
    return Meant(found.policy, taken, leaving(store, found.policy, by_itself=by_itself), left_empty(taken, store))


def leaving(store: Store, policy: Policy, *, by_itself: bool = False) -> tuple[Trashed, ...]:
    """What leaves the trash for good by now; where nobody is asked nothing does by a clock that may be wrong."""
    now = moment()
    gone = overdue(store.upkeep, policy, now)
    return () if gone and by_itself and not is_believed(store, now) else gone


def left_empty(taken: Iterable[Taken], store: Store) -> tuple[str, ...]:
    """The workflows of which no run would be left."""
    return emptied(Counter(one.workflow for one in taken if one.action == "trash"), store.runs)


def in_force(store: Store) -> Policy:
    """The policy that the store's configuration says; ConfigError where it says none, or makes a mistake."""
    said = store.policy_file.read() if store.policy_file else None
    if store.policy_file is None or said is None or not said.text:
        advice = "give `retention` a block in flightlog.yaml, or give a policy"
        raise ConfigError("there is no retention policy", where=said.file if said else store.name, advice=advice)
    return store.policy_file.checked(said.text).policy
