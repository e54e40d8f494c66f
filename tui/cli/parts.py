"""A verb that has parts, words of its own after its name: `archive RUN…`, and `archive ls`."""

from typing import Any

import click
from click.shell_completion import CompletionItem

from .options import Verb


class Parted(Verb):
    """A command whose first word may be the name of another one, which is then called in its place."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts: dict[str, click.Command] = {}

    def part(self, command: click.Command) -> click.Command:
        """Adds a part under its name."""
        self.parts[command.name or ""] = command
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        part = self.parts.get(args[0]) if args else None
        if part is None:
            return super().make_context(info_name, args, parent, **extra)
        return part.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        named = [CompletionItem(name) for name in self.parts if name.startswith(incomplete)]
        return named + super().shell_complete(ctx, incomplete)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        with formatter.section("Parts"):
            formatter.write_dl([(name, part.get_short_help_str(80)) for name, part in self.parts.items()])
