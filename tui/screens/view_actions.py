"""Saved views: what is shown of the runs gets a name, and comes back by it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on, work

from ...core.query.query import parse
from ...core.query.query_nodes import quoted
from ...core.text import safe_text
from ..cycle import after
from ..loading import ask_in_thread
from ..personal.person import key_for, person_of
from ..personal.settings import View, read_settings, settings_file
from ..runs.saved_views import ALL, LONGEST, shown_view, sort_of_view
from ..widgets.view_bar import ViewBar
from .list_actions import ListActions


class ViewActions(ListActions):
    """The actions of a run list that stand for themselves, and not for what another place asks of the runs."""

    has_views = True

    if TYPE_CHECKING:  # the screen's own, see `Remembering`

        def left(self) -> dict[str, Any]: ...

        def take_up(self, kept: dict[str, Any]) -> None: ...

        def show_taken(self) -> None: ...

    def views(self) -> Mapping[str, View]:
        """The person's views by their names."""
        return person_of(self).settings.views if self.has_views else {}

    def view_shown(self) -> str | None:
        """See `shown_view`."""
        found = self.run_list
        return shown_view(self.views(), found.query.text, found.sort)

    def show_view(self, name: str) -> None:
        """Shows what a view shows; by an empty name all runs."""
        view = self.views().get(name, View(""))
        self.show_query(view.query, {"sort": sort_of_view(view).field, "descending": True})

    def show_query(self, query: str, order: Mapping[str, Any] = {}) -> None:
        """Shows the runs that a query matches, in another order if one is given."""
        self.run_list.following = False
        self.take_up({**self.left(), "query": query, **order, "run": ""})
        self.show_taken()

    @on(ViewBar.Picked)
    def _picked(self, message: ViewBar.Picked) -> None:
        self.show_view(message.name)

    def action_next_view(self, step: int) -> None:
        """Through all views, and the list without one."""
        if not self.views():
            key = key_for(self, "runs.save_view")
            self.app.notify(f"there is no view yet: {key} saves the filter and order as one", markup=False)
            return
        names, shown = ["", *self.views()], self.view_shown()
        self.show_view(after(shown, names, step) if shown in names else names[max(step - 1, -1)])

    def when_views(self) -> bool:
        """Whether there is a saved view to go to."""
        return bool(self.views())

    @work
    async def action_save_view(self) -> None:
        """Gives what is shown a name; what has one already may lose it."""
        from .prompt import Confirm, Prompt

        shown, found = self.view_shown(), self.run_list
        if shown == "" or not self.has_views:
            self.app.notify("there is neither a filter nor an order that could be saved", markup=False)
        elif shown is not None:
            if await self.app.push_screen_wait(Confirm(f"Forget the view {safe_text(shown)}?", "No run is touched.")):
                self._save(shown, None)
        else:
            what = f"Save {safe_text(found.query.text, limit=40) or 'this order'} as a view"
            name = await self.app.push_screen_wait(Prompt(what, "its name: failures"))
            if name and self._is_good(name) and not self._is_circular(name, found.query.text):
                field = found.sort.field
                self._save(name, View(found.query.text, "" if field == "started" else field))

    def _is_good(self, name: str) -> bool:
        if name == ALL or len(name) > LONGEST or safe_text(name) != name:
            what = f"a name of at most {LONGEST} plain characters is wanted, and not {ALL!r}"
            self.app.notify(what, severity="warning", markup=False)
            return False
        return True

    def _is_circular(self, name: str, text: str) -> bool:
        """Whether a view of this name would ask for itself, perhaps through others."""
        texts = {other: view.query for other, view in self.views().items()} | {name: text}
        problem = parse(f"@{quoted(name)}", texts).message
        if not problem or parse(text, texts).message == self.run_list.query.message:
            return False
        told = f"{safe_text(name)} would stand for itself, take another name"
        self.app.notify(told, severity="warning", markup=False)
        return True

    def _save(self, name: str, view: View | None) -> None:
        """Writes it into the person's settings, in a thread."""
        from shlex import quote

        from ..personal.rewriting import save_view

        person = person_of(self)
        file = Path(person.settings.file) if person.settings.file else settings_file()

        def write() -> dict[str, View]:
            save_view(file, name, view)
            return read_settings(file).views

        def done(found: dict[str, View]) -> None:
            person.viewed(found)
            self.query_one(ViewBar).update()
            line = f"flightlog ls {quote(f'@{name}')}"
            told = f"saved; `{line}` lists it too" if view is not None else "forgotten"
            self.app.notify(f"the view {name} is {told}", markup=False)

        ask_in_thread(self, write, done)
