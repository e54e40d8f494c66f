"""Questions before something is changed: asked at a terminal, refused where nobody can answer."""

import sys

import click

from ...core.errors import ConfigError
from ...core.text import safe_text


def ask(question: str, what: str = "this changes the store") -> None:
    """Goes on if the person at the terminal says yes, and aborts if not; ConfigError where there is none.

    `what` is told then, as a clause.
    """
    if not sys.stdin.isatty():
        raise ConfigError(f"{what}, and nobody can be asked here", advice="add --yes")
    click.confirm(safe_text(question), abort=True, err=True)
