"""What is said round a plan: how its policy stands, and why there is no line to be shown."""

from collections.abc import Sequence
from typing import NamedTuple

from ...core import clock
from ...core.progress import Standing
from ...core.retention.live import LiveCatalogue
from ...core.retention.policy_file import Written
from .. import format
from ..glyphs import Glyphs
from ..lines import Line, one_line, wrapped
from ..widgets.empty import no_policy
from .planning import Made, says_anything


class Stands(NamedTuple):
    """How what is written stands to its file."""

    written: Written
    changed: bool
    """Whether it is not what was saved."""
    stale: bool
    """Whether the file says something else by now."""
    read_only: bool
    save: str
    """The key that saves it, as it is written for this person."""
    revert: str
    """The key that takes what the file says."""


def standing_lines(made: Made, stands: Stands, width: int) -> Sequence[Line]:
    """What is said below a policy: its mistake, or whether it is saved."""
    mistake = made.mistake
    if mistake is not None:
        where = "" if mistake.line is None else f"line {mistake.line + 1}: "
        return [[(line, "bad")] for line in wrapped(one_line(f"{where}{mistake}", 400), width)]
    if stands.stale:
        told = f"its file says something else by now; {stands.revert} takes that"
        return [[(line, "warn")] for line in wrapped(told, width)]
    if stands.read_only:
        return [[("read-only: to be tried, not saved", "warn")]]
    if stands.changed:
        return [[("not saved", "warn"), (f"  {stands.save} saves it", "muted")]]
    if not stands.written.text:
        return [[("no policy yet: every run stays", "muted")]]
    return [[("saved", "good"), (f" in {one_line(stands.written.file.rpartition('/')[2], 40)}", "muted")]]


def no_line(made: Made, live: LiveCatalogue, glyphs: Glyphs, show: str) -> Sequence[Line]:
    """What stands where there is no line of a plan; `show` is the key that shows other runs of it."""
    if made.page is not None:
        return [[(f"No run is shown: {show} shows others" if len(live) else "No runs yet", "muted")]]
    if made.text and not says_anything(made.text) and live.total is not None:
        return no_policy(live.total)
    sign = glyphs.spinner[int(clock.now_s() * 10) % len(glyphs.spinner)]
    if not live.ready:
        at = live.progress.look()
        return [[(f"{sign} looking at all runs", "muted")], *([_far(at)] if at and at.total else [])]
    if not made.text or made.mistake:
        return [[("The plan stands here as soon as the policy can be read", "muted")]]
    if made.found is not None:
        return [[(f"{sign} making the plan of {len(live):,} runs", "muted")]]
    return no_policy(len(live))


def _far(at: Standing) -> Line:
    left = f", {format.duration(max(at.left, 1))} left" if at.left else ""
    return [(f"  {at.done:,} of {at.total:,}{left}", "text")]
