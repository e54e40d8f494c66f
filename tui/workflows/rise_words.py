"""With which version cost or failures rose, in a sentence."""

from collections.abc import Iterable

from ...core.numbers.rises import Figure, Rise
from ...core.workflows import FEW
from ..format import plural
from ..glyphs import UNICODE, Glyphs
from .outcome_facts import COST, FAILURES, change_row

KINDS = {"cost": COST, "failures": FAILURES}
NAMES = {"cost": "cost per run", "failures": "the share of failures"}


def rise_told(figure: Figure, found: Rise, glyphs: Glyphs = UNICODE) -> list[str]:
    """What was found, a sentence each: the version, its change with the interval, and what too few runs hide."""
    name, said = NAMES[figure], list[str]()
    if found.version is not None:
        said.append(f"{name} first rose with @{found.version}")
        for number, change in found.changes.items():
            _, before, after, difference, interval, _ = change_row("", change, KINDS[figure], glyphs).cells
            said.append(f"{before} {glyphs.arrow} {after} against @{number}: {difference}, 95% interval {interval}")
        if found.between:
            said.append(f"or with {named(found.between)} before it: too few runs to tell")
        return said
    if found.compared:
        said.append(f"{name} rose with none of {plural(found.compared, 'version')} beyond what chance explains")
    else:
        said.append(f"too few runs to tell with which version {name} rose")
    if found.too_few:
        said.append(f"too few runs (under {FEW}) of {named(found.too_few)}")
    return said


def named(versions: Iterable[int], most: int = 8) -> str:
    """`@2, @4 and @5`; of many the first."""
    numbers = [f"@{number}" for number in versions]
    if len(numbers) > most:
        return f"{', '.join(numbers[:most])} and {len(numbers) - most} more"
    return " and ".join(filter(None, (", ".join(numbers[:-1]), numbers[-1])))
