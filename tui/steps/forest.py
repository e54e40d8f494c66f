"""The steps of a run as they lie in each other: their order, their clocks, and what each took by itself.

Made anew when the steps were read, in the thread that read them: it costs one look at every step.
Agents declare what they like; parents that are missing, or lie in their own children, are cut off.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ...core.clock import seconds_at
from ...core.costs import Money, Tokens
from ...core.runs import Step
from ...core.step_nesting import parents_of

UNDER_WAY = "running"


class Sums(NamedTuple):
    """What a step and all that lies in it came to."""

    tokens: Tokens = Tokens()
    money: Money = Money()
    steps: int = 0
    """Steps that lie in it, at any depth."""
    failed: int = 0
    """Of these, those that failed."""


class Covered(NamedTuple):
    """The part of a step's time in which steps right below it ran."""

    seconds: float = 0.0
    """Until the first one that still runs began."""
    open_from: float | None = None
    """When that was; it, and what ran beside it, covers all time since."""


class Forest:
    """Steps by their nesting, outermost first; `order` is the order in which a tree of them is read."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.all = list(steps)
        self.by_id = {step.id: step for step in steps}
        self.parents = parents_of(self.by_id)
        self.starts = {step.id: at for step in self.by_id.values() if (at := seconds_at(step.started)) is not None}
        self.ends = {step.id: at for step in self.by_id.values() if (at := seconds_at(step.finished)) is not None}
        self.below: dict[str | None, list[Step]] = {}
        for step in self.by_id.values():
            self.below.setdefault(self.parents[step.id], []).append(step)
        self.order = list(self._preorder())
        self.places = {id: n for n, id in enumerate(self.order)}
        self.open = [step for step in self.by_id.values() if step.status == UNDER_WAY]
        self.agents = {step.agent for step in self.all if step.agent}
        """Who did anything."""
        self.failed = sum(step.status == "failed" for step in self.all)
        """How many of them failed."""
        self.lively = self._and_above({step.id for step in self.all if step.status == UNDER_WAY})
        self.failing = self._and_above({step.id for step in self.all if step.status == "failed"})
        self.alone = self._alone()
        """The outermost step if there is but one, the one in it if there is but one, and so on."""
        self.unfinished = self._and_above({step.id for step in self.all if step.status in (UNDER_WAY, "pending")})
        self.sums = self._summed()
        self.covered = {id: self._cover(id, inner) for id, inner in self.below.items() if id is not None}
        self.first = min(self.starts.values(), default=0.0)
        self.last = max([*self.starts.values(), *self.ends.values()], default=0.0)
        self.most_money = max((step.money.known_nanousd for step in self.all), default=0)
        self.longest = max((self.own_time(step, self.last) or 0.0 for step in self.all), default=0.0)

    def _preorder(self) -> Iterator[str]:
        # A stack of our own: steps may be nested deeper than Python recurses.
        stack = list(reversed(self.below.get(None, ())))
        while stack:
            step = stack.pop()
            yield step.id
            stack += reversed(self.below.get(step.id, ()))

    def _and_above(self, found: set[str]) -> set[str]:
        """These steps, and all that they lie in."""
        for id in list(found):
            above = self.parents[id]
            while above is not None and above not in found:
                found.add(above)
                above = self.parents[above]
        return found

    def _alone(self) -> set[str]:
        found: set[str] = set()
        inner = self.below.get(None, ())
        while len(inner) == 1:
            found.add(inner[0].id)
            inner = self.below.get(inner[0].id, ())
        return found

    def _summed(self) -> dict[str, Sums]:
        sums: dict[str, Sums] = {}
        for id in reversed(self.order):
            step = self.by_id[id]
            tokens, money, steps, failed = step.tokens, step.money, 0, 0
            for inner in self.below.get(id, ()):
                sub = sums[inner.id]
                tokens = tokens + sub.tokens if sub.tokens.total else tokens
                money = money + sub.money if sub.money.provenance != "none" else money
                steps += sub.steps + 1
                failed += sub.failed + (inner.status == "failed")
            sums[id] = Sums(tokens, money, steps, failed)
        return sums

    def _cover(self, id: str, inner: Sequence[Step]) -> Covered:
        begin, end = self.starts.get(id), self.ends.get(id, float("inf"))
        if begin is None:
            return Covered()
        still = [self.starts[one.id] for one in inner if one.status == UNDER_WAY and one.id in self.starts]
        open_from = max(min(still), begin) if still else None
        until = end if open_from is None else min(open_from, end)
        done = (one.id for one in inner if one.id in self.starts and one.id in self.ends)
        spans = sorted((self.starts[one], self.ends[one]) for one in done)
        return Covered(union(spans, begin, until), open_from)

    # One step.

    def end(self, step: Step, now: float) -> float | None:
        """When it ended, or `now` if it runs; None if it never began."""
        start = self.starts.get(step.id)
        if start is None:
            return None
        return max(now, start) if step.status == UNDER_WAY else max(self.ends.get(step.id, start), start)

    def took(self, step: Step, now: float) -> float | None:
        """Seconds from its beginning to its end, or until now."""
        end = self.end(step, now)
        return None if end is None else end - self.starts[step.id]

    def own_time(self, step: Step, now: float) -> float | None:
        """Seconds of it in which no step right below it ran: what it took by itself."""
        took = self.took(step, now)
        if took is None:
            return None
        covered, open_from = self.covered.get(step.id, Covered())
        if open_from is not None:
            covered += max(self.starts[step.id] + took - open_from, 0.0)
        return max(took - covered, 0.0)

    def path(self, id: str) -> tuple[str, ...]:
        """The ids from the outermost step to this one; empty if it is not there."""
        path: list[str] = []
        above = id if id in self.by_id else None
        while above is not None:
            path.append(above)
            above = self.parents[above]
        return tuple(reversed(path))

    def stuck(self) -> list[Step]:
        """The innermost open steps, the one that began first before all: where a run that goes nowhere stands."""
        holding = {self.parents[step.id] for step in self.open}
        inner = [step for step in self.open if step.id not in holding]
        return sorted(inner, key=lambda step: self.starts.get(step.id, 0.0))


def union(spans: Iterable[tuple[float, float]], begin: float, end: float) -> float:
    """Seconds between `begin` and `end` that at least one of the spans covers; they come by their beginnings."""
    covered, reached = 0.0, begin
    for start, stop in spans:
        low, high = max(start, reached), min(stop, end)
        if high > low:
            covered, reached = covered + high - low, high
    return covered
