"""What others than its writer add to a run: pins, tags, notes, scores, answers to approvals.

One JSON object a line in `annotations.jsonl`, or a row; the latest of a kind and key counts.
"""

from typing import Any

import msgspec

from .errors import Corrupt, StorageError
from .events import Decision


class Annotation(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="type"):
    """What all annotations have: the run, when, and who."""

    run: str
    t: str = ""
    by: str = ""


class Pinned(Annotation, kw_only=True, tag="pin"):
    """Keeps the run from every clean-up, or (`pinned=False`) no longer."""

    pinned: bool = True


class Tagged(Annotation, kw_only=True, tag="tag"):
    """Adds a tag, or (`tagged=False`) removes it."""

    tag: str
    tagged: bool = True


class Noted(Annotation, kw_only=True, tag="note"):
    """Adds a note."""

    text: str


class Scored(Annotation, kw_only=True, tag="score"):
    """A number given later, as a metric of that name."""

    name: str
    value: float


class Answered(Annotation, kw_only=True, tag="answer"):
    """A person's answer to a waiting approval; the first answer counts."""

    approval: str
    decision: Decision
    note: str = ""


class StatesDropped(Annotation, kw_only=True, tag="states.dropped"):
    """Says that states of the run were dropped for good: `values` values of `size_bytes` bytes."""

    values: int
    size_bytes: int
    kept: int = 0
    """Checkpoints whose states were kept."""


AnyAnnotation = Pinned | Tagged | Noted | Scored | Answered | StatesDropped

_decoder = msgspec.json.Decoder(AnyAnnotation)


def encode(annotation: Annotation) -> bytes:
    """The line of an annotation, without its newline."""
    return msgspec.json.encode(annotation)


def decode(line: bytes) -> Any:
    """The annotation of a line; raises Corrupt."""
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Corrupt(f"not an annotation: {error}") from error


def check(annotation: Annotation) -> None:
    """StorageError for one that nobody could read again: a score that is no finite number, a decision that is none."""
    try:
        decode(encode(annotation))
    except Corrupt as error:
        advice = "a score is a finite number, an answer one of approved, rejected, expired"
        raise StorageError(f"nothing was added, for it is {error.what}", where=annotation.run, advice=advice) from error
