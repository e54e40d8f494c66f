"""YAML that others wrote: what is accepted, checked before any of it becomes an object.

The checks run over the parser's events, so that a bomb of aliases or a tower of brackets costs
nothing: nothing is built. A definition is kept and shown as its text; only a configuration is loaded.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...core.clock import now
from ...core.errors import Conflict, NotFound, StorageError
from ...core.events import Json
from ...core.recording.jsonable import plain
from ...core.workflows import Deletion, Version, as_text

LONGEST = 1_000_000
"""Bytes of a YAML text."""
DEEPEST = 64
"""Levels of nesting."""
SAID = 16_000
"""Bytes of author, note and meta together."""


def check_definition(text: str) -> bytes:
    """The UTF-8 bytes of a definition that may be stored; StorageError says what is wrong with it."""
    encoded = _bytes(text)
    if _check(encoded) == 0:
        raise StorageError("the definition is empty", advice="give a YAML text")
    return encoded


def check_said(author: str, note: str, meta: Mapping[str, Json] | None) -> dict[str, Json]:
    """What meta says, as plain JSON; StorageError if what is said about a version is longer than any header, or its
    author or note is no text.
    """
    if not isinstance(author, str) or not isinstance(note, str):
        raise StorageError("author and note of a version are texts", advice="give each as one, or leave it out")
    said = plain(dict(meta or {}))
    size = len(f"{author}{note}{json.dumps(said)}".encode("utf-8", "backslashreplace"))
    if size > SAID:
        raise StorageError(f"author, note and meta have {size:,} bytes", advice=f"at most {SAID:,} are allowed")
    found: dict[str, Json] = json.loads(json.dumps(said))
    return found


def load(text: str) -> Any:
    """What a YAML text says (YAML 1.1, plain values only); StorageError, also for a key that is there twice."""
    import yaml
    from yaml import CSafeLoader

    _check(_bytes(text))
    loader = CSafeLoader(text)
    try:
        node = loader.get_single_node()
        _refuse_twins(node)
        return None if node is None else loader.construct_document(node)
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise _not_yaml(error) from error
    finally:
        loader.dispose()


def _bytes(text: str) -> bytes:
    try:
        encoded = as_text(text).encode()
    except UnicodeEncodeError as error:
        raise StorageError("the YAML text has characters that no file can hold (lone surrogates)") from error
    if len(encoded) > LONGEST:
        raise StorageError(f"the YAML text has {len(encoded):,} bytes", advice=f"at most {LONGEST:,} are allowed")
    return encoded


def _check(encoded: bytes) -> int:
    """The number of documents; StorageError for what is no YAML, has aliases, or is nested too deep."""
    import yaml

    depth = documents = 0
    try:
        for event in _events(encoded):
            if isinstance(event, yaml.AliasEvent):
                line = f"line {event.start_mark.line + 1} has " if event.start_mark else ""
                raise StorageError(f"{line}an alias (*{event.anchor})", advice="write the value out instead")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            documents += isinstance(event, yaml.DocumentStartEvent)
            if depth > DEEPEST:
                raise StorageError(f"the YAML text is nested deeper than {DEEPEST} levels")
    except yaml.YAMLError as error:
        raise _not_yaml(error) from error
    return documents


def _events(encoded: bytes) -> Iterator[Any]:
    import yaml
    from yaml import CSafeLoader

    return yaml.parse(encoded, Loader=CSafeLoader)


def _not_yaml(error: Exception) -> StorageError:
    mark = getattr(error, "problem_mark", None)
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return StorageError(f"not YAML that can be read: {place}{problem}")


def _refuse_twins(node: Any) -> None:
    import yaml

    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise StorageError(f"line {key.start_mark.line + 1} has the key {key.value!r} for the second time")
                seen.add(key.value)
            _refuse_twins(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_twins(value)


# --- what both keepers of versions ask -------------------------------------------------------------------


def parents_of(workflow: str, parents: Sequence[int] | None, existing: Iterable[int]) -> tuple[int, ...]:
    """The parents of a new version: those named, else the latest; NotFound for one that is not there."""
    numbers = set(existing)
    if parents is None:
        return (max(numbers),) if numbers else ()
    for parent in parents:
        if parent not in numbers:
            raise no_version(workflow, parent)
    return tuple(dict.fromkeys(parents))


def check_childless(workflow: str, number: int, versions: Iterable[Version]) -> None:
    """Conflict if a version is a parent of others."""
    children = [other.number for other in versions if number in other.parents and other.number != number]
    if children:
        named = ", ".join(map(str, children[:5]))
        raise Conflict(
            f"version {number} is the parent of version {named}",
            where=f"{workflow}@{number}",
            advice="delete these first, or --force (force=True) deletes its text and keeps its place in the lineage",
        )


def tombstone(version: Version, by: str, note: str) -> Version:
    """What is left of a version that is deleted now."""
    return Version(
        workflow=version.workflow,
        number=version.number,
        digest=version.digest,
        parents=version.parents,
        author=version.author,
        note=version.note,
        created=version.created,
        deleted=Deletion(t=now(), by=by, note=note),
    )


def is_carried(version: Version, here: Version | None) -> bool:
    """Whether a version of another store is here already; Conflict if its number is another version's."""
    if here is None:
        return False
    if here.digest not in (version.digest, "") and version.digest:
        what = f"version {version.number} of {version.workflow} is another one here"
        raise Conflict(what, where=version.workflow, advice="carry into an empty store")
    return here.deleted is not None or version.deleted is None


def was_deleted(version: Version) -> NotFound:
    """The error for a version of which a tombstone is left."""
    gone = version.deleted
    by = f" by {gone.by}" if gone and gone.by else ""
    when = f" on {gone.t[:10]}" if gone and gone.t else ""
    why = f": {gone.note}" if gone and gone.note else ""
    return NotFound(
        f"version {version.number} of {version.workflow} was deleted{when}{by}{why}",
        advice=f"`flightlog versions {version.workflow}` shows its place in the lineage",
    )


def no_version(workflow: str, number: int | None = None) -> NotFound:
    """The error for a version that is not there, or a workflow of which there is none, though it may have runs."""
    if number is None:
        return NotFound(f"there is no version of {workflow}", advice="`flightlog workflows` tells what has any")
    return NotFound(f"there is no version {number} of {workflow}", advice=f"see `flightlog versions {workflow}`")


def twin(workflow: str, other: str) -> Conflict:
    """The error for an id that differs from another's in case alone."""
    return Conflict(f"there is a workflow {other!r}", where=workflow, advice="ids must differ in more than case")


def edited(digest: str, found: str) -> str:
    """Why a version cannot be trusted whose text has another digest than was recorded."""
    return (
        "" if digest == found else f"its text was changed after it was saved: {digest} was recorded, {found} is there"
    )
