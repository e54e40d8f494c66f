"""Questions before something is changed: asked at a terminal, refused where nobody can answer."""

import sys
from collections.abc import Sequence

import click

from ...core.errors import ConfigError
from ...core.text import safe_text
from .main import FAILED
from .output import say


def can_ask() -> bool:
    """Whether somebody sits there to answer."""
    return sys.stdin.isatty()


def consent(question: str, *, yes: bool, names: Sequence[str] = (), what: str = "this changes the store") -> None:
    """Goes on if somebody agrees: by --yes, or at the terminal, where `names` of workflows have to be typed.

    Exits if not. ConfigError, which says `what` as a clause, where nobody can be asked.
    """
    if yes:
        return
    if not can_ask():
        raise ConfigError(f"{what}, and nobody can be asked here", advice="nothing was done; add --yes")
    if not (all(map(_typed, names)) if names else click.confirm(safe_text(question), err=True)):
        say("nothing was changed", err=True)
        sys.exit(FAILED)


def _typed(name: str) -> bool:
    text = f"No run of {safe_text(name)} would be left. Its name, to go on"
    return bool(click.prompt(text, default="", show_default=False, err=True) == name)
