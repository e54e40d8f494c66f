"""`retain --apply`: what the policy takes, or what a saved plan took, is done once somebody agreed."""

import os
import shlex
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ...core import clock
from ...core.choosing import emptied
from ...core.config import masked
from ...core.errors import StorageError
from ...core.operations import Trashed, new_order
from ...core.retention.applying import carry_out, check_saved, digest_of, overdue
from ...core.retention.catalogue import read
from ...core.retention.names import check_names
from ...core.retention.plan import Plan, plan
from ...core.retention.policy import Policy
from ...core.retention.saved import SavedPlan, Taken, restored, taken_of
from ...core.store import Store
from .. import format
from ..signing import who
from .account import Account
from .asking import consent
from .changing import carry, opened_to_change
from .opening import Retention, retention
from .options import Settings
from .output import say


class Meant(NamedTuple):
    """What is to be done, by which policy."""

    policy: Policy
    taken: tuple[Taken, ...]
    gone: tuple[Trashed, ...]
    """What is to leave the trash for good."""


def called(store: Store) -> str:
    """The name of a store by which its plans know it again, wherever they are carried out from."""
    return store.name if "://" in masked(store.name) else os.path.abspath(store.name)


def moment() -> datetime:
    """The present, in the zone in which a policy's dates are read."""
    return datetime.fromtimestamp(clock.now_s()).astimezone()


def planned(store: Store, policy: Policy, origin: str) -> Plan:
    """What the policy does to each run now; ConfigError for names in it that no run bears, if there are any runs."""
    if store.runs.totals().runs:
        check_names(policy, store.runs, origin)
    return plan(read(store.runs, policy), policy, moment())


def meant(store: Store, said: Retention) -> Meant:
    """What the policy in force takes now; ConfigError for names in it that no run bears."""
    policy = said.required()
    return _meant(store, policy, planned(store, policy, said.file))


def meant_again(store: Store, policy: Policy) -> Meant:
    """The same of a policy that was applied before: names in it may have gone with the runs that bore them."""
    return _meant(store, policy, plan(read(store.runs, policy), policy, moment()))


def _meant(store: Store, policy: Policy, found: Plan) -> Meant:
    return Meant(policy, taken_of(found), overdue(store.upkeep, policy, moment()))


def command(file: str | None, *words: str) -> str:
    """The command line that does the same."""
    return shlex.join(["flightlog", "retain", *words, *(["--policy", file] if file else [])])


def applied(settings: Settings, file: str | None, plan_file: str | None, *, yes: bool, as_json: bool) -> int:
    """Does it, and tells what came of it: the exit code. From then on the policy may act by itself."""
    account = Account(as_json=as_json, ascii=settings.ascii)
    why = command(file, "--apply", *(["--plan", plan_file] if plan_file else []))
    with opened_to_change(settings) as store:
        said = retention(settings, file)
        wanted = _kept(store, said, plan_file) if plan_file else meant(store, said)
        _say_meant(wanted)
        if wanted.taken or wanted.gone:
            consent("Apply?", yes=yes, names=_emptied(store, wanted.taken))
            total = len(wanted.taken) + len(wanted.gone)
            carry(carry_out(wanted.taken, wanted.gone, store, by=who(), why=why), total, account, "applying")
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
    return Meant(found.policy, found.taken, ())


def _emptied(store: Store, taken: Sequence[Taken]) -> tuple[str, ...]:
    return emptied(Counter(one.workflow for one in taken if one.action == "trash"), store.runs)


def _say_meant(wanted: Meant) -> None:
    for action, does in (
        ("states", "lose their states"),
        ("archive", "go to the archive"),
        ("trash", "go to the trash"),
    ):
        runs = [one for one in wanted.taken if one.action == action]
        if runs:
            _say_part(len(runs), sum(one.size_bytes or 0 for one in runs), does)
    if wanted.gone:
        _say_part(len(wanted.gone), sum(one.size_bytes for one in wanted.gone), "leave the trash for good")
    if not (wanted.taken or wanted.gone):
        say("the policy takes nothing", err=True)


def _say_part(runs: int, size_bytes: int, does: str) -> None:
    say(f"{format.plural(runs, 'run')} ({format.size(size_bytes)}): {does}", err=True)
