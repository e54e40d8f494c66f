"""Archive, restore, delete and undo, on whatever screen: looked at in a thread, asked, begun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from textual.app import App
from textual.screen import Screen

from ...core.choosing import Doing, Survey, begin, survey
from ...core.operations import REVERSIBLE, Operation, Order, by_a_policy, new_order, twin_of
from ...core.progress import counted
from ...core.signing import who
from ...core.text import safe_text
from ...core.undoing import newest_reversible
from .. import format
from ..hinting import may_change
from ..loading import ask_in_thread
from ..operations.operations import Operations, Work, jobs_of, operations_of, reasons, stays
from ..personal.person import key_for
from ..program.command_log import on_runs
from ..runs.annotating import Targets
from ..space.words import SWELL
from .prompt import Confirm, Prompt

if TYPE_CHECKING:
    from ...core.store import Store


class Words(NamedTuple):
    """How an operation is called."""

    ask: str
    doing: str
    done: str
    alone: str
    """What becomes of one run."""
    then: str
    """The same of several."""
    verb: str


WORDS: dict[str, Words] = {
    "archive": Words(
        "Archive",
        "archiving",
        "archived",
        "It stays readable; {restore} restores it.",
        "They stay readable; {restore} restores them.",
        "archive",
    ),
    "restore": Words(
        "Restore", "restoring", "restored", "It is a live run again.", "They are live runs again.", "restore"
    ),
    "trash": Words(
        "Delete",
        "deleting",
        "moved to the trash",
        "It goes to the trash; {undo} takes it back.",
        "They go to the trash; {undo} takes them back.",
        "rm",
    ),
}


def operate(
    screen: Screen[Any],
    store: Store,
    doing: Doing,
    targets: Targets,
    *,
    then: Callable[[], object],
    hidden: Callable[[], int] = lambda: 0,
) -> None:
    """Looks at the runs in a thread, asks, and begins it; `then` is called when it has begun.

    `hidden` counts those that the person marked and does not see.
    """

    def look() -> tuple[Survey, int]:
        found = targets.runs(store)
        return survey(doing, counted(found, targets.count(store), "looking at runs"), store.runs), hidden()

    def looked(found: tuple[Survey, int]) -> None:
        if not found[0].chosen:
            words = WORDS[found[0].doing]
            screen.app.notify(f"nothing to {words.verb}: {told(found[0])}", severity="warning", markup=False)
        else:
            screen.run_worker(_confirm(screen, store, targets, *found, then))

    jobs_of(screen).begin(screen, "looking at runs", look, looked)


async def _confirm(
    screen: Screen[Any], store: Store, targets: Targets, found: Survey, hidden: int, then: Callable[[], object]
) -> None:
    words = WORDS[found.doing]
    keys = {"restore": key_for(screen, "runs.restore"), "undo": key_for(screen, "runs.undo")}
    if not await screen.app.push_screen_wait(Confirm(question(found), *consequences(found, hidden, keys))):
        return
    if not await named(screen.app, found.emptied):
        return
    order = new_order(by=who(), why=twin(words.verb, targets))
    done = "copied to the archive" if found.copies == len(found.chosen) else words.done
    twins = on_runs(words.verb, targets)
    work = Work(words.doing, done, len(found.chosen), lambda: begin(found, order, store.upkeep), undo=True, words=twins)
    if begin_work(screen, work):
        then()


async def named(app: App[Any], emptied: Sequence[str]) -> bool:
    """Whether nothing would be emptied, or the person typed the name of a workflow of which nothing would be left."""
    if not emptied:
        return True
    name = emptied[0]
    more = f" and of {format.plural(len(emptied) - 1, 'other workflow')}" if len(emptied) > 1 else ""
    title = f"No run of {safe_text(name, limit=40)}{more} would be left."
    typed = await app.push_screen_wait(Prompt(title, "type its name to go on"))
    if typed is not None and typed != name.strip():
        app.notify("that is not its name: nothing was done", severity="warning", markup=False)
    return typed == name.strip()


def begin_work(screen: Screen[Any], work: Work) -> bool:
    """Begins it in the program that the screen belongs to; False if something else is under way there."""
    found = operations_of(screen)
    assert isinstance(found, Operations)
    return found.begin(work)


def undo(screen: Screen[Any], store: Store | None, operation: str = "") -> None:
    """Asks whether this operation is to be taken back, or the newest that can be, and does it."""
    if store is None or not may_change(screen, store):
        return

    def look() -> Operation | None:
        return store.upkeep.operation(operation) if operation else newest_reversible(store.upkeep)

    def found(operation: Operation | None) -> None:
        if operation is None:
            screen.app.notify("there is nothing to be taken back", markup=False)
        elif not operation.reversible:
            screen.app.notify(why_final(operation), markup=False)
        else:
            screen.run_worker(_ask_to_undo(screen, store, operation))

    ask_in_thread(screen, look, found)


async def _ask_to_undo(screen: Screen[Any], store: Store, operation: Operation) -> None:
    done = {"archive": "archived", "restore": "restored", "trash": "deleted"}[operation.kind]
    signed = f" by {safe_text(operation.by, limit=40)}" if operation.by else ""
    what = f"Undo: {format.plural(operation.done, 'run')} {done} at {format.moment(operation.at)}{signed}?"
    then = _taken_back(operation)
    if by_a_policy(operation.runs):
        then += " The policy does nothing by itself then, until it is applied by hand again."
    if await screen.app.push_screen_wait(Confirm(what, then)):
        order: Order = new_order(by=who(), why=f"flightlog undo {operation.id}")
        begin_work(
            screen,
            Work(
                "undoing",
                "as before",
                operation.done,
                lambda: store.upkeep.undo(order, operation.id),
                words=("undo", operation.id, "--yes"),
            ),
        )


def why_final(operation: Operation) -> str:
    """Why one that is not reversible cannot be taken back."""
    if operation.undone:
        return "it was taken back already"
    if operation.elsewhere:
        return f"it was done in {safe_text(operation.elsewhere, limit=100)}, and can be taken back only there"
    if operation.kind in REVERSIBLE:
        return "it has done nothing that could be taken back"
    return "this cannot be taken back: what was removed for good, or is taken back itself, stays so"


_BACK = {
    "archive": ("It is unpacked again.", "They are unpacked again."),
    "restore": ("It goes back to the archive.", "They go back to the archive."),
    "trash": ("It comes back from the trash.", "They come back from the trash."),
}
"""What becomes of one run, and of several, when the operation is taken back."""


def _taken_back(operation: Operation) -> str:
    copies = {bool(one.copy_of) for one in operation.runs if one.outcome == "done"}
    if copies == {True}:
        return "What was copied is removed from the archive; the runs themselves stay as they are."
    if True in copies:
        return "They are unpacked again; copies of another program's runs are removed."
    alone, several = _BACK[operation.kind]
    return alone if operation.done == 1 else several


def question(found: Survey) -> str:
    """What is asked: how many, and how much."""
    ask = WORDS[found.doing].ask
    if found.copies:
        whole = found.copies == len(found.chosen)
        ask += " a copy of" if whole and found.copies == 1 else " copies of" if whole else ""
    size = format.size(found.size_bytes)
    unknown = f", the size of {found.unknown:,} is not known" if found.unknown else ""
    return f"{ask} {format.plural(len(found.chosen), 'run')} ({size}{unknown})?"


_KEYS = {"restore": "R", "undo": "z"}


def consequences(found: Survey, hidden: int = 0, keys: dict[str, str] = _KEYS) -> list[str]:
    """What else is to be known before one says yes; safe to show. `keys`: those that do the contrary."""
    words = WORDS[found.doing]
    then = (words.alone if len(found.chosen) == 1 else words.then).format(**keys)
    lines = [then] if found.copies < len(found.chosen) or not found.chosen else []
    if found.copies:
        whose = "The run belongs" if found.copies == 1 else f"{found.copies:,} runs belong"
        lines.append(f"{whose} to another program: a copy is archived, and the run itself stays as it is.")
    if found.swell:
        lines.append(SWELL[len(found.chosen) > 1])
    if hidden:
        lines.append(f"{format.plural(hidden, 'marked run')} the filter does not show.")
    if found.refused:
        lines.append(f"{stays(Counter(found.refused))}.")
    return lines


def told(found: Survey) -> str:
    """Why runs stay."""
    return reasons(Counter(found.refused)) if found.refused else "there is no such run"


def twin(verb: str, targets: Targets) -> str:
    """The command line that does the same."""
    return twin_of(verb, sorted(targets.ids), None if targets.query is None else targets.query.lasting)
