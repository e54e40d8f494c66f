"""From the text of a policy to its plan on screen, in a thread; what is known already is not made again."""

from datetime import datetime
from typing import NamedTuple

from ...core import clock
from ...core.retention.live import LiveCatalogue
from ...core.retention.plan import Plan, plan
from ...core.retention.policy_file import PolicyFile, PolicyMistake, Retention
from ...core.store import Store
from ..glyphs import Glyphs
from .plan_page import PlanPage, Shown

MINUTE = 60.0
"""Seconds after which a plan is made anew, for runs have grown older."""


class Made(NamedTuple):
    """What came of a text."""

    text: str
    found: Retention | None = None
    mistake: PolicyMistake | None = None
    plan: Plan | None = None
    page: PlanPage | None = None
    revision: int = -1
    """Of the catalogue that the plan was made from."""
    made: float = 0.0
    """When, Unix seconds."""


def make(
    store: Store, file: PolicyFile, live: LiveCatalogue, text: str, shown: Shown, glyphs: Glyphs, before: Made
) -> Made:
    """Checks a text, and makes the plan that it means; where that cannot be told, what was made before stays."""
    now, revision = clock.now_s(), live.revision
    found, mistake = (before.found, None) if text == before.text and before.mistake is None else (None, None)
    if found is None:
        if not says_anything(text):
            return Made(text)
        try:
            found = file.checked(text, store.runs)
        except PolicyMistake as error:
            if error.said is None:
                return before._replace(text=text, found=None, mistake=error)
            # What it does is shown all the same: nothing to what bears a name that nothing bears.
            found, mistake = error.said, error
    if not live.ready:
        return Made(text, found, mistake)
    same = before.found == found and before.revision == revision and now - before.made < MINUTE
    if before.plan is None or before.page is None or not same:
        made = plan(live.catalogue(found.policy), found.policy, datetime.fromtimestamp(now).astimezone())
        return Made(text, found, mistake, made, PlanPage(made, shown, glyphs), revision, now)
    page = before.page if before.page.shown == shown else before.page.again(shown)
    return before._replace(text=text, mistake=mistake, page=page)


def says_anything(text: str) -> bool:
    """Whether there is more in a text than comments."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.split("\n"))
