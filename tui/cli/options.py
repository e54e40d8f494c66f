"""The options that verbs share: those that every verb takes, before or after its name, and `--json`."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

import click

from .output import written


@dataclass(frozen=True)
class Settings:
    """What the common options say."""

    data: str | None = field(default=None, repr=False)  # a URL may hold a password
    config: str | None = None
    session: str | None = None
    """Whose runs are known; another session's are not found."""
    read_only: bool = False
    ascii: bool = False
    storage: Literal["file", "sqlite"] | None = None
    """Backend of a data directory that is made now; what lies there decides otherwise."""

    def merged(self, options: dict[str, Any]) -> "Settings":
        """These settings with the options that were really given; what is nearer the verb wins."""
        given = {name: value for name, value in options.items() if value not in (None, False)}
        return replace(self, **given)


_OPTIONS = (
    click.option("--data", metavar="DIR|FILE|URL", help="Data directory, database or source (or FLIGHTLOG_DATA)."),
    click.option("--config", metavar="FILE", help="Configuration file (or FLIGHTLOG_CONFIG)."),
    click.option("--session", metavar="ID", help="Know only this session's runs."),
    click.option("--read-only", is_flag=True, help="Change nothing."),
    click.option("--ascii", is_flag=True, help="Plain ASCII glyphs."),
)


YES = click.option("--yes", is_flag=True, help="Do not ask. Where nobody can be asked, nothing is done without it.")


def common_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the common options to a command; its function gets them as keywords."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def page_options(limit: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--limit` (with this default) and `--after`, by which a verb shows one page of what there is."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        help = "Go on from the cursor that an earlier call printed."
        function = click.option("--after", metavar="CURSOR", help=help)(function)
        return click.option("--limit", type=click.IntRange(min=1), default=limit, show_default=True)(function)

    return decorate


def json_option(help: str = "One JSON object a line.") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--json`, which a verb gets as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help=help)


class Verb(click.Command):
    """A command that says so where its help cannot be written."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with written():
            return super().make_context(*args, **kwargs)


C = TypeVar("C", bound=click.Command)


def verb(*, epilog: str = "", cls: type[C] = Verb) -> Callable[[Callable[..., Any]], C]:  # type: ignore[assignment]
    """Makes a function `f(settings, …)` a verb that takes the common options too.

    `epilog` are its examples, a line each.
    """

    def decorate(function: Callable[..., Any]) -> C:
        @functools.wraps(function)
        @click.pass_context
        def called(ctx: click.Context, /, **options: Any) -> Any:
            common = {name: options.pop(name) for name in ("data", "config", "session", "read_only", "ascii")}
            return function((ctx.obj or Settings()).merged(common), **options)

        name = function.__name__.rstrip("_")
        examples = (
            "\b\nExamples:\n" + "\n".join(f"  {line}" for line in epilog.strip().splitlines()) if epilog else None
        )
        return click.command(name=name, cls=cls, epilog=examples)(common_options(called))

    return decorate
