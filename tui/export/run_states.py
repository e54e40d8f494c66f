"""The states of a run on its page: what changed from checkpoint to checkpoint, and the final one."""

from collections.abc import Iterator

from msgspec import UNSET

from ...core.checkpoints import Checkpoint, StateKey
from ...core.diff import json_diff
from ...core.runs import Run
from ...core.store import Store
from .. import format
from ..compare.state_rows import value_or_why
from ..compare.value_rows import path_text
from .bounds import BODY, CHANGES, CHECKPOINTS, VALUE_BYTES, VALUES, at_hand, left_out
from .elements import Html, folded, joined, note, section, tag
from .values import value


def states(store: Store, run: Run) -> Html:
    """The newest checkpoints, each with what changed against its parent, and the last state whole."""
    found = _newest(store, run)
    names = {step.id: step.name for step in store.runs.steps(run.id, limit=10_000)}
    budget = _Budget()
    parts = []
    if left := left_out(len(found), run.checkpoints, "checkpoints"):
        parts.append(note(f"{left}: shown are the newest"))
    last = _final(store, found[-1], budget) if found else Html("")
    for number, one in enumerate(found, 1):
        at_hand(f"states {number} of {len(found)}")
        parts.append(_one(store, one, names, budget))
    if budget.spent:
        parts.append(note(f"only {VALUES:,} values are shown here; the others by their size"))
    return section("States", *parts, last, about=format.plural(run.checkpoints, "checkpoint"))


class _Budget:
    """How many values may still be read."""

    def __init__(self) -> None:
        self.left = VALUES

    def take(self, key: StateKey | None) -> bool:
        """Whether this value is read."""
        if key is None or key.opaque is not None or key.size_bytes > VALUE_BYTES or self.left <= 0:
            return False
        self.left -= 1
        return True

    @property
    def spent(self) -> bool:
        """Whether there was not enough for all."""
        return self.left <= 0


def _newest(store: Store, run: Run) -> list[Checkpoint]:
    if run.checkpoints <= CHECKPOINTS:
        return store.checkpoints.list(run.id, limit=CHECKPOINTS)
    reach = 4 * CHECKPOINTS
    while True:
        after = max(run.last_seq - reach, 0)
        found = store.checkpoints.list(run.id, after=after)
        if len(found) >= CHECKPOINTS or not after:
            return found[-CHECKPOINTS:]
        reach *= 8


def _one(store: Store, one: Checkpoint, names: dict[str, str], budget: _Budget) -> Html:
    step = names.get(one.step, one.step) if one.step else ""
    held = "" if one.keys is None else f"{format.plural(one.keys, 'key')}, "
    about = f"  {format.moment(one.t)}  {held}{format.size(one.size_bytes)}"
    changed = "" if one.changed is None else f", {len(one.changed):,} changed"
    title = joined([tag("span", one.label or step or "checkpoint", class_="strong"), tag("small", about + changed)])
    return folded(title, *_changes(store, one, budget))


def _changes(store: Store, one: Checkpoint, budget: _Budget) -> Iterator[Html]:
    if one.parent is None:
        yield note("the first state: nothing to compare it with")
        return
    now = {key.key: key for key in store.checkpoints.keys(one.id)}
    before = {key.key: key for key in store.checkpoints.keys(one.parent)}
    alike = 0
    for name in sorted(now.keys() | before.keys()):
        new, old = now.get(name), before.get(name)
        if new is not None and old is not None and new.digest and new.digest == old.digest:
            alike += 1
            continue
        sign = "+" if old is None else "-" if new is None else "~"
        yield tag("p", tag("code", f"{sign} {name}"), f"  {_sizes(old, new)}")
        yield from _inside(store, one, name, (old, new), budget)
    if alike:
        yield note(f"{format.plural(alike, 'key')} unchanged")


def _inside(
    store: Store, one: Checkpoint, name: str, sides: tuple[StateKey | None, StateKey | None], budget: _Budget
) -> Iterator[Html]:
    """What differs inside a key, path by path; of one that is new or gone the whole value."""
    old, new = sides
    if not all(key is None or budget.take(key) for key in sides):
        return
    before = UNSET if old is None else value_or_why(store, one.parent or "", name)
    after = UNSET if new is None else value_or_why(store, one.id, name)
    if before is UNSET or after is UNSET:
        yield value(after if before is UNSET else before, BODY, class_="added" if before is UNSET else "removed")
        return
    changes = json_diff(before, after)
    for change in changes[:CHANGES]:
        if change.path:
            yield tag("small", path_text(change.path), class_="muted")
        if change.kind in ("removed", "changed"):
            yield value(change.before, BODY, class_="removed")
        if change.kind != "removed":
            yield value(change.after, BODY, class_="added")
    if left := left_out(CHANGES, len(changes), "differences"):
        yield note(left)


def _sizes(old: StateKey | None, new: StateKey | None) -> str:
    return " → ".join(format.size(key.size_bytes) for key in (old, new) if key is not None)


def _final(store: Store, last: Checkpoint, budget: _Budget) -> Html:
    """The last state by its keys."""
    parts = []
    for key in store.checkpoints.keys(last.id):
        title = joined([tag("code", key.key), tag("small", f"  {format.size(key.size_bytes)}", class_="muted")])
        if key.opaque is not None:
            parts.append(tag("p", title, f"  opaque, {key.opaque.size:,} bytes, sha256 {key.opaque.digest}"))
        elif budget.take(key):
            parts.append(folded(title, value(value_or_why(store, last.id, key.key), BODY)))
        else:
            parts.append(tag("p", title))
    return folded(tag("span", "final state", class_="title"), *parts, open=True)
