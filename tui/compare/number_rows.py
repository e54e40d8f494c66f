"""Numbers of several runs: the best and the worst, how far from the baseline, and what was spent on what."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from msgspec import UNSET

from ...core.comparing.measures import Measure, cost_measure, run_measures, token_measure
from ...core.costs import CostGroup, Money, Tokens
from ...core.pages import each
from ...core.query.query import equals
from ...core.runs import Run
from ...core.store import Store
from .. import format
from ..lines import Line, one_line
from ..parts.tabs import calls
from .fact_rows import took
from .rows import BEST, WORST, Context, Kept, Row, gap, heading, kind_of, remark, toned

REPORTED = 20_000
"""Reported numbers of a run that are looked at for the last one of each name."""


def read_reported(store: Store, run: Run) -> dict[str, float]:
    """What a run reported last under each name."""
    found = each(lambda after: store.runs.metrics(run.id, after=after))
    return {one.name: one.value for one in islice(found, REPORTED)}


def keep(store: Store, read: Sequence[Mapping[str, float]], kept: Kept) -> Sequence[Mapping[str, float]]:
    """What was read is shown as it is."""
    return read


# --- metrics -----------------------------------------------------------------------------------------


def metric_rows(context: Context, reported: Sequence[Mapping[str, float]]) -> list[Row]:
    """All that is counted or was reported, with the way that is better, if anybody knows it."""
    times = [took(run, context.now) for run in context.runs]
    measures = run_measures(context.runs, times, reported)
    rows: list[Row] = []
    for one in measures:
        if one.unit == "number" and (not rows or not rows[-1].key.startswith("metric:")):
            rows += [gap("reported"), heading("reported")]
        rows.append(_row(context, one))
    glyphs = context.glyphs
    ways = f"{glyphs.descending} less is better  {glyphs.ascending} more is better; without a sign nobody knows"
    signs = f"best ({glyphs.best}) and worst ({glyphs.worst}) of each line"
    judged = f"{signs}; runs that go on or broke off are not judged"
    return [*rows, gap("ways"), remark("ways", ways, "faint"), remark("judged", judged, "faint")]


def _row(context: Context, measure: Measure) -> Row:
    glyphs = context.glyphs
    sign = {"less": f" {glyphs.descending}", "more": f" {glyphs.ascending}", "": ""}[measure.better]
    name: Line = [(one_line(measure.name, 60), "text"), (sign, "faint")]
    prefix = "metric" if measure.unit == "number" else "counted"
    kind = kind_of(measure.values, context.base)
    texts = [_text(context, measure, n) for n in range(len(context.runs))]
    return Row(
        f"{prefix}:{measure.name}",
        name,
        kind,
        lambda n: number_cell(context, measure, n, texts[n]),
        raw=measure.values.__getitem__,
        about={
            "name": measure.name,
            "unit": measure.unit,
            "better": measure.better or "unknown",
            "best": sorted(measure.best),
            "worst": sorted(measure.worst),
        },
    )


def _text(context: Context, measure: Measure, n: int) -> str:
    if measure.unit == "nanousd":
        return format.run_cost(context.runs[n], context.glyphs)
    value = measure.values[n]
    return context.glyphs.dash if value is None and measure.unit == "number" else said(measure, value)


def number_cell(context: Context, measure: Measure, n: int, text: str) -> Line:
    """The number, its change against the baseline, and whether it is the best or the worst."""
    line: Line = [(text, "text" if measure.values[n] is not None else "faint")]
    change = measure.change(n, context.base)
    if change is not None and n != context.base:
        line.append((f" {change_text(measure, change, context.base)}", _ink(measure, change, n, context.base)))
    if n in measure.best:
        line.append((BEST, "good"))
    elif n in measure.worst:
        line.append((WORST, "bad"))
    return line


def said(measure: Measure, value: float | None) -> str:
    """A number as a person reads it."""
    if value is None:
        return format.UNKNOWN
    if measure.unit == "seconds":
        return format.duration(value)
    if measure.unit == "bytes":
        return format.size(round(value))
    if measure.unit == "nanousd":
        return format.dollars(round(value))
    return f"{round(value):,}" if measure.unit == "count" else f"{value:.4g}"


def change_text(measure: Measure, change: float, base: int) -> str:
    """How far from the baseline: in hundredths where numbers are great, else the difference; `=` for none."""
    against = measure.values[base] or 0.0
    if change == 0:
        return "="
    small = measure.unit == "number" or (measure.unit == "count" and abs(against) < 100)
    if small or against <= 0 or abs(change) > 50 * against:
        return f"{'+' if change > 0 else '-'}{said(measure, abs(change))}"
    share = 100 * change / against
    return f"{share:+.0f}%" if abs(share) >= 0.5 else f"{'+' if change > 0 else '-'}<1%"


def _ink(measure: Measure, change: float, n: int, base: int) -> str:
    if not measure.better or not change or not (measure.settled[n] and measure.settled[base]):
        return "muted"
    return "good" if (change > 0) is (measure.better == "more") else "bad"


# --- costs -------------------------------------------------------------------------------------------


class Spent(NamedTuple):
    """What a run spent on each model."""

    by_model: dict[str, CostGroup]


def read_costs(store: Store, run: Run) -> Spent:
    """The sums by model, as the store keeps them."""
    return Spent({group.key: group for group in store.runs.costs("model", equals("id", run.id))})


def keep_costs(store: Store, read: Sequence[Spent], kept: Kept) -> Sequence[Spent]:
    """What was read is shown as it is."""
    return read


def cost_rows(context: Context, spent: Sequence[Spent]) -> list[Row]:
    """Money with its provenance, tokens, and both by model; each with its change against the baseline."""
    runs, base = context.runs, context.base
    texts = [format.run_cost(run, context.glyphs) for run in runs]
    told = [run.money.provenance for run in runs]
    rows = [
        _spent(context, "total", [("cost", "strong")], cost_measure(runs), texts, [run.money.nanousd for run in runs]),
        Row(
            "provenance",
            [("told by", "text")],
            kind_of(told, base),
            lambda n: toned([(_provenance(runs[n].money), "text")], n != base and told[n] == told[base]),
            raw=told.__getitem__,
        ),
        _counts(context, Measure("calls", "count", "", tuple(calls(run) for run in runs), (False,) * len(runs))),
        *(_counts(context, token_measure(runs, name)) for name in Tokens.__struct_fields__),
    ]
    models = list(dict.fromkeys(model for one in spent for model in one.by_model))
    if models:
        rows += [gap("models"), heading("by model")]
    return rows + [_model_row(context, model, [one.by_model.get(model) for one in spent]) for model in models]


def _spent(
    context: Context, key: str, name: Line, measure: Measure, texts: Sequence[str], raw: Sequence[object]
) -> Row:
    """What was used of something, the best and the worst, and by how much it is more than in the baseline."""
    kind = kind_of(measure.values, context.base)
    return Row(key, name, kind, lambda n: number_cell(context, measure, n, texts[n]), raw=raw.__getitem__)


def _counts(context: Context, measure: Measure) -> Row:
    numbers = [None if value is None else int(value) for value in measure.values]
    texts = [format.number(number) for number in numbers]
    return _spent(context, measure.name.removesuffix(" tokens"), [(measure.name, "text")], measure, texts, numbers)


def _model_row(context: Context, model: str, groups: Sequence[CostGroup | None]) -> Row:
    """What the runs spent on one model; none is the best: who spends less on one may spend more on another."""
    values = tuple(None if group is None else group.money.nanousd for group in groups)
    measure = Measure(model, "nanousd", "", values, (False,) * len(groups))

    def cell(n: int) -> Line:
        group = groups[n]
        if group is None:
            return [(context.glyphs.dash, "faint")]
        line = number_cell(context, measure, n, format.cost(group.money, context.glyphs))
        return [*line, (f"  {format.plural(group.calls, 'call')}, {format.count(group.tokens.total)}", "muted")]

    name: Line = [(one_line(model, 60) or "no model", "text")]
    return Row(f"model:{model}", name, kind_of(groups, context.base), cell, raw=lambda n: _raw(groups[n]))


def _provenance(money: Money) -> str:
    told = {
        "recorded": "the program",
        "computed": "a price table",
        "mixed": "program and price table",
        "unknown": f"nobody: {format.plural(money.unknown, 'call')} without a price",
        "none": "no call was made",
    }
    return told[money.provenance]


def _raw(group: CostGroup | None) -> object:
    if group is None:
        return UNSET
    return {
        "cost_nanousd": group.money.nanousd,
        "cost_provenance": group.money.provenance,
        "calls": group.calls,
        "tokens": group.tokens.total,
    }
