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
        folded = _folded_name(name)
        if len(self.steps) + len(folded) < _LIMIT and f"\n{folded}\n" not in f"\n{self.steps}\n":
            self.steps = f"{self.steps}\n{folded}" if self.steps else folded


def section(*texts: str) -> str:
    """Texts as one section, at most 2,000 characters."""
    if not any(texts):
        return ""  # as most are: a run without tags, without an error
    return "\n".join(filter(None, map(_folded, texts)))[:_LIMIT]


def about(ids: tuple[str, ...], *texts: str) -> str:
    """What a run is and is called: its ids whole, and texts that have a bound each, so that none hides another."""
    return "\n".join(filter(None, (section(*ids), *map(section, texts))))


def _folded(text: str) -> str:
    # As queries fold what they look for; this also takes out what no engine stores, and the separator.
    return fold(text[:_LIMIT]) if text else ""


_folded_name = lru_cache(1024)(_folded)  # the same few names come again and again
