"""`flightlog doctor`: look for everything that is wrong, and say what to do."""

import sys

from ...core.text import safe_text
from .as_json import plain
from .main import FINDINGS
from .opening import opened
from .options import Settings, json_option, verb
from .output import say, say_json

_MARK = {"note": "·", "warning": "!", "error": "✖"}


@verb(epilog="flightlog doctor\nflightlog doctor --json")
@json_option("One finding a line, as JSON.")
def doctor(settings: Settings, as_json: bool) -> None:
    """Look for everything that is wrong; changes nothing. Exit code 3 when there are warnings or errors."""
    worst = 0
    with opened(settings) as store:
        for finding in store.upkeep.check():
            worst = max(worst, ("note", "warning", "error").index(finding.severity))
            if as_json:
                say_json(plain(finding))
                continue
            mark = (
                {"note": "-", "warning": "!", "error": "x"}[finding.severity]
                if settings.ascii
                else _MARK[finding.severity]
            )
            advice = f"; {safe_text(finding.advice)}" if finding.advice else ""
            say(f"{mark} {finding.kind}: {safe_text(finding.what)} ({safe_text(finding.where)}){advice}")
    if not worst and not as_json:
        say("nothing is wrong")
    sys.exit(FINDINGS if worst else 0)
