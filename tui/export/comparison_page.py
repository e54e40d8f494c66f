"""Two to five runs beside each other as a page: the tables of the comparison screen."""

from collections.abc import Callable, Sequence

from ...core import clock
from ...core.errors import Corrupt, NotFound
from ...core.runs import Run
from ...core.store import Store
from .. import format
from ..compare.pages import PAGES, Page, Reader
from ..compare.rows import Context, Row, differences
from ..glyphs import UNICODE
from ..lines import status_ink
from ..states.signs import INK, SIGN
from .bounds import ROWS, at_hand, left_out
from .elements import Html, joined, note, section, spans, table, tag
from .page import page


def comparison_page(store: Store, runs: Sequence[Run], base: int = 0, remark: Callable[[], Html] | None = None) -> Html:
    """The page; `base` is the place of the baseline. To be called in a thread."""
    context, reader = Context(tuple(runs), base, clock.now_s(), UNICODE), Reader(store)
    parts = [_readable(context, one, reader) for one in PAGES]
    workflows = ", ".join(dict.fromkeys(run.workflow for run in runs))
    title = f"{len(runs)} runs of {workflows} compared"
    sub = tag("p", "+ only others have it, - one of the others has not, ~ differs; against the baseline", class_="sub")
    return page(title, joined([tag("h1", title), sub]), *parts, remark=remark)


def _readable(context: Context, one: Page, reader: Reader) -> Html:
    """A part of the comparison; of one that cannot be read the sentence that says why."""
    at_hand(one.name)
    try:
        return _part(context, one, one.rows(context, reader.page(one.name, context.runs)))
    except (Corrupt, NotFound) as error:
        return section(one.name.capitalize(), tag("p", str(error), class_="bad"))


def _part(context: Context, one: Page, rows: Sequence[Row]) -> Html:
    heads = ("", "", *(_head(context, n) for n in range(len(context.runs))))
    body = [_row(context, row) for row in rows[:ROWS] if row.name]
    choice = tag("label", tag("input", type="checkbox", class_="only", checked=one.only), "only what differs")
    left = left_out(ROWS, len(rows), "rows")
    parts = (
        tag("p", choice, class_="filter"),
        table(heads, body, class_=f"compare of-{len(context.runs)}"),
        note(left) if left else "",
    )
    return section(one.name.capitalize(), *parts, about=format.plural(differences(rows), "difference"))


def _head(context: Context, n: int) -> Html:
    run = context.runs[n]
    sign = tag("span", f"{UNICODE.status(run.status)} ", class_=status_ink(run.status))
    base = tag("span", " baseline", class_="accent") if n == context.base else Html("")
    return joined([sign, run.name or format.short_id(run.id), base])


def _row(context: Context, row: Row) -> Html:
    if row.kind is None and not any(row.cell(n) for n in range(len(context.runs))):
        return tag("tr", tag("td"), tag("td", spans(row.name), colspan=1 + len(context.runs)), class_="remark")
    kind = row.kind or "same"
    sign = tag("td", tag("span", SIGN[kind].strip(), class_=INK[kind]))
    name = tag("td", "\u2003" * min(row.depth, 8), spans(row.name))
    cells = (tag("td", spans(row.cell(n))) for n in range(len(context.runs)))
    return tag("tr", sign, name, *cells, class_="same" if row.kind == "same" else False)
