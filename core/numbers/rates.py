"""How fast money and tokens go now: sliding windows over what was just spent.

A price that nobody knows is not nothing: it is counted apart, and what is known is then "at least".
"""

from collections import deque
from collections.abc import Container, Iterable, Mapping

import msgspec

from ..clock import to_seconds
from ..costs import Money, Spent

WINDOW = 300.0
"""Seconds that are looked back: long enough that a pause between two calls is no standstill."""
LEAST = 60.0
"""Seconds that are told of at least: the first call of a run says nothing of its next minute."""
_MINUTE = 60.0
_HOUR = 3600.0


class Rate(msgspec.Struct, kw_only=True, frozen=True):
    """What was spent in some seconds, and what that comes to if it goes on."""

    seconds: float = WINDOW
    tokens: int = 0
    money: Money = Money()

    @property
    def tokens_per_minute(self) -> float:
        """Input and output tokens."""
        return self.tokens * _MINUTE / self.seconds

    @property
    def nanousd_per_hour(self) -> int | None:
        """Known money, a lower bound where `unknown`; None when no call had a price, or there was none."""
        known = self.money.nanousd
        return None if known is None else round(known * _HOUR / self.seconds)

    @property
    def unknown(self) -> bool:
        """Whether calls without a price come on top."""
        return self.money.unknown > 0

    @property
    def idle(self) -> bool:
        """Whether nothing was spent."""
        return not self.tokens and self.money.provenance == "none"

    def by_then(self, spent: Money, seconds: float) -> int | None:
        """Nano-dollars that will have been spent in so many seconds, on top of what is; None if nothing tells."""
        hourly = self.nanousd_per_hour
        return None if hourly is None else spent.known_nanousd + round(hourly * max(seconds, 0.0) / _HOUR)


class Meter:
    """One window. To add to it, or to ask it, costs what left it since."""

    def __init__(self, window: float = WINDOW) -> None:
        """`window` in seconds."""
        self.window = window
        self._kept: deque[tuple[float, int, Money]] = deque()
        self._tokens, self._money = 0, Money()

    def add(self, at: float, tokens: int, money: Money) -> None:
        """So much was spent at a time (Unix seconds); what comes late counts as if it came with the newest."""
        at = max(at, self._kept[-1][0]) if self._kept else at
        self._kept.append((at, tokens, money))
        self._tokens, self._money = self._tokens + tokens, self._money + money

    def rate(self, now: float, since: float | None = None) -> Rate:
        """How fast it goes; `since`: the Unix seconds at which what spends began, if that was within the window."""
        while self._kept and self._kept[0][0] <= now - self.window:
            _, tokens, money = self._kept.popleft()
            self._tokens, self._money = self._tokens - tokens, self._money - money
        lasted = self.window if since is None else min(max(now - since, LEAST), self.window)
        return Rate(seconds=lasted, tokens=max(self._tokens, 0), money=_sound(self._money))

    @property
    def sum(self) -> tuple[int, Money]:
        """Tokens and money that are in it; costs nothing."""
        return self._tokens, self._money

    @property
    def empty(self) -> bool:
        """Whether nothing is in it any more."""
        return not self._kept


class Rates:
    """The windows of runs, and one of them all. Not thread-safe."""

    def __init__(self, window: float = WINDOW) -> None:
        self.window = window
        self._all = Meter(window)
        self._runs: dict[str, Meter] = {}
        self._seen: dict[str, tuple[int, Money]] = {}
        self._told: dict[str, tuple[int, Money]] = {}
        self._from = 0.0

    def begin(self, spent: Iterable[Spent], now: float, seen: Mapping[str, tuple[int, Money]] = {}) -> None:
        """Takes what runs spent in the last minutes, by run and minute: what came before somebody looked.

        `seen`: what runs have spent in all, tokens and money, of which that is the last part.
        """
        self._all, self._runs, self._seen = Meter(self.window), {}, dict(seen)
        for one in sorted(spent, key=lambda one: one.t):
            try:
                middle = to_seconds(one.t + ":30Z")
            except ValueError:
                continue  # of what an agent gave for a time
            self.add(one.key, min(middle, now), one.tokens.total, one.money)
        self._from = now - self.window
        self._told = {run: meter.sum for run, meter in self._runs.items() if run not in self._seen}

    def add(self, run: str, at: float, tokens: int, money: Money) -> None:
        """A run spent so much at a time (Unix seconds)."""
        self._all.add(at, tokens, money)
        self._runs.setdefault(run, Meter(self.window)).add(at, tokens, money)

    def see(self, run: str, at: float, tokens: int, money: Money, since: float) -> None:
        """All that a run, which began at `since`, has spent up to a time (both in Unix seconds).

        What is more than when it was last seen was spent now. Of a run that nobody has seen that is all,
        if it began within the window; of one that `begin` told of all the same, what it told is taken off,
        as when prices are looked up after that. Else it is nothing.
        """
        known = self._seen.get(run)
        told = self._told.pop(run, None)
        if known is None and told is not None and since >= self._from:
            known = told
        elif known is None and run not in self._runs and at - since < self.window:
            known = (0, Money())
        self._seen[run] = (tokens, money)
        if known is not None and known != (tokens, money):
            self.add(run, at, tokens - known[0], money - known[1])

    def of(self, run: str, now: float, since: float | None = None) -> Rate:
        """How fast a run spends; `since` is when it began, in Unix seconds."""
        meter = self._runs.get(run)
        return meter.rate(now, since) if meter else Rate(seconds=self.window)

    def total(self, now: float) -> Rate:
        """How fast all of them spend."""
        return self._all.rate(now)

    def forget(self, now: float, keep: Container[str] = ()) -> None:
        """Drops what is known of runs that spent nothing for so long, but for those to `keep`; costs all of them."""
        self._all.rate(now)
        for run, meter in list(self._runs.items()):
            meter.rate(now)
            if meter.empty and run not in keep:
                del self._runs[run]
        self._seen = {run: seen for run, seen in self._seen.items() if run in keep or run in self._runs}


def _sound(money: Money) -> Money:
    """A price that was looked up later leaves its call's window after the call itself: less than nothing is nothing."""
    if min(money.recorded_nanousd, money.computed_nanousd, money.recorded, money.computed, money.unknown) >= 0:
        return money
    return Money(
        recorded_nanousd=max(money.recorded_nanousd, 0),
        computed_nanousd=max(money.computed_nanousd, 0),
        recorded=max(money.recorded, 0),
        computed=max(money.computed, 0),
        unknown=max(money.unknown, 0),
    )
