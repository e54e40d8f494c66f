"""One version: who saved it and why, what its runs came to, and its definition as it was saved."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from ...core.errors import NotFound
from ...core.query.query import of_version
from ...core.store import Store
from ...core.version_history import Entry
from ...core.workflows import Version
from ..glyphs import glyphs_of
from ..hinting import hint, may_change
from ..keys import bindings
from ..lines import Line, all_leading, one_line, wrapped
from ..loading import Loader
from ..messages import ShowRuns
from ..places import version_name, way_to
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.ready_lines import ReadyLines
from ..workflows.version_page import CameTo, code_lines, fact_lines, look_at
from ..yaml_lines import yaml_lines


class Found(NamedTuple):
    """What one reading brought."""

    number: int
    version: Version | None
    code: list[Line]
    came_to: CameTo | None = None
    why: str = ""
    """Why there is no version."""


class VersionScreen(Screen[None]):
    """Shows one of the versions of a history; the keys go through all of them."""

    BINDINGS = bindings("version", "place")
    CSS_PATH = "../styles/workflows.tcss"
    PLACES = ("version", "place", "moves", "app")

    def __init__(self, store: Store, workflow: str, entries: Sequence[Entry], number: int) -> None:
        """`entries` are the history, newest first."""
        super().__init__()
        self.store, self.workflow, self.number = store, workflow, number
        self.entries = [entry for entry in entries if entry.number is not None]
        self.opening = asyncio.Event()
        """Set when it is read: keys wait for that."""
        self.found: Found | None = None
        self.loader: Loader[Found] = Loader(self, self._prepare, self._loaded)

    def compose(self) -> ComposeResult:
        yield FrameLine("top", self._titles, id="version-top")
        with Vertical(id="version-body"):
            yield ReadyLines(self._lines)
        yield KeyBar("version")

    def on_mount(self) -> None:
        bar = self.query_one(KeyBar)
        bar.read_only = self.store.read_only
        self.loader.request()

    @property
    def entry(self) -> Entry | None:
        """The version's place in the history."""
        return next((entry for entry in self.entries if entry.number == self.number), None)

    def _prepare(self) -> Callable[[], Found]:
        store, workflow, number = self.store, self.workflow, self.number
        against = self.entry.against if self.entry else None

        def read() -> Found:
            try:
                version = store.workflows.get(workflow, number)
            except NotFound as error:
                return Found(number, None, [], why=str(error))
            return Found(number, version, yaml_lines(version.definition), look_at(store, workflow, number, against))

        return read

    def _loaded(self, found: Found) -> None:
        if found.number != self.number:
            return
        lines = self.query_one(ReadyLines)
        if self.found is None or self.found.number != found.number:
            lines.cursor = 0
        self.found = found
        lines.show()
        self.query_one("#version-top", FrameLine).update()
        self.opening.set()

    def _titles(self, width: int) -> tuple[Line, Line]:
        here: Line = [(f" {one_line(self.workflow, 60)}", "strong"), (f"@{self.number} ", "title")]
        place = next((n for n, entry in enumerate(self.entries) if entry.number == self.number), 0)
        right: Line = [(f" {len(self.entries) - place} of {len(self.entries)} ", "muted")]
        return [*all_leading(way_to("workflows", glyphs_of(self)), "place.workflows"), *here], right

    def _lines(self, width: int) -> Sequence[Line]:
        if self.found is None:
            return [[("reading", "muted")]]
        version = self.found.version
        if version is None:
            return [[(piece, "muted")] for piece in wrapped(one_line(self.found.why), width)]
        facts = fact_lines(version, self.found.came_to, width, glyphs_of(self))
        return [*facts, *code_lines(self.found.code, width)]

    def when_version(self) -> bool:
        """Whether it could be read."""
        return self.found is not None and self.found.version is not None

    def when_older(self) -> bool:
        """Whether there is one before it."""
        return bool(self.entries) and self.number != self.entries[-1].number

    def when_newer(self) -> bool:
        """Whether there is one after it."""
        return bool(self.entries) and self.number != self.entries[0].number

    # What the person does.

    def action_step(self, direction: int) -> None:
        """To the version before (-1) or after (1) in the order of the history."""
        numbers = [entry.number for entry in self.entries]
        place = numbers.index(self.number) - direction if self.number in numbers else 0
        number = numbers[place] if 0 <= place < len(numbers) else None
        if number is not None:
            self.number = number
            self.loader.request()
        else:
            hint(self, "this is the first version" if direction < 0 else "this is the newest version")

    def action_diff(self) -> None:
        from .version_diff import DiffScreen

        parents = self.entry.parents if self.entry else ()
        self.app.push_screen(DiffScreen(self.store, self.workflow, parents[0] if parents else None, self.number))

    def action_runs(self) -> None:
        query = of_version(self.workflow, self.number)
        self.post_message(ShowRuns(query.text, version_name(self.workflow, self.number), place="workflows"))

    def action_copy(self) -> None:
        if self.found and self.found.version:
            self.app.copy_to_clipboard(self.found.version.definition)
            self.app.notify("definition copied", markup=False)
        else:
            hint(self, "there is no definition to be copied")

    def action_edit(self) -> None:
        """A new version from this one."""
        if not self.when_version():
            hint(self, "there is no definition to write a new one from")
        elif may_change(self, self.store):
            from .version_edit import VersionEdit

            self.app.push_screen(VersionEdit(self.store, self.workflow, self.number), self._saved)

    def _saved(self, version: Version | None) -> None:
        if version is not None:
            self.entries.insert(0, Entry(version.number, version, None, None))
            self.number = version.number
            self.loader.request()

    def action_refresh(self) -> None:
        """Reads it again."""
        self.loader.request()

    def action_back(self) -> None:
        self.dismiss()
