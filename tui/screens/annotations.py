"""Pin, tag and note for the run under the cursor, or for all that are marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual import work
from textual.screen import Screen

from ...core.runs import Run
from ...core.text import safe_text
from .. import format
from ..hinting import READ_ONLY, hint
from ..messages import Trouble
from ..operations.operations import jobs_of
from ..program.command_log import log_of
from ..runs.run_list import RunList

if TYPE_CHECKING:
    from ...core.annotations import Annotation
    from ...core.store import Store
    from ..runs.annotating import Outcome, Targets

MANY = 50
"""More runs than this are annotated only after a question."""


class Annotations(Screen[None]):
    """The actions of a screen that shows a `run_list`."""

    store: Store | None
    run_list: RunList

    def other_pin(self) -> bool:
        """Whether the run under the cursor is pinned."""
        run = self.run_list.current
        return isinstance(run, Run) and run.pinned

    def action_pin(self) -> None:
        from ...core.annotations import Pinned

        pinned = not self.other_pin()
        verb = ("pin" if pinned else "unpin",)
        self._annotate("pinned" if pinned else "unpinned", lambda id: Pinned(run=id, pinned=pinned), verb)

    @work
    async def action_tag(self) -> None:
        from ...core.annotations import Tagged

        text = await self._ask("Tag", "nightly   (-nightly takes it off)")
        if text and (name := text.lstrip("-").strip()):
            tagged = not text.startswith("-")
            verb = ("tag",) if tagged else ("tag", "--remove")
            done = f"tagged {name}" if tagged else f"no longer tagged {name}"
            self._annotate(done, lambda id: Tagged(run=id, tag=name, tagged=tagged), verb, name)

    @work
    async def action_note(self) -> None:
        from ...core.annotations import Noted

        text = await self._ask("Note", "what somebody should know about it")
        if text:
            self._annotate("given the note", lambda id: Noted(run=id, text=text), ("note",), text)

    async def _ask(self, what: str, hint: str) -> str | None:
        from .prompt import Prompt

        number = self._target_count()
        if not number or not self._writable():
            return None
        return await self.app.push_screen_wait(Prompt(f"{what} {format.plural(number, 'run')}", hint))

    @work
    async def _annotate(self, done: str, made: Callable[[str], Annotation], verb: Sequence[str], *words: str) -> None:
        from ..runs.annotating import annotate
        from .prompt import Confirm

        store, number = self.store, self._target_count()
        if store is None or not number or not self._writable():
            return
        targets = self._targets()
        question = f"{format.plural(number, 'run')}: {safe_text(done, limit=60)}?"
        if number > MANY and not await self.app.push_screen_wait(Confirm(question)):
            return
        doing = f"marking as {safe_text(done, limit=30)}"
        work = partial(annotate, store, targets, made)
        jobs_of(self).begin(self, doing, work, partial(self._annotated, done, verb, words), changes=True)

    def _annotated(self, done: str, verb: Sequence[str], words: Sequence[str], outcome: Outcome) -> None:
        text = f"{format.plural(outcome.done, 'run')} {safe_text(done, limit=60)}"
        if outcome.gone:
            text += f"; {format.plural(outcome.gone, 'run')} gone meanwhile"
        if outcome.stopped:
            text += "; stopped, the others are as they were"
        if outcome.error is not None:
            self.post_message(Trouble(outcome.error))
        if outcome.done:
            log_of(self).add((*verb, "--", *outcome.runs, *words), text)
            self.app.notify(text, markup=False)

    def _writable(self) -> bool:
        if self.store is not None and self.store.read_only:
            self.app.notify(only_read(self.run_list.current), severity="warning", markup=False)
            return False
        if self.store is None:
            hint(self, "the data are still being opened")
        return self.store is not None

    def _target_count(self) -> int:
        """How many runs are meant; where none is, that is said."""
        found = self.run_list
        number = found.marked or int(isinstance(found.current, Run))
        if not number:
            hint(self, "no run is marked or under the cursor")
        return number

    def _targets(self) -> Targets:
        from ..runs.annotating import Targets

        found = self.run_list
        if found.marks.all:
            return Targets(frozenset(found.marks.ids), found.query)
        if found.marks.ids:
            return Targets(frozenset(found.marks.ids))
        return Targets(frozenset({found.cursor}))


def only_read(line: object) -> str:
    """Why nothing is changed in a store that is only read, and for another program's run what can be done there."""
    if isinstance(line, Run) and line.source:
        of = safe_text(line.source, limit=40)
        return f"{of} data are only read; where a flightlog.yaml names them under sources:, A archives a copy of a run"
    return READ_ONLY
