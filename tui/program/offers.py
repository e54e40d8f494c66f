"""What the command palette offers: the keys that work on a screen, saved views, workflows, themes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ...core.text import safe_text
from ..keys import offered, shown
from ..personal.person import own_keys, person_of
from .commands import places_of, run_key

if TYPE_CHECKING:
    from textual.screen import Screen

    from ...core.store import Store

MOST = 1000
"""Workflows that are offered at most."""


class Offer(NamedTuple):
    """One line of the palette."""

    name: str
    """Safe to show, as all of it is."""
    about: str
    run: Callable[[], Awaitable[Any] | Any]
    key: str = ""
    """As it is written on screen."""
    listed: bool = True
    """Whether it stands there before anything is typed."""


def of_screen(screen: Screen[Any]) -> Iterator[Offer]:
    """All that need not be read: the screen's own keys first."""
    yield from _keys(screen)
    yield from _views(screen)
    for command in screen.app.get_system_commands(screen):
        yield Offer(command.title.lower(), command.help, command.callback)
    for name in sorted(screen.app.available_themes, key=lambda name: (not name.startswith("flightlog"), name)):
        yield Offer(f"theme {name}", "Colours", partial(setattr, screen.app, "theme", name), listed=False)


def _keys(screen: Screen[Any]) -> Iterator[Offer]:
    app: Any = screen.app
    read_only = bool(getattr(getattr(screen, "store", None), "read_only", False))
    for key in offered(places_of(screen), read_only=read_only, own=own_keys(screen)):
        if key.id != "app.palette":
            yield Offer(key.label, key.help, partial(run_key, app, key), shown(key))


def _views(screen: Screen[Any]) -> Iterator[Offer]:
    app: Any = screen.app

    async def show(name: str) -> None:
        await app.action_place("runs")
        app.home.show_view(name)

    for name, view in person_of(screen).settings.views.items():
        yield Offer(f"view {safe_text(name)}", safe_text(view.query, limit=120), partial(show, name))


def workflow_names(store: Store) -> list[str]:
    """The workflows that there are, with runs or without; to be called in a thread."""
    return sorted({*store.runs.values("workflow", limit=MOST), *(one.id for one in store.workflows.list_all())})


def of_workflows(screen: Screen[Any], names: Iterable[str]) -> Iterator[Offer]:
    """A way to each of these workflows."""
    app: Any = screen.app

    async def show(name: str) -> None:
        await app.action_place("workflows")
        app.screen.to_workflow(name)

    for name in names:
        if name:
            about = "To the workflow, its versions and what they came to"
            yield Offer(f"workflow {safe_text(name, limit=60)}", about, partial(show, name), listed=False)
