"""A retention policy: which runs go, where they go, and what keeps them all the same."""

from collections.abc import Callable
from typing import Literal, get_args

import msgspec

from ..errors import ConfigError
from ..query.query import parse
from ..units import bytes_of, seconds_of

Then = Literal["archive", "trash", "states"]
"""Where a run goes that no rule keeps; `states` drops the states of its intermediate checkpoints and keeps the run."""

THEN: tuple[Then, ...] = get_args(Then)

CALENDAR = ("hourly", "daily", "weekly", "monthly", "yearly")


class Keep(msgspec.Struct, kw_only=True, frozen=True):
    """Rules of which any that holds keeps a run; each is counted per workflow. None, or empty, is a rule not given."""

    last: int | None = None
    """So many of the newest."""
    within: str = ""
    """Those that ended in this length of time before now: `14d`."""
    hourly: int | None = None
    """The newest run of each of the last so many hours (of UTC, by the clock) in which any ended."""
    daily: int | None = None
    weekly: int | None = None
    """Weeks begin on Monday."""
    monthly: int | None = None
    yearly: int | None = None

    def counts(self) -> dict[str, int]:
        """The calendar rules that are given."""
        found = {name: getattr(self, name) for name in CALENDAR}
        return {name: count for name, count in found.items() if count is not None}


class Block(msgspec.Struct, kw_only=True, frozen=True):
    """What happens to the runs that a query finds. It means live runs, unless its query says `archived`."""

    match: str
    keep: Keep = Keep()
    then: Then


class Policy(msgspec.Struct, kw_only=True, frozen=True):
    """The first block that fits decides about a run; one that none fits stays, but for the limits."""

    blocks: tuple[Block, ...] = ()
    minimum: int = 1
    """So many of the newest finished runs of each workflow always stay."""
    max_size: str = ""
    """What all live runs may take: `5GB`. The oldest that no rule keeps go to the archive until it is met."""
    max_runs: int | None = None
    """How many live runs there may be; likewise."""
    trash_for: str = "7d"
    """For so long a run lies in the trash before it is removed for good, and stays one that a person restored."""

    def check(self) -> None:
        """ConfigError for a policy that is empty, has a block that would take every run there is, or says a size or a
        length of time that is none.
        """
        if not self.blocks and not self.max_size and self.max_runs is None:
            advice = "give `retention` a block, or set max_size or max_runs"
            raise ConfigError("an empty policy is no policy", where="retention", advice=advice)
        for number, block in enumerate(self.blocks):
            if not parse(block.match).parts() and block.keep == Keep():
                advice = "give it a rule in `keep`, or a query that says which"
                raise ConfigError("this block takes every run", where=f"retention[{number}]", advice=advice)
            _amount(block.keep.within or None, seconds_of, f"retention[{number}].keep.within")
        _amount(self.max_size or None, bytes_of, "max_size")
        _amount(self.trash_for, seconds_of, "trash_for")


def _amount(text: str | None, read: Callable[[str], float], key: str) -> None:
    try:
        if text is not None and read(text) <= 0:
            raise ConfigError(f"{text!r} is nothing", where=key, advice="give more than zero")
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{str(text)[:60]!r} cannot be read", where=key, advice=str(error)) from error
