"""Numbers of several runs beside each other: which is best, where anybody can know, and how far from the baseline."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from ..runs import FINISHED, Run

Better = Literal["less", "more", ""]
"""Which numbers are better; empty: nobody knows."""

Unit = Literal["seconds", "nanousd", "bytes", "count", "number"]

MORE = frozenset({"score", "accuracy", "precision", "recall", "f1", "reward", "success", "auc", "pass", "passed"})
LESS = frozenset(
    {"loss", "error", "errors", "latency", "cost", "duration", "failed", "failures", "retries", "perplexity"}
)
"""Words in the name of a reported number that tell which way is better."""


class Measure(NamedTuple):
    """One number of each run; None where a run has none, or nobody knows it."""

    name: str
    unit: Unit
    better: Better
    values: tuple[float | None, ...]
    settled: tuple[bool, ...]
    """Whether it is the last word: what a run costs that still runs, or some of whose calls have no price, is not."""

    @property
    def best(self) -> frozenset[int]:
        """The places of the best among the settled numbers; none where all are alike or no way is the better one."""
        return self._extreme(most=self.better == "more")

    @property
    def worst(self) -> frozenset[int]:
        """The places of the worst."""
        return self._extreme(most=self.better == "less")

    def _extreme(self, *, most: bool) -> frozenset[int]:
        known = {n: v for n, v in enumerate(self.values) if v is not None and self.settled[n] and math.isfinite(v)}
        if not self.better or len(set(known.values())) < 2:
            return frozenset()
        wanted = max(known.values()) if most else min(known.values())
        return frozenset(n for n, value in known.items() if value == wanted)

    def change(self, place: int, baseline: int) -> float | None:
        """A number less the baseline's; None if either is unknown."""
        value, against = self.values[place], self.values[baseline]
        return None if value is None or against is None else value - against

    @property
    def same(self) -> bool:
        """Whether all runs have the same number, or none has one."""
        return len(set(self.values)) < 2


def run_measures(
    runs: Sequence[Run], took: Sequence[float | None], reported: Sequence[Mapping[str, float]]
) -> list[Measure]:
    """What is counted of every run (`took`: seconds so far), then what the runs reported last, by name."""
    ended = tuple(run.status in FINISHED for run in runs)
    whole = _whole(runs)

    def counted(name: str, better: Better = "less") -> Measure:
        return Measure(name, "count", better, tuple(float(getattr(run, name)) for run in runs), ended)

    found = [
        Measure("duration", "seconds", "less", tuple(took), whole),
        cost_measure(runs),
        *(token_measure(runs, name) for name in ("input", "output")),
        *(counted(name) for name in ("errors", "warnings")),
        *(counted(name, "") for name in ("steps", "checkpoints", "messages", "logs")),
        *([counted("items", ""), counted("items_failed")] if any(run.items for run in runs) else []),
        Measure(
            "size",
            "bytes",
            "",
            tuple(None if run.size_bytes is None else float(run.size_bytes) for run in runs),
            ended,
        ),
    ]
    names = sorted({name for values in reported for name in values})
    return found + [
        Measure(name, "number", better(name), tuple(values.get(name) for values in reported), ended) for name in names
    ]


def cost_measure(runs: Sequence[Run]) -> Measure:
    """What the runs cost."""
    cost = (float(run.money.nanousd) if run.tokens_known and run.money.nanousd is not None else None for run in runs)
    known = [run.tokens_known and not run.money.unknown for run in runs]
    settled = tuple(end and know for end, know in zip(_whole(runs), known, strict=True))
    return Measure("cost", "nanousd", "less", tuple(cost), settled)


def token_measure(runs: Sequence[Run], name: str) -> Measure:
    """Their tokens of one kind, by its name in `Tokens`; of those in a cache nobody knows which way is better."""
    values = (float(getattr(run.tokens, name)) if run.tokens_known else None for run in runs)
    settled = tuple(end and run.tokens_known for end, run in zip(_whole(runs), runs, strict=True))
    way: Better = "less" if name in ("input", "output") else ""
    return Measure(f"{name.replace('_', ' ')} tokens", "count", way, tuple(values), settled)


def _whole(runs: Sequence[Run]) -> tuple[bool, ...]:
    """Which runs' time and money are judged: that one broke off early and was cheap is no merit beside one that came
    to its end.
    """
    judged = {"completed"} if any(run.status == "completed" for run in runs) else FINISHED
    return tuple(run.status in judged for run in runs)


def better(name: str) -> Better:
    """Which way a reported number is better, if its name says so: `tool_errors`, `rankScore`."""
    words = {word.lower() for word in re.findall(r"[A-Za-z][a-z0-9]*|[A-Z0-9]+", name)}
    more, less = bool(words & MORE), bool(words & LESS)
    return "" if more is less else "more" if more else "less"
