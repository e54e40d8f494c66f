"""The text of a run that bare words of a query are looked for in, bounded and folded."""

from dataclasses import dataclass
from functools import lru_cache

from ...core.text import fold

_SECTION = "\x1e"
_LIMIT = 2000


@dataclass(slots=True)
class Words:
    """Its sections: each is replaced on its own as facts come in, in whatever order."""

    about: str = ""
    """Id, name, workflow, objective, id at its source."""
    error: str = ""
    added: str = ""
    """Tags and notes."""
    steps: str = ""
    """Names of steps, each once."""

    @classmethod
    def read(cls, column: str) -> "Words":
        """From the column `run_bodies.words`."""
        return cls(*column.split(_SECTION)) if column else cls()

    def column(self) -> str:
        """For the column `run_bodies.words`."""
        return _SECTION.join((self.about, self.error, self.added, self.steps))

    def add_step(self, name: str) -> None:
        """Adds the name of one more step."""
        folded, steps = _folded_name(name), self.steps
        if not steps:
            self.steps = folded if len(folded) < _LIMIT else ""
        elif len(steps) + len(folded) < _LIMIT and f"\n{folded}\n" not in f"\n{steps}\n":
            self.steps = f"{steps}\n{folded}"


def section(*texts: str) -> str:
    """Texts as one section, at most 2,000 characters."""
    found = [folded for text in texts if text and (folded := _folded(text))]
    return "\n".join(found)[:_LIMIT] if found else ""


def about(ids: tuple[str, ...], *texts: str) -> str:
    """What a run is and is called: its ids whole, and texts that have a bound each, so that none hides another."""
    found = [section(*ids), *[_folded(text)[:_LIMIT] for text in texts if text]]
    return "\n".join(filter(None, found))


def _folded(text: str) -> str:
    # As queries fold what they look for; this also takes out what no engine stores, and the separator.
    return fold(text[:_LIMIT])


_folded_name = lru_cache(1024)(_folded)  # the same few names come again and again
