"""Numbers of several runs: the best and the worst, how far from the baseline, and what was spent on what."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from msgspec import UNSET

from ...core.comparing.measures import Measure, run_measures
from ...core.costs import CostGroup, Money, Tokens
from ...core.pages import each
from ...core.query.query import equals
from ...core.runs import Run
from ...core.store import Store
from .. import format
from ..lines import Line, one_line
from ..parts.tabs import calls
from .fact_rows import took
from .rows import Context, Kept, Row, gap, heading, kind_of, remark, toned

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
    judged = "runs that go on or broke off are not judged"
    return [*rows, gap("ways"), remark("ways", ways, "faint"), remark("judged", judged, "faint")]


def _row(context: Context, measure: Measure) -> Row:
    glyphs = context.glyphs
    sign = {"less": f" {glyphs.descending}", "more": f" {glyphs.ascending}", "": ""}[measure.better]
    name: Line = [(one_line(measure.name, 60), "text"), (sign, "faint")]
    prefix = "metric" if measure.unit == "number" else "counted"
    kind = kind_of(measure.values, context.base)
    texts = [_text(context, measure, n) for n in range(len(context.runs))]
    width = max(map(len, texts))
    return Row(
        f"{prefix}:{measure.name}",
        name,
        kind,
        lambda n: number_cell(context, measure, n, f"{texts[n]:<{width}}"),
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
    """The number, whether it is the best or the worst, and its change against the baseline."""
    line: Line = [(text, "text" if measure.values[n] is not None else "faint")]
    if n in measure.best:
        line.append((" best", "good"))
    elif n in measure.worst:
        line.append((" worst", "bad"))
    change = measure.change(n, context.base)
    if change is None or n == context.base:
        return line
    return [*line, (f" {change_text(measure, change, context.base)}", _ink(measure, change, n, context.base))]


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
    """Money with its provenance, tokens, and both by model."""
    runs, base, dash = context.runs, context.base, context.glyphs.dash
    rows = [
        Row(
            "total",
            [("cost", "strong")],
            kind_of([run.money.nanousd for run in runs], base),
            lambda n: [(format.run_cost(runs[n], context.glyphs), "strong")],
            raw=lambda n: runs[n].money.nanousd,
        ),
        Row(
            "provenance",
            [("told by", "text")],
            kind_of([run.money.provenance for run in runs], base),
            lambda n: toned(
                [(_provenance(runs[n].money), "text")], _alike([run.money.provenance for run in runs], n, base)
            ),
            raw=lambda n: runs[n].money.provenance,
        ),
        _counts(context, "calls", [calls(run) for run in runs]),
        *(
            _counts(
                context,
                name.replace("_", " "),
                [getattr(run.tokens, name) if run.tokens_known else None for run in runs],
            )
            for name in Tokens.__struct_fields__
        ),
    ]
    models = list(dict.fromkeys(model for one in spent for model in one.by_model))
    if models:
        rows += [gap("models"), heading("by model")]
    for model in models:
        groups = [one.by_model.get(model) for one in spent]
        rows.append(
            Row(
                f"model:{model}",
                [(one_line(model, 60) or "no model", "text")],
                kind_of(groups, base),
                lambda n, groups=groups: [(dash, "faint")] if groups[n] is None else _model(context, groups[n]),  # type: ignore[misc]
                raw=lambda n, groups=groups: _raw(groups[n]),  # type: ignore[misc]
            )
        )
    return rows


def _provenance(money: Money) -> str:
    told = {
        "recorded": "the program",
        "computed": "a price table",
        "mixed": "program and price table",
        "unknown": f"nobody: {format.plural(money.unknown, 'call')} without a price",
        "none": "no call was made",
    }
    return told[money.provenance]


def _alike(values: Sequence[object], n: int, base: int) -> bool:
    return n != base and values[n] == values[base]


def _counts(context: Context, name: str, numbers: Sequence[int | None]) -> Row:
    return Row(
        name,
        [(name if name == "calls" else f"{name} tokens", "text")],
        kind_of(numbers, context.base),
        lambda n: toned([(format.number(numbers[n]), "text")], _alike(numbers, n, context.base)),
        raw=numbers.__getitem__,
    )


def _model(context: Context, group: CostGroup) -> Line:
    return [
        (f"{format.cost(group.money, context.glyphs):<8}", "text"),
        (f" {format.plural(group.calls, 'call')}, {format.count(group.tokens.total)}", "muted"),
    ]


def _raw(group: CostGroup | None) -> object:
    if group is None:
        return UNSET
    return {
        "cost_nanousd": group.money.nanousd,
        "cost_provenance": group.money.provenance,
        "calls": group.calls,
        "tokens": group.tokens.total,
    }
