"""`retain --watch` and `--auto`: passes that a policy makes by itself, once it was applied by hand."""

from collections.abc import Generator
from contextlib import closing
from typing import NamedTuple, cast

from ...core import clock
from ...core.errors import FlightlogError, Locked
from ...core.operations import Carried
from ...core.retention.applying import carry_out, standing
from ...core.retention.meant import Meant
from ...core.signing import who
from ...core.text import safe_text
from .. import format
from .account import Account, sum_row
from .breaking_off import INTERRUPTED
from .changing import opened_to_change
from .main import FINDINGS, OK
from .opening import retention
from .options import Settings
from .output import say, say_json
from .retaining import command, meant, meant_again
from .stopping import Stopping

_AGAIN_S = 1.0
"""Seconds after which a pass that could not be made is tried again; twice as long each further time."""
_LOCKED_MOST_S, _FAILED_MOST_S = 30.0, 900.0
"""Where another operation was at work, and where it failed, at most so long."""


class Pass(NamedTuple):
    """What one pass came to."""

    account: Account
    every_s: float
    """Seconds until the next one, as was said when this one was made."""
    shown: Meant | None = None
    """What it would have done, where the policy may not act by itself."""
    taken_back: bool = False
    """Whether that is because something that a policy did was taken back."""

    @property
    def code(self) -> int:
        """The exit code that says so."""
        return FINDINGS if self.shown and (self.shown.taken or self.shown.gone) else self.account.code


def one_pass(settings: Settings, file: str | None, as_json: bool) -> int:
    """One pass: the exit code that says how it went."""
    with Stopping() as stopping:
        found = _made(settings, file, stopping)
    _say(found, as_json, settings.ascii)
    return INTERRUPTED if stopping.asked else found.code


def passes(settings: Settings, file: str | None, as_json: bool) -> int:
    """One pass after the other, until a signal asks to stop: then it ends between two runs. The exit code."""
    wait, tries, said = 0.0, 0, ""
    with Stopping() as stopping:
        while not stopping.wait(wait):
            try:
                made = _made(settings, file, stopping)
                _say(made, as_json, settings.ascii)
                wait, tries, said = made.every_s, 0, ""
                continue
            except Locked as error:
                wait = min(_AGAIN_S * 2**tries, _LOCKED_MOST_S)
                if str(error) != said:
                    _complain(f"{error}; waiting until that is done")
                said = str(error)
            except FlightlogError as error:
                wait = min(_AGAIN_S * 2**tries, _FAILED_MOST_S)
                _complain(f"{error}; trying again in {format.age(wait)}")
            tries += 1
    return INTERRUPTED if stopping.by_hand else OK


def _made(settings: Settings, file: str | None, stopping: Stopping) -> Pass:
    account = Account()
    with opened_to_change(settings) as store:
        said = retention(settings, file)
        policy = said.required()
        if (stands := standing(store.upkeep, policy)) != "applied":
            return Pass(account, said.every_s, meant(store, said), stands == "taken back")
        wanted = meant_again(store, policy)
        found = carry_out(wanted.taken, wanted.gone, store, by=who(), why=command(file, "--auto"))
        with closing(cast("Generator[Carried]", found)) as runs:
            for one in runs:
                account.count(one)
                if one.done.outcome == "failed":
                    _complain(f"{one.done.run} failed: {one.done.why}")
                if stopping.asked:
                    break
    return Pass(account, said.every_s)


def _complain(what: str) -> None:
    say(f"flightlog: {safe_text(what)}", err=True)


def _say(found: Pass, as_json: bool, ascii: bool) -> None:
    """One line for one pass."""
    sums, shown = found.account.sums.values(), found.shown
    if as_json:
        would = None if shown is None else {"take": len(shown.taken), "purge": len(shown.gone)}
        row = {"t": clock.now(), "acted": shown is None, "taken_back": found.taken_back, "would": would}
        say_json(row | {"operations": list(map(sum_row, sums))})
        return
    if shown is None:
        told = "; ".join(one.text(ascii) for one in sums) or "nothing to do"
    else:
        acts = "it acts by itself"
        if found.taken_back:
            acts = "what a policy did was taken back, and it acts by itself again"
        told = (
            f"only shown: it would take {format.plural(len(shown.taken), 'run')} and remove {len(shown.gone):,} from "
            f"the trash; {acts} once it was applied by hand: flightlog retain --apply"
        )
    say(f"{format.moment(clock.now())}  {told}")
