"""`retain --apply`: what the policy takes, or what a saved plan took, is done once somebody agreed."""

import os
import shlex

from ...core.errors import NotSupported, StorageError
from ...core.operations import new_order
from ...core.retention.applying import carry_out, check_saved, digest_of
from ...core.retention.catalogue import read
from ...core.retention.meant import Meant, left_empty, moment, planned
from ...core.retention.meant import meant as found_meant
from ...core.retention.plan import plan
from ...core.retention.policy import Policy
from ...core.retention.saved import SavedPlan, restored
from ...core.signing import who
from ...core.store import Store
from ...core.text import masked, safe_text
from ..retention.applying import told
from .account import Account
from .asking import consent
from .bar import working
from .breaking_off import NOTHING, leaving
from .changing import carry, opened_to_change
from .opening import Retention, retention
from .options import Settings
from .output import say


def called(store: Store) -> str:
    """The name of a store by which its plans know it again, wherever they are carried out from."""
    return store.name if "://" in masked(store.name) else os.path.abspath(store.name)


def meant(store: Store, said: Retention) -> Meant:
    """What the policy in force takes now; ConfigError for names in it that no run bears."""
    return found_meant(store, planned(store, said.required(), said.file))


def meant_again(store: Store, policy: Policy) -> Meant:
    """The same of a policy that was applied before: names in it may have gone with the runs that bore them."""
    return found_meant(store, plan(read(store, policy), policy, moment()), by_itself=True)


def write(settings: Settings, text: str) -> None:
    """Writes a policy into the configuration, in which all else stays as it is; ConfigError, Conflict."""
    with opened_to_change(settings) as store:
        if store.policy_file is None:
            raise NotSupported("no policy can be written here", where=store.name, advice="open a data directory")
        store.policy_file.checked(text)
        written = store.policy_file.write(text, store.policy_file.read())
    say(f"the policy is saved in {safe_text(written.file)}")


def command(file: str | None, *words: str) -> str:
    """The command line that does the same."""
    return shlex.join(["flightlog", "retain", *words, *(["--policy", file] if file else [])])


def applied(settings: Settings, file: str | None, plan_file: str | None, *, yes: bool, as_json: bool) -> int:
    """Does it, and tells what came of it: the exit code. From then on the policy may act by itself."""
    account = Account(as_json=as_json, ascii=settings.ascii)
    why = command(file, "--apply", *(["--plan", plan_file] if plan_file else []))
    with opened_to_change(settings) as store:
        said = retention(settings, file)
        store.upkeep.ready()  # who may not write here is not to wait for a plan of two hundred thousand runs
        with working(settings.ascii), leaving(NOTHING):
            wanted = _kept(store, said, plan_file) if plan_file else meant(store, said)
        for line in told(wanted) or ["The policy takes nothing now."]:
            say(line, err=True)
        if wanted.total:
            consent("Apply?", yes=yes, names=wanted.emptied)
            carry(carry_out(wanted.taken, wanted.gone, store, by=who(), why=why), wanted.total, account, "applying")
        account.say()
        store.upkeep.note_policy(new_order(by=who(), why=why), digest_of(wanted.policy))
    return account.code


def _kept(store: Store, said: Retention, file: str) -> Meant:
    try:
        with open(file, "rb") as kept:
            found: SavedPlan = restored(kept.read(), file)
    except OSError as error:
        raise StorageError(f"the plan cannot be read: {error.strerror}", where=file) from error
    check_saved(found, called(store), said.policy, moment(), file)
    # Nothing was said of the trash when the plan was looked at, so that nothing leaves it.
    return Meant(found.policy, found.taken, emptied=left_empty(found.taken, store))
