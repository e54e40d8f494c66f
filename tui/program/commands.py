"""The command palette: every action of the screen that is shown, by name, from the table of keys."""

from collections.abc import Awaitable, Callable
from typing import Any

from rich.markup import escape
from textual.app import App
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen

from ...core.text import safe_text
from ..keys import offered, shown
from ..keys.key import Key
from ..personal.person import own_keys, person_of


async def run_key(app: App[object], key: Key) -> None:
    """Does what a key does, wherever the focus is: the nearest that knows the action is asked."""
    name = key.action.partition("(")[0].rpartition(".")[2]
    focused: list[DOMNode] = list(app.focused.ancestors_with_self) if app.focused is not None else []
    for node in (*focused, app.screen, app):
        if hasattr(node, f"action_{name}"):
            await app.run_action(key.action, node)
            return


def has_effect(screen: Screen[Any], key: Key) -> bool:
    """Whether what a key of the bottom line needs is there: as the focused widget says, or the nearest that knows."""
    if not isinstance(key.footer, str):
        return key.footer
    name = f"when_{key.footer}"
    focused: list[DOMNode] = list(screen.focused.ancestors_with_self) if screen.focused is not None else [screen]
    answer = next((found for node in focused if (found := getattr(node, name, None)) is not None), None)
    return answer is not None and bool(answer())


def places_of(screen: DOMNode) -> tuple[str, ...]:
    """The places of the table of keys that work on a screen, the innermost first."""
    return tuple(getattr(screen, "PLACES", ("app",)))


class KeyCommands(Provider):
    """Actions of the screen below the palette."""

    def _commands(self) -> list[Key]:
        read_only = bool(getattr(getattr(self.screen, "store", None), "read_only", False))
        skipped = ("app.palette",)
        keys = offered(places_of(self.screen), read_only=read_only, own=own_keys(self.screen))
        return [key for key in keys if key.id not in skipped]

    async def discover(self) -> Hits:
        for key in self._commands():
            yield DiscoveryHit(f"{key.label}  ({shown(key)})", self._runner(key), help=key.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for key in self._commands():
            # Letters scattered over a sentence mean nothing; over a name they do.
            score = max(matcher.match(key.label), 0.5 if query.lower() in key.help.lower() else 0.0)
            if score > 0:
                yield Hit(score, matcher.highlight(key.label), self._runner(key), help=key.help)

    def _runner(self, key: Key) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            await run_key(self.app, key)

        return run


class ViewCommands(Provider):
    """A person's saved views, from wherever they are."""

    async def discover(self) -> Hits:
        for name in person_of(self.screen).settings.views:
            label = self._label(name)
            yield DiscoveryHit(Content(label), self._runner(name), text=label, help=self._help(name))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name in person_of(self.screen).settings.views:
            label = self._label(name)
            if (score := matcher.match(label)) > 0:
                # Not by the matcher's highlight, which would take a name for markup.
                yield Hit(score, Content(label), self._runner(name), text=label, help=self._help(name))

    def _label(self, name: str) -> str:
        return f"view {safe_text(name)}"

    def _help(self, name: str) -> str:
        return escape(safe_text(person_of(self.screen).settings.views[name].query, limit=120))

    def _runner(self, name: str) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            app: Any = self.app
            await app.action_place("runs")
            app.home.show_view(name)

        return run
