"""What a shell completes behind a verb: runs, workflows with their versions, words of a query.

A shell has no place for an error: where nothing can be read, nothing is offered.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from ...core.errors import FlightlogError
from .options import Settings

if TYPE_CHECKING:
    from ...core.store import Store

MOST = 20
_PLAIN = re.compile(r"[\w.@+-]+", re.ASCII)
"""Names that need no quotes in a shell."""


def run(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """The newest runs whose id or name begins so."""
    return _asked(ctx, lambda store: _runs(store, typed))


def version(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Workflows that begin so; behind an @ the versions of one."""
    return _asked(ctx, lambda store: _versions(store, typed))


def run_or_version(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Either."""
    return _asked(ctx, lambda store: (one for found in (_runs, _versions) for one in found(store, typed)))


def query(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """A word of the query language, as the filter of the browser completes it."""
    return _asked(ctx, lambda store: _words(store, typed))


def _runs(store: "Store", typed: str) -> Iterator[CompletionItem]:
    from ...core.query.query import parse
    from ...core.text import safe_text

    of_id = f"id:{typed}" if typed else ""
    for one in store.runs.query(parse(of_id), limit=MOST).items if typed.isalnum() or not typed else ():
        yield CompletionItem(one.id, help=str(safe_text(f"{one.workflow} {one.status} {one.objective}", limit=60)))
    for name in store.runs.values("name", typed, limit=MOST):
        if _PLAIN.fullmatch(name):
            yield CompletionItem(name)


def _versions(store: "Store", typed: str) -> Iterator[CompletionItem]:
    from .naming import workflows_of

    workflow, at, _ = typed.partition("@")
    found = [f"{workflow}@{one.number}" for one in store.workflows.list(workflow)] if at else workflows_of(store)
    for name in sorted(found):
        if name.startswith(typed) and _PLAIN.fullmatch(name):
            yield CompletionItem(name)


def _words(store: "Store", typed: str) -> Iterator[CompletionItem]:
    from ..query.completion import candidates, unfinished

    piece = unfinished(typed, len(typed))
    for found in candidates(piece, store.runs):
        yield CompletionItem(typed[: piece.start] + found, more=found[-1] in ":=<>.")


def _asked(ctx: click.Context, question: "Callable[[Store], Iterator[CompletionItem]]") -> list[CompletionItem]:
    """What a store has for it; nothing where none can be opened, for a message would stand in the line being typed."""
    from .opening import open_store

    with suppress(FlightlogError, click.ClickException), closing(open_store(_settings(ctx))) as store:
        return list(question(store))
    return []


def _settings(ctx: click.Context) -> Settings:
    """What was said on the line so far; nothing is changed by looking."""
    before = _settings(ctx.parent) if ctx.parent else Settings(read_only=True)
    return before.merged({name: ctx.params.get(name) for name in ("data", "config", "session")})
