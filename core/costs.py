"""Money and tokens: integer nano-dollars, and a provenance for every number.

Unknown is not zero: a sum that contains an unknown price says so, and is never shown as less.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from .events import CostRecorded

NANO = 1_000_000_000
"""Nano-dollars in a dollar."""

Provenance = Literal["recorded", "computed", "mixed", "unknown", "none"]
"""Where a sum's money comes from: told by the caller, computed from a price table, both of
these, at least one call without a price, or no call at all."""


class Tokens(msgspec.Struct, frozen=True, gc=False):
    """Tokens of one call or of many."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            input=self.input + other.input,
            output=self.output + other.output,
            cache_read=self.cache_read + other.cache_read,
            cache_write=self.cache_write + other.cache_write,
            reasoning=self.reasoning + other.reasoning,
        )

    @property
    def total(self) -> int:
        """Input and output; cached and reasoning tokens are parts of these."""
        return self.input + self.output


def tokens_of(cost: "CostRecorded") -> Tokens:
    """The tokens of a recorded call."""
    return Tokens(
        input=cost.input_tokens,
        output=cost.output_tokens,
        cache_read=cost.cache_read_tokens,
        cache_write=cost.cache_write_tokens,
        reasoning=cost.reasoning_tokens,
    )


class Money(msgspec.Struct, frozen=True, gc=False):
    """A sum of call prices: recorded and computed nano-dollars apart, and how many calls have which.

    Exact up to nine billion dollars: of what comes to more than 2⁶³ - 1 a database keeps and answers that number.
    """

    recorded_nanousd: int = 0
    computed_nanousd: int = 0
    recorded: int = 0
    computed: int = 0
    unknown: int = 0

    def __add__(self, other: "Money") -> "Money":
        return Money(
            recorded_nanousd=self.recorded_nanousd + other.recorded_nanousd,
            computed_nanousd=self.computed_nanousd + other.computed_nanousd,
            recorded=self.recorded + other.recorded,
            computed=self.computed + other.computed,
            unknown=self.unknown + other.unknown,
        )

    def __sub__(self, other: "Money") -> "Money":
        """What came on top of an earlier sum; a price that was looked up since takes an unknown call away."""
        return Money(
            recorded_nanousd=self.recorded_nanousd - other.recorded_nanousd,
            computed_nanousd=self.computed_nanousd - other.computed_nanousd,
            recorded=self.recorded - other.recorded,
            computed=self.computed - other.computed,
            unknown=self.unknown - other.unknown,
        )

    @property
    def known_nanousd(self) -> int:
        """What is known for certain to have been spent: a lower bound when calls are unknown."""
        return self.recorded_nanousd + self.computed_nanousd

    @property
    def nanousd(self) -> int | None:
        """The sum; None when no call has a price, or there was no call."""
        return self.known_nanousd if self.recorded or self.computed else None

    @property
    def provenance(self) -> Provenance:
        """`unknown` wins, for one missing price makes the sum a lower bound."""
        if self.unknown:
            return "unknown"
        if self.recorded and self.computed:
            return "mixed"
        if self.recorded:
            return "recorded"
        return "computed" if self.computed else "none"


class CostRecord(msgspec.Struct, kw_only=True, frozen=True):
    """One call of a model."""

    run: str
    seq: int
    t: str
    model: str
    provider: str = ""
    step: str | None = None
    agent: str = ""
    tokens: Tokens = Tokens()
    nanousd: int | None = None
    provenance: Provenance = "unknown"
    prices: str = ""
    """Date of the price table of a computed price."""
    request_id: str = ""
    """The provider's name for the call, which log entries of it carry too."""


class CostGroup(msgspec.Struct, kw_only=True, frozen=True):
    """The costs of all calls that share a key: a day, workflow, version, model, agent, session, step or run."""

    key: str
    calls: int
    tokens: Tokens
    money: Money
    runs: int | None = None
    """None where kept sums were read, which do not know how many runs they are of."""

    def __add__(self, other: "CostGroup") -> "CostGroup":
        """Both together, under the first one's key."""
        return CostGroup(
            key=self.key,
            calls=self.calls + other.calls,
            tokens=self.tokens + other.tokens,
            money=self.money + other.money,
            runs=None if self.runs is None or other.runs is None else self.runs + other.runs,
        )


class Spent(msgspec.Struct, kw_only=True, frozen=True):
    """The costs of all calls of one month, day, hour or minute (UTC) that share a run, workflow or model."""

    t: str
    """Its beginning, as far as that tells it apart: `2026-11`, `2026-11-20`, `2026-11-20T11`, `2026-11-20T11:58`."""
    key: str
    calls: int
    tokens: Tokens
    money: Money


Every = Literal["month", "day", "hour", "minute"]
SpentBy = Literal["run", "workflow", "model"]

GroupBy = Literal["day", "workflow", "version", "model", "agent", "session", "step", "run"]


class Price(msgspec.Struct, kw_only=True, frozen=True):
    """What one call costs by a price table."""

    nanousd: int
    prices: str
    """Date of the table, or the release that fixes it."""


class PricedModel(msgspec.Struct, kw_only=True, frozen=True):
    """A model of a price table, and what a million tokens cost with it today, before any tiers."""

    provider: str
    model: str
    input_nanousd: int
    output_nanousd: int


class Extra(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is charged of a call apart from its tokens, or otherwise than most of these."""

    hour_writes: int = 0
    """Tokens that were written to a cache for an hour: part of `Tokens.cache_write`."""
    web_searches: int = 0
    """Searches that the provider made for it."""


class PriceBook(Protocol):
    """Looks prices up; slow to load, so never asked on an agent's path. Thread-safe."""

    def models(self) -> Sequence[PricedModel]:
        """The models that are priced by tokens, by provider and name."""
        ...

    def price(self, model: str, provider: str, tokens: Tokens, t: str, extra: Extra = Extra()) -> Price | None:
        """The price of a call made at time `t`; None if the table does not know the model, or what it asks for
        something that was used.
        """
        ...


def from_dollars(dollars: "float | int | str") -> int:
    """Dollars (as written, `"0.0031"`) in nano-dollars, rounded half to even on the tenth decimal.

    Raises ValueError for what is no finite, non-negative amount, or one of over nine billion dollars,
    which no database can count in nano-dollars.
    """
    from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

    try:
        amount = Decimal(str(dollars))
    except InvalidOperation as error:
        raise ValueError(f"{dollars!r} is no amount of dollars") from error
    if not amount.is_finite() or amount < 0 or amount.adjusted() > 10:
        raise ValueError(f"{dollars!r} is no amount of dollars")
    # Moving the point is exact, where a product would be rounded before it is rounded.
    sign, digits, exponent = amount.as_tuple()
    nanousd = int(Decimal((sign, digits, int(exponent) + 9)).to_integral_value(ROUND_HALF_EVEN))
    if nanousd > _MOST:
        raise ValueError(f"{dollars!r} is no amount of dollars")
    return nanousd


_MOST = 2**63 - 1
