"""One pass of the policy that is saved: whether it may act by itself, and what it takes; in a thread."""

from ...core.errors import FlightlogError, NotSupported
from ...core.retention.applying import standing
from ...core.retention.catalogue import read
from ...core.retention.meant import meant, moment
from ...core.retention.plan import plan
from ...core.store import Store
from .retaining import Look, Pass


def looked(store: Store) -> Look:
    """How the policy of a store stands; in a thread."""
    return _pass(store, plans=False).look


def passed(store: Store) -> Pass:
    """How it stands, and what it takes if it may act; in a thread. Costs all runs then."""
    return _pass(store, plans=True)


def _pass(store: Store, *, plans: bool) -> Pass:
    assert store.policy_file is not None
    try:
        text = store.policy_file.read().text
        if not text:
            return Pass(Look())
        said = store.policy_file.checked(text)  # names may have gone with the runs that bore them
        look = Look(said.every, standing(store.upkeep, said.policy))
        if not (plans and look.stands == "applied"):
            return Pass(look)
        found = plan(read(store, said.policy), said.policy, moment())
        return Pass(look, meant(store, found, by_itself=True))
    except NotSupported:
        return Pass(Look())
    except FlightlogError as error:
        return Pass(Look(problem=str(error)))
