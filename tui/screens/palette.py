"""The command palette, and the one of themes, in the signs that the program draws."""

import asyncio
from functools import partial

from rich.markup import escape
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from ...core.errors import FlightlogError
from ..loading import in_thread
from ..program.finding import rank
from ..program.offers import Offer, of_screen, of_workflows, workflow_names
from ..widgets.strips import plain_scroll_bar


class Palette(CommandPalette):
    """Textual's own, without signs outside ASCII where none are wanted."""

    def __init__(self, what: str, providers: "list[type[Provider]]", *, id: str | None = None) -> None:
        super().__init__(providers, placeholder=f"search for {what}", id=id)

    def on_mount(self) -> None:
        plain_scroll_bar(self.query_one(CommandList))


class Offers(Provider):
    """All that the palette offers over a screen, in one order; workflows are read while one begins to type."""

    async def startup(self) -> None:
        self._offers = list(of_screen(self.screen))
        self._workflows: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        store = getattr(self.app, "store", None)
        if store is None:
            self._workflows.set_result([])
        else:
            in_thread(self.app, partial(workflow_names, store), self._read)

    def _read(self, found: list[str] | FlightlogError) -> None:
        if not self._workflows.done():
            self._workflows.set_result(found if isinstance(found, list) else [])

    async def discover(self) -> Hits:
        for offer in self._offers:
            if offer.listed:
                yield DiscoveryHit(_shown(Content(offer.name), offer), offer.run, offer.name, escape(offer.about))

    async def search(self, query: str) -> Hits:
        for offer in self._offers:
            if (hit := self._hit(query, offer)) is not None:
                yield hit
        for offer in of_workflows(self.screen, await self._workflows):
            if (hit := self._hit(query, offer)) is not None:
                yield hit

    def _hit(self, query: str, offer: Offer) -> Hit | None:
        matcher = self.matcher(query)
        fuzzy = matcher.match(offer.name)
        score = rank(query, offer.name, offer.about, fuzzy)
        if not score:
            return None
        # What an agent or a person called something is no markup, for which `highlight` would take it.
        plain = Content(offer.name)
        name = matcher.highlight(offer.name) if fuzzy > 0 and "[" not in offer.name else plain
        return Hit(score, _shown(name, offer), offer.run, offer.name, escape(offer.about))


def _shown(name: Content, offer: Offer) -> Content:
    return Content.assemble(name, f"  ({offer.key})") if offer.key else name
