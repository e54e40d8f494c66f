"""A new version of a workflow, written from an old one, which becomes its parent."""

import asyncio
import re
from collections.abc import Callable
from functools import partial

from textual import on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.containers import Vertical
from textual.screen import Screen

from ...core.errors import FlightlogError
from ...core.signing import who
from ...core.store import Store
from ...core.text import safe_text
from ...core.workflows import Version
from ..glyphs import glyphs_of
from ..hinting import hint
from ..keys import bindings
from ..lines import Line, one_line
from ..loading import Loader, in_thread
from ..places import version_name, way_to
from ..program.command_log import log_of
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import OneLine
from ..widgets.yaml_editor import YamlEditor
from ..workflows.editing import edited, mistake_in
from .prompt import Confirm, Prompt

_LINE = re.compile(r"\bline (\d+)\b")


class VersionEdit(Screen[Version | None]):
    """An editor in the program; the person's own is a key away. It ends with the version that was saved, if one was."""

    BINDINGS = bindings("edit")
    CSS_PATH = "../styles/workflows.tcss"
    PLACES = ("edit", "app")
    AUTO_FOCUS = "YamlEditor"

    def __init__(self, store: Store, workflow: str, parent: int) -> None:
        super().__init__()
        self.store, self.workflow, self.parent_number = store, workflow, parent
        self.opening = asyncio.Event()
        """Set when it is read: keys wait for that."""
        self.before: Version | None = None
        self._as_read = ""
        """The parent's text as the editor has it: its line ends are of one kind."""
        self.problem = ""
        self._saving = False
        self._loader: Loader[Version] = Loader(self, self._prepare, self._loaded)

    def compose(self) -> ComposeResult:
        yield FrameLine("top", self._titles, id="edit-top")
        with Vertical(id="edit-body"):
            yield YamlEditor(id="edit-text")
            yield OneLine(self._said, id="edit-problem")
        yield KeyBar("edit")

    @property
    def editor(self) -> YamlEditor:
        """Where it is written."""
        return self.query_one(YamlEditor)

    @property
    def is_changed(self) -> bool:
        """Whether something was written that is not saved."""
        return self.before is not None and self.editor.text != self._as_read

    def when_changed(self) -> bool:
        """Whether there is something to be saved."""
        return self.is_changed

    def on_mount(self) -> None:
        self.editor.read_only = True  # until there is something to write in
        self._loader.request()

    def _prepare(self) -> Callable[[], Version]:
        return partial(self.store.workflows.get, self.workflow, self.parent_number)

    def _loaded(self, found: Version) -> None:
        self.before = found
        self.editor.load_text(found.definition)
        self._as_read = self.editor.text
        self.editor.coloured()
        self.editor.read_only = False
        self._show()
        self.opening.set()

    # What is said.

    def _titles(self, width: int) -> tuple[Line, Line]:
        # No way back to click on: what is written here is left by esc, which asks.
        left: Line = [
            *way_to("workflows", glyphs_of(self)),
            (f" {one_line(self.workflow, 60)}", "strong"),
            (f" {glyphs_of(self).into} a new version from @{self.parent_number} ", "title"),
        ]
        return left, [(" not saved ", "accent")] if self.before is not None and self.is_changed else []

    def _said(self, width: int) -> Line:
        return [(f"{glyphs_of(self).failed} {one_line(self.problem, width)}", "bad")] if self.problem else []

    def _show(self) -> None:
        self.query_one("#edit-top", FrameLine).update()
        self.query_one("#edit-problem").refresh()
        self.refresh_bindings()

    def _complain(self, line: int | None, problem: str) -> None:
        self.problem = problem
        self.editor.mark(line)
        if line is not None:
            self.editor.move_cursor((min(line, self.editor.document.line_count - 1), 0))
        self._show()

    @on(YamlEditor.Changed)
    def written(self) -> None:
        """Takes the mark off the line with the mistake: it may be mended."""
        self.editor.coloured()
        if self.problem:
            self._complain(None, "")
        self._show()

    # What the person does.

    @work
    async def action_save(self) -> None:
        if self._saving or self.before is None:
            return
        if not self.is_changed:
            hint(self, "nothing was changed: there is no new version to save")
            return
        text = self.editor.text
        line, problem = mistake_in(text)
        if problem:
            self._complain(line, problem)
            return
        title = f"What changed from {version_name(self.workflow, self.parent_number)}, and why?"
        note = await self.app.push_screen_wait(Prompt(title, "a note, or nothing", may_be_empty=True))
        if note is not None:
            self._saving = True
            in_thread(self, partial(self._store, text, note), partial(self._stored, note))

    def _store(self, text: str, note: str) -> Version:
        return self.store.workflows.store(self.workflow, text, parents=[self.parent_number], author=who(), note=note)

    def _stored(self, note: str, found: Version | FlightlogError) -> None:
        self._saving = False
        if isinstance(found, FlightlogError):
            place = _LINE.search(str(found))
            self._complain(int(place[1]) - 1 if place else None, str(found))
            return
        words = ("save", self.workflow, "-", "--parent", str(self.parent_number), "--note", note)
        told = f"saved {version_name(self.workflow, found.number)}, from @{self.parent_number}"
        log_of(self).add(words, told)
        self.app.notify(safe_text(told), markup=False)
        self.dismiss(found)

    def action_own_editor(self) -> None:
        """The text in the editor that VISUAL or EDITOR name, and back."""
        if self.before is None:
            return
        try:
            with self.app.suspend():
                text = edited(self.editor.text, "definition.yaml")
        except SuspendNotSupported:
            self._complain(None, "this terminal cannot be lent to another editor: write here")
        except FlightlogError as error:
            self._complain(None, str(error))
        else:
            self.editor.put(text)
            line, problem = mistake_in(text)
            self._complain(line, problem)

    @work
    async def action_leave(self) -> None:
        if not self.is_changed or await self.app.push_screen_wait(Confirm("Leave what was written, unsaved?")):
            self.dismiss(None)
