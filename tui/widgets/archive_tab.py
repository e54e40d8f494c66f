"""The archive as a tab: what lies there is looked for, opened in place, verified and restored."""

import shlex
from collections.abc import Callable, Hashable, Iterator, Sequence

from textual import on, work
from textual.app import ComposeResult

from ...core.errors import NotFound
from ...core.operations import Done, new_order
from ...core.pages import Page, Sort, each
from ...core.progress import counted
from ...core.query.query import EVERYTHING, Query, parse
from ...core.runs import Run
from ...core.signing import who
from ...core.upkeep import Finding
from .. import format
from ..glyphs import glyphs_of
from ..hinting import hint, may_change
from ..keys import bindings
from ..lines import Line, one_line, status_ink
from ..messages import OpenRun
from ..operations.operations import Work, jobs_of
from ..personal.person import key_for
from ..screens.prompt import Confirm
from ..screens.run_operations import begin_work
from .filter_bar import FilterBar
from .line_list import LineList
from .list_tab import ListTab, Table

ARCHIVED = parse("archived")


class ArchiveTab(ListTab[Run]):
    """Archived runs, the newest first."""

    BINDINGS = bindings("archive")
    TABLE = Table(
        ("", "Run", "Workflow", "Started", "Ended", "Tokens", "Size", "About"),
        "llllrrrl",
        7,
        (5, 3, 2),
        {1: 26, 2: 24},
    )

    filter: Query = EVERYTHING

    def compose(self) -> ComposeResult:
        yield FilterBar(self._filter_count, lambda: self.store.runs)
        yield from super().compose()

    @property
    def query_in_force(self) -> Query:
        """What is looked for, among archived runs."""
        return ARCHIVED & self.filter if self.filter != EVERYTHING else ARCHIVED

    def read(self, limit: int, after: str | None) -> Page[Run]:
        return self.store.runs.query(self.query_in_force, Sort(), limit=limit, after=after)

    def cells_of(self, one: Run) -> list[str]:
        glyphs = glyphs_of(self)
        version = "" if one.version is None else f"@{one.version}"
        return [
            glyphs.status(one.status),
            one_line(one.name or format.short_id(one.id, glyphs), 80),
            f"{one_line(one.workflow, 60)}{version}",
            format.clock(one.started, short=True),
            format.clock(one.finished, short=True) if one.finished else glyphs.dash,
            format.run_tokens(one, glyphs),
            format.size(one.size_bytes),
            one_line(one.error or one.objective, 200),
        ]

    def inks_of(self, one: Run) -> list[str]:
        return [status_ink(one.status), "text", "text", "muted", "muted", "text", "text", "muted"]

    def key_of(self, one: Run) -> Hashable:
        return one.id

    def detail_of(self, one: Run) -> Line:
        took = f"{format.moment(one.started)}" if one.started else "nobody knows when"
        return [(one.id, "text"), (f" {glyphs_of(self).dot} {took} {glyphs_of(self).dot} {one.status}", "muted")]

    def empty_lines(self) -> Sequence[Line]:
        if self.filter != EVERYTHING:
            return [
                [("No archived run matches", "strong"), (f"  {one_line(self.filter.text, 200)}", "text")],
                [("esc in the filter clears it", "muted")],
            ]
        key = key_for(self, "runs.archive")
        return [
            [("The archive is empty", "strong")],
            [(f"{key} packs runs away in the list of runs, or a policy does: smaller, and still readable", "muted")],
        ]

    # The filter.

    def _filter_count(self, width: int) -> Line:
        more = "+" if self.next is not None else ""
        return [(f"[{len(self.rows.items):,}{more}]".rjust(width - 1), "muted")]

    def redraw(self) -> None:
        super().redraw()
        self.query_one(FilterBar).counted()

    def action_filter(self) -> None:
        self.query_one(FilterBar).open()

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self.filter = message.query
        self.again()

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self.rows.focus()

    def clear_filter(self) -> bool:
        """Takes the filter off; False if there is none."""
        if self.filter == EVERYTHING:
            return False
        self.query_one(FilterBar).close(clear=True)
        return True

    def when_filterable(self) -> bool:
        """Whether there is anything to be looked for, or a filter in force."""
        return bool(self.rows.items) or self.filter != EVERYTHING

    # What the person does.

    @on(LineList.Chosen)
    def action_open(self) -> None:
        one = self.chosen
        if one is not None:
            self.post_message(OpenRun(one.id))

    def action_verify(self) -> None:
        one, store = self.chosen, self.store
        if one is None:
            return

        def found(finding: Finding | None) -> None:
            if finding is not None:
                self.app.notify(one_line(f"{finding.what} ({finding.where})", 300), severity="error", markup=False)
            else:
                self.app.notify(f"{one.id} was read whole: every digest is right", markup=False)

        jobs_of(self).begin(self, "reading an archive", lambda: store.upkeep.verify_archive(one.id), found)

    def action_verify_all(self) -> None:
        self._with_all("verifying", self._verify)

    def _verify(self, ids: Sequence[str]) -> None:
        store = self.store

        def begin() -> Iterator[Done]:
            for id in ids:
                try:
                    finding = store.upkeep.verify_archive(id)
                except NotFound:
                    yield Done(run=id, outcome="skipped", why="no longer in the archive")
                    continue
                yield Done(run=id, outcome="failed" if finding else "done", why=finding.what if finding else "")

        begin_work(self.screen, Work("verifying", "read whole, every digest right", len(ids), begin))

    def action_restore(self) -> None:
        one = self.chosen
        if one is not None and may_change(self, self.store):
            self._ask_to_restore([one.id], one.size_bytes)

    def action_restore_all(self) -> None:
        if may_change(self, self.store):
            self._with_all("restoring", lambda ids: self._ask_to_restore(ids, None))

    def _with_all(self, doing: str, then: Callable[[Sequence[str]], object]) -> None:
        """Goes on with the ids of all that the filter shows."""
        store, query = self.store, self.query_in_force

        def ids() -> list[str]:
            runs = each(lambda after: store.runs.query(query, Sort(), limit=1000, after=after))
            return list({run.id: None for run in counted(runs, store.runs.count(query))})

        def go_on(found: list[str]) -> None:
            if found:
                then(found)
            else:
                hint(self, "nothing is listed here")

        jobs_of(self).begin(self, "looking at runs", ids, go_on)

    @work
    async def _ask_to_restore(self, ids: Sequence[str], size: int | None) -> None:
        store = self.store
        words = ("restore", *(("--where", f"archived {self.filter.lasting}".strip()) if len(ids) > 1 else ids), "--yes")
        order = new_order(by=who(), why=shlex.join(("flightlog", *words)))
        much = f" ({format.size(size)})" if size is not None else ""
        what = f"Restore {format.plural(len(ids), 'run')}{much}?"
        then = "It is a live run" if len(ids) == 1 else "They are live runs"
        if await self.app.push_screen_wait(Confirm(what, f"{then} again, the same bytes.")):
            work = Work(
                "restoring", "restored", len(ids), lambda: store.upkeep.restore(order, ids), undo=True, words=words
            )
            begin_work(self.screen, work)
