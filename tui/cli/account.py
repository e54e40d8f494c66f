"""What came of operations: each run that was left alone, and the sums, for people or as JSON."""

import sys
from dataclasses import dataclass
from typing import NoReturn

from ...core.operations import REVERSIBLE, Carried, Done, Kind, Order
from ...core.text import safe_text
from .. import format
from .as_json import plain
from .main import FINDINGS, OK
from .output import say, say_json

_MOST = 20
"""So many runs that were left alone are named; of more the number is told."""

DID: dict[Kind, str] = {
    "archive": "archived",
    "restore": "restored",
    "trash": "moved to the trash",
    "undo": "taken back",
    "purge": "removed for good",
    "states": "without their intermediate states",
    "compact": "made smaller",
    "policy": "noted as a policy",
}
"""What an operation has done with runs, in words."""
_RESIZES = ("archive", "restore", "states")


@dataclass
class Sum:
    """What one operation came to."""

    kind: Kind
    order: Order
    done: int = 0
    skipped: int = 0
    failed: int = 0
    copies: int = 0
    """Of how many of them a copy was archived."""
    before_bytes: int = 0
    after_bytes: int = 0

    def add(self, one: Done) -> None:
        """One more run."""
        setattr(self, one.outcome, getattr(self, one.outcome) + 1)
        if one.outcome == "done":
            self.before_bytes += one.before_bytes
            self.after_bytes += one.after_bytes
            self.copies += bool(one.copy_of)

    def text(self, ascii: bool) -> str:
        """`12 runs archived: 1.2 MB → 180 kB, 2 left alone`."""
        size = format.size(self.before_bytes)
        if self.kind in _RESIZES:
            size += f" {'->' if ascii else '→'} {format.size(self.after_bytes)}"
        copies = ""
        if self.copies:
            copies = " as a copy" if self.copies == self.done == 1 else f", {self.copies:,} of them as a copy"
        told = f"{format.plural(self.done, 'run')} {DID[self.kind]}{copies}" + (
            f": {size}" if self.before_bytes else ""
        )
        told += f", {self.skipped:,} left alone" if self.skipped else ""
        return told + (f", {self.failed:,} failed" if self.failed else "")


class Account:
    """Told of each run as it comes, and asked for the sums at the end."""

    def __init__(self, *, as_json: bool = False, ascii: bool = False) -> None:
        self.ascii, self._as_json, self._named = ascii, as_json, 0
        self.sums: dict[str, Sum] = {}
        """By operation."""

    @property
    def code(self) -> int:
        """The exit code: 3 if any run was left alone, or failed."""
        return FINDINGS if any(one.skipped or one.failed for one in self.sums.values()) else OK

    def speaks_of(self, one: Carried) -> bool:
        """Whether a line will be printed for it."""
        return self._as_json or (one.done.outcome != "done" and self._named <= _MOST)

    def count(self, one: Carried) -> None:
        """Counts a run."""
        self.sums.setdefault(one.order.id, Sum(one.kind, one.order)).add(one.done)

    def add(self, one: Carried) -> None:
        """Counts a run, and tells of one that was not done."""
        self.count(one)
        if self._as_json:
            say_json({"did": one.kind, **plain(one.done)})
        elif one.done.outcome != "done":
            self._named += 1
            self._name(one.done)

    def _name(self, done: Done) -> None:
        if self._named > _MOST:
            if self._named == _MOST + 1:
                say("… and more; --json names every one")
            return
        became = "was left alone" if done.outcome == "skipped" else "failed"
        say(f"{done.run} {became}: {safe_text(done.why)}")

    def end(self) -> NoReturn:
        """Tells the sums, and exits as it went."""
        self.say()
        sys.exit(self.code)

    def say(self) -> None:
        """The sums, and how to take back what can be."""
        for one in self.sums.values():
            if self._as_json:
                say_json(sum_row(one))
            else:
                say(one.text(self.ascii))
        if not self._as_json:
            for one in reversed(self.sums.values()):
                if one.kind in REVERSIBLE and one.done:
                    say(f"to take it back: flightlog undo {one.order.id}")


def sum_row(one: Sum) -> dict[str, object]:
    """The sums of one operation as JSON."""
    return {
        # (dropping a run's states is an operation of its own)
        "operation": None if one.kind == "states" else one.order.id,
        "did": one.kind,
        "done": one.done,
        "skipped": one.skipped,
        "failed": one.failed,
        "before_bytes": one.before_bytes,
        "after_bytes": one.after_bytes,
    }
