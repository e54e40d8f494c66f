"""How a budget stands, as text: the same words in place 3, in the header and on the command line."""

from collections.abc import Sequence

from ...core.budgets import Standing, State, alarming, period
from ...core.numbers.rates import Rate
from ...core.runs import Totals
from ...core.text import cells, fit
from .. import format
from ..glyphs import UNICODE, Glyphs
from ..lines import Line, one_line, right, width_of

STATES: dict[State, str] = {"fine": "", "near": "above its warning mark", "spent": "spent"}
INKS: dict[State, str] = {"fine": "active", "near": "warn", "spent": "bad"}

NO_BUDGET: Line = [
    ("no budget", "muted"),
    ("  budgets: [{per: day, max: 20.00}]", "accent"),
    ("  in flightlog.yaml sets one", "muted"),
]
"""What stands where budgets would be."""

DAY = 86_400.0
TITLE, SHORT = 24, 10
"""Cells of a budget's query at most, and where there is little room."""
BAR = 6
"""Cells that a bar has at least; without that room there is none."""
_LONG, _BRIEF = "calls without a price come on top", "without unknown prices"
_WORDS = (
    ("the end of the day (UTC)", _LONG, True),
    ("midnight UTC", _BRIEF, True),
    ("midnight UTC", _BRIEF, False),
)
"""When a day ends, what is not in a sum, and whether tokens are told: in ever fewer words."""


def title(standing: Standing) -> str:
    """Whose costs it bounds; of a budget that is for each of them, which one of them, and among which."""
    query, key = one_line(standing.budget.query, 200), one_line(standing.key, 200)
    if not key:
        return query or ("all runs" if period(standing.budget) else f"each {standing.budget.per}")
    key = format.short_id(key) if standing.budget.per == "run" else key
    return f"{key} of {query}" if query else key


def amounts(standing: Standing) -> str:
    """`$18.42 of $20.00`, and `at least $18.42 of $20.00` where more may have been spent than is known."""
    spent, most = (format.whole_dollars(sum) for sum in (standing.spent_nanousd, standing.budget.max_nanousd))
    if spent == most and standing.spent_nanousd != standing.budget.max_nanousd:
        spent = format.fine_dollars(standing.spent_nanousd)
    sums = f"{spent} of {most}"
    return f"at least {sums}" if standing.at_least else sums


def warning(found: Sequence[Standing], glyphs: Glyphs) -> Line:
    """What the header says when a budget is near its end, or spent; of several the worst, and how many more."""
    loud = alarming(found)
    if not loud:
        return []
    worst, more = loud[0], f" +{len(loud) - 1}" if len(loud) > 1 else ""
    said = "spent" if worst.state == "spent" else f"{worst.percent}%"
    sign = glyphs.budget(worst.state)
    return [(f"{sign} budget {said}{more}", INKS[worst.state])]


class BudgetColumns:
    """Lines of budgets under each other: their words as wide as the widest."""

    def __init__(self, found: Sequence[Standing], glyphs: Glyphs = UNICODE) -> None:
        self._glyphs = glyphs
        self._amounts = max((len(amounts(one)) for one in found), default=0)
        self._per = max((6, *(len(one.budget.per) for one in found)))
        self._titles = min(max((cells(title(one)) for one in found), default=0), TITLE)
        self._unknown = max((len(_unknown(one)) for one in found), default=0)

    def draw(self, standing: Standing, width: int) -> Line:
        """One budget: what it is of, how full, in figures, and what is not known of it."""
        budget, state, glyphs = standing.budget, standing.state, self._glyphs
        ink = INKS[state]
        sign = glyphs.budget(state)
        unknown = _unknown(standing)
        rest = width - 2 - self._per - 2 - self._titles - 2 - 6 - 2 - self._amounts
        # A sum that is cut looks like another: without room there is none, and the percentage says it.
        titles = max(self._titles + min(rest, 0), min(self._titles, SHORT))
        with_amounts = rest >= titles - self._titles
        if not with_amounts:
            titles = max(min(self._titles, width - 2 - self._per - 2 - 2 - 6), 1)
        rest -= 2
        with_unknown = self._unknown and rest - self._unknown - 2 >= BAR
        bar = rest - (self._unknown + 2 if with_unknown else 0)
        line: Line = [
            (f"{sign} ", ink),
            (f"{budget.per:<{self._per}}", "muted"),
            ("  ", "text"),
            (fit(title(standing), titles), "text"),
            ("  ", "text"),
            *(self._bar(standing, bar) if bar >= BAR else []),
            (right(f"{standing.percent}%", 6), ink if state != "fine" else "text"),
        ]
        if with_amounts:
            line += [("  ", "text"), (right(amounts(standing), self._amounts), "strong" if state == "fine" else ink)]
        if with_unknown:
            line += [("  ", "text"), (unknown, "warn")]
        return line

    def _bar(self, standing: Standing, width: int) -> Line:
        budget, glyphs = standing.budget, self._glyphs
        filled = min(max(-(-standing.spent_nanousd * width // budget.max_nanousd), 0), width)
        # The cell that the mark lies in; where the bar has passed it, the colour says so.
        mark = min(budget.warn_nanousd * width // budget.max_nanousd, width - 1)
        after = [(glyphs.bar_rest, "faint")] * (width - filled)
        if mark >= filled:
            after[mark - filled] = (glyphs.line, "muted")
        return [(glyphs.bar * filled, INKS[standing.state]), *after, ("  ", "text")]


def _unknown(standing: Standing) -> str:
    if standing.unknown:
        return f"{format.plural(standing.unknown, 'call')} without a price"
    return "others' runs are not known here" if standing.budget.partial else ""


def burn_line(
    rate: Rate | None, totals: Totals | None, day: Standing | None, now: float, width: int, glyphs: Glyphs
) -> Line:
    """How fast money and tokens go, and what today (UTC) comes to by its end at that pace: about, and only while
    something is spent. In few words where many have no room."""
    if rate is None or rate.idle or totals is None:
        return []
    speed: Line = [(f"{format.count(round(rate.tokens_per_minute))} tokens/min", "text")]
    line: Line = []
    for until, on_top, tokens in _WORDS:
        unknown: Line = [(on_top, "warn")] if rate.unknown else []
        end = _by_the_end(rate, totals, day, now, until, glyphs)
        line = _joined([[_hourly(rate, glyphs)], speed if tokens else [], end, unknown], glyphs)
        if width_of(line) <= width:
            break
    return line


def _hourly(rate: Rate, glyphs: Glyphs) -> tuple[str, str]:
    hourly = rate.nanousd_per_hour
    told = format.UNKNOWN if hourly is None else format.dollars(hourly)
    sign = glyphs.at_least if rate.unknown and hourly is not None else glyphs.approximately
    return f"{sign} {told}/h", "strong"


def _by_the_end(rate: Rate, totals: Totals, day: Standing | None, now: float, until: str, glyphs: Glyphs) -> Line:
    by_then = rate.by_then(totals.today, DAY - now % DAY)
    if by_then is None:
        return []
    over = day is not None and by_then > day.budget.max_nanousd
    line: Line = [(f"{glyphs.approximately} {format.dollars(by_then)} by {until}", "warn" if over else "text")]
    if over and day is not None:
        line.append((f", {glyphs.near} over its {format.round_dollars(day.budget.max_nanousd)}", "warn"))
    return line


def _joined(parts: Sequence[Line], glyphs: Glyphs) -> Line:
    """Parts of a line with a dot between them."""
    parts = [part for part in parts if part]
    return [span for n, part in enumerate(parts) for span in ([(f"  {glyphs.dot}  ", "faint")] if n else []) + part]
