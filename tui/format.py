"""Numbers and times as a person reads them. Unknown is `?` and never zero; nothing is `–`.

All of it is plain text of our own; text that agents wrote goes through `core.text.safe_text`.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from ..core.clock import now_s
from ..core.costs import NANO, Money
from ..core.progress import COPYING, Standing
from ..core.runs import Run
from .glyphs import UNICODE, Glyphs

UNKNOWN = "?"


def short_id(id: str, glyphs: Glyphs = UNICODE) -> str:
    """An id in eight cells or fewer, `01j…8k3f`: the letters that tell runs of one hour apart are the last."""
    return id if len(id) <= 8 else f"{id[:3]}{glyphs.ellipsis}{id[-4:]}"


def session(id: str, glyphs: Glyphs = UNICODE) -> str:
    """A session's id: whole where it is a name, by its ends where it is a UUID."""
    return short_id(id, glyphs) if _UUID.fullmatch(id) else id


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def number(value: int | None) -> str:
    """`12,408`."""
    return UNKNOWN if value is None else f"{value:,}"


def count(value: int | None) -> str:
    """A number in five cells, `812`, `3.3k`, `12.1M`."""
    return UNKNOWN if value is None else _scaled(value, ("", "k", "M", "G", "T", "P"))


def size(value: int | None) -> str:
    """Bytes in units of 1000: `812 B`, `88 kB`, `1.2 GB`."""
    return UNKNOWN if value is None else _scaled(value, (" B", " kB", " MB", " GB", " TB", " PB"))


def _scaled(value: int, units: tuple[str, ...]) -> str:
    amount, step = float(value), 0
    # 999.5 would be rounded to a fourth digit, so it belongs to the next unit.
    while abs(amount) >= (1000 if step == 0 else 999.5) and step < len(units) - 1:
        amount, step = amount / 1000, step + 1
    whole = step == 0 or abs(amount) >= 99.95
    return f"{amount:.0f}{units[step]}" if whole else f"{amount:.1f}{units[step]}"


def duration(seconds: float | None) -> str:
    """`340ms`, `0:12`, `1:02:41`, `3d 4h`, `400d`; a clock that went backwards shows as zero."""
    if seconds is None:
        return UNKNOWN
    seconds = max(seconds, 0.0)
    if 0 < seconds < 1:
        return f"{min(seconds * 1000, 999):.0f}ms"  # as whole seconds below: what has not passed is not told
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d {hours}h" if days < 100 else f"{days:,}d"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def fine_duration(seconds: float) -> str:
    """The same with hundredths of a second, for times that `duration` does not tell apart: `0:01.63`."""
    whole = duration(seconds)
    return whole if seconds < 1 else f"{whole}.{int(seconds * 100) % 100:02}"


def standing(at: Standing) -> str:
    """`12,000 of 100,000 journals read, 0:09 left`, `88 MB of 1.2 GB read`: what one waits for, and for how long."""
    if at.what and not at.total:
        return f"{at.what}, {duration(at.seconds)} so far"
    left = f", {duration(max(at.left, 1))} left" if at.left else ""
    if at.what == "bytes":
        return f"{size(at.done)} of {size(at.total)} read{left}"
    if at.what == COPYING:
        return f"{size(at.done)} of {size(at.total)} copied before the database is upgraded{left}"
    return f"{at.done:,} of {at.total:,} {at.what or 'journals'} read{left}"


def age(seconds: float | None) -> str:
    """How long ago, in one unit: `0.1s`, `5s`, `12 min`, `3 h`, `2 d`."""
    if seconds is None:
        return UNKNOWN
    seconds = max(seconds, 0.0)
    if seconds < 60:
        return f"{seconds:.1f}s" if seconds < 1 else f"{seconds:.0f}s"
    for unit, length in (("min", 60), ("h", 3600)):
        if seconds < length * 60:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 86400:.0f} d"


def dollars(nanousd: int) -> str:
    """`$18.42`, `$0.041`, `$0.0003`: two decimals, below a dollar as many as tell something; at most seven cells."""
    amount = nanousd / NANO
    if amount >= 1000:
        return f"${count(round(amount))}"
    if amount >= 1 or amount == 0:
        return f"${amount:.2f}"
    if amount >= 0.001:
        return f"${amount:.3f}"
    return f"${amount:.4f}" if amount >= 0.00005 else "<$0.0001"


def fine_dollars(nanousd: int) -> str:
    """The same with two more digits, for sums that `dollars` does not tell apart: `$0.000412`."""
    amount = nanousd / NANO
    if amount >= 1000:
        return whole_dollars(nanousd)
    decimals = 4 if amount >= 1 else 5 if amount >= 0.001 else 6 if amount >= 0.00005 else 9
    return f"${amount:.{decimals}f}"


def round_dollars(nanousd: int) -> str:
    """`$20`, `$0.50`: without decimals that say nothing."""
    return whole_dollars(nanousd).removesuffix(".00")


def whole_dollars(nanousd: int) -> str:
    """`$12,408.41`, `$0.0031`: the same decimals as `dollars`, but no thousand is left out."""
    return "".join(_halves(nanousd))


def _halves(nanousd: int) -> tuple[str, str]:
    """What stands before the decimal point, and the rest with the point; in whole numbers, so that no sum is bent."""
    if nanousd < 0:
        before, after = _halves(-nanousd)
        return f"-{before}", after
    if 0 < nanousd < NANO // 20_000:
        return "<$0", ".0001"
    decimals = 2 if nanousd >= NANO or nanousd == 0 else 3 if nanousd >= NANO // 1000 else 4
    unit = NANO // 10**decimals
    whole, rest = divmod((nanousd + unit // 2) // unit, 10**decimals)
    return f"${whole:,}", f".{rest:0{decimals}}"


class Amounts:
    """A column of costs with their decimal points under each other, each with its sign as `cost` has it."""

    def __init__(self, sums: Iterable[Money], glyphs: Glyphs = UNICODE) -> None:
        self._glyphs = glyphs
        self._before, self._after = 1, 0
        for money in sums:
            before, after = self._parts(money)
            self._before, self._after = max(self._before, len(before)), max(self._after, len(after))

    def __call__(self, money: Money) -> str:
        """One of them."""
        before, after = self._parts(money)
        return before.rjust(self._before) + after.ljust(self._after)

    def head(self, title: str) -> str:
        """A title of the column, over the dollars."""
        return title.rjust(self._before)

    def _parts(self, money: Money) -> tuple[str, str]:
        nanousd = money.nanousd
        if nanousd is None:
            return (UNKNOWN if money.unknown else self._glyphs.dash), ""
        sign = self._glyphs.at_least if money.unknown else "~" if money.computed else ""
        before, after = _halves(nanousd)
        return sign + before, after


def cost(money: Money, glyphs: Glyphs = UNICODE) -> str:
    """A sum with its provenance: `$0.041` as recorded, `~$0.041` (partly) computed from a price table,
    `≥$0.041` when calls without a price come on top, `?` when no call has one, `–` when there was no call.
    """
    nanousd = money.nanousd
    if nanousd is None:
        return UNKNOWN if money.unknown else glyphs.dash
    sign = glyphs.at_least if money.unknown else "~" if money.computed else ""
    amount = dollars(nanousd)
    if amount.startswith("<"):  # what is less than that is not at least it, nor about it
        return f"{sign}$0.00" if money.unknown else amount
    return sign + amount


def run_tokens(run: Run, glyphs: Glyphs = UNICODE) -> str:
    """A run's tokens, `3.3k`; `–` when there was no call, `?` when nobody has looked yet."""
    if not run.tokens_known:
        return UNKNOWN
    return count(run.tokens.total) if run.tokens.total else glyphs.dash


def run_cost(run: Run, glyphs: Glyphs = UNICODE) -> str:
    """A run's cost as `cost` tells it; `?` when nobody has looked for its calls yet."""
    return cost(run.money, glyphs) if run.tokens_known else UNKNOWN


def clock(t: str | None, now: datetime | None = None, *, short: bool = False) -> str:
    """A recorded time in local time: `10:02:11` today, `19 Nov 10:02` this year, `2025-11-19` before.

    `short` takes six cells: `10:02`, `19 Nov`, `Nov 25`.
    """
    moment = local(t)
    if moment is None:
        return UNKNOWN
    today = (now or datetime.fromtimestamp(now_s(), UTC)).astimezone(moment.tzinfo)
    if moment.date() == today.date():
        return moment.strftime("%H:%M" if short else "%H:%M:%S")
    if moment.year == today.year:
        return moment.strftime("%d %b" if short else "%d %b %H:%M")
    return moment.strftime("%b %y" if short else "%Y-%m-%d")


def moment(t: str | None) -> str:
    """A recorded time in local time, whole: `2026-11-20 10:02:11`."""
    found = local(t)
    return UNKNOWN if found is None else found.strftime("%Y-%m-%d %H:%M:%S")


def instant(t: str | None) -> str:
    """A recorded time in local time, to the millisecond: `2026-11-20 10:02:11.402`."""
    found = local(t)
    return UNKNOWN if found is None else found.isoformat(" ", "milliseconds")[:23]


def local(t: str | None) -> datetime | None:
    """The local time of a time text; None if it is none."""
    if not t:
        return None
    try:
        return datetime.fromisoformat(t).astimezone()
    except (ValueError, OverflowError):
        return None


def bar(fraction: float, width: int, glyphs: Glyphs = UNICODE) -> str:
    """A filled part of `width` cells; more than nothing is at least one cell."""
    filled = min(width, max(round(fraction * width), 1 if fraction > 0 else 0))
    return glyphs.bar * filled + " " * (width - filled)


def plural(n: int, one: str, many: str = "") -> str:
    """`1 run`, `12,408 runs`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"
