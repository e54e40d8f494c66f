"""What stands in the file of a workflow version: a header that a person can read, and the definition byte for byte.

The two parts are parted by the first line that is `---` alone:

    # Flightlog workflow version, format 1. The definition follows the dashes, byte for byte.
    workflow: "triage"
    version: 3
    parents: [2]
    digest: "sha256:…"
    author: "ana"
    note: ""
    meta: {}
    created: "2026-11-20T10:02:11.123456Z"
    ---
    (the definition)

Each value of the header is JSON on one line, which is YAML too, so that the whole file is a stream of YAML
documents. The digest is of the definition's bytes: who edits the file by hand makes the version
`damaged`, and loses nothing. A tombstone is a header alone, with `deleted`, `by` and `why`.
"""

import hashlib
import json
import re
from typing import TypeVar

import msgspec

from ...core.events import Json
from ...core.workflows import Deletion, Version
from .definition import edited

_FIRST = "# Flightlog workflow version, format 1. The definition follows the dashes, byte for byte.\n"
_BURIED = "# Flightlog workflow version, format 1. It was deleted; its number is not given again.\n"

T = TypeVar("T")


class _Header(msgspec.Struct):
    workflow: str
    version: int
    parents: tuple[int, ...]
    digest: str
    author: str = ""
    note: str = ""
    meta: dict[str, Json] = {}
    created: str = ""


class _Tombstone(msgspec.Struct):
    workflow: str
    version: int
    parents: tuple[int, ...]
    digest: str
    author: str = ""
    note: str = ""
    created: str = ""
    deleted: str = ""
    by: str = ""
    why: str = ""


def encoded(version: Version) -> bytes:
    """A version's file; of a tombstone, what is left of it."""
    facts = msgspec.structs.asdict(version) | {"version": version.number}
    if version.deleted is None:
        return _lines(_FIRST, facts, _Header) + b"---\n" + version.definition.encode()
    gone = version.deleted
    return _lines(_BURIED, facts | {"deleted": gone.t, "by": gone.by, "why": gone.note}, _Tombstone)


def _lines(first: str, facts: dict[str, object], form: type[msgspec.Struct]) -> bytes:
    return "".join((first, *(f"{name}: {_json(facts[name])}\n" for name in form.__struct_fields__))).encode()


def _json(value: object) -> str:
    """JSON on one line of characters that YAML takes too."""
    text = json.dumps(value, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def storable(text: str) -> str:
    """Text without lone surrogates, which no file can hold: these are written out."""
    return text.encode("utf-8", "backslashreplace").decode()


def decoded(content: bytes, workflow: str, number: int) -> Version:
    """The version in a file, `damaged` where it is not what was saved."""
    head, dashes, body = content.partition(b"\n---\n")
    definition = (body if dashes else content).decode("utf-8", "backslashreplace")
    try:
        header = _parsed(head.decode(), _Header) if dashes else None
        why = "it has no header"
    except (ValueError, RecursionError) as error:
        header, why = None, f"its header cannot be read: {error}"
    if header is None:
        return Version(workflow=workflow, number=number, digest="", definition=definition, damaged=why)
    found = f"sha256:{hashlib.sha256(body).hexdigest()}"
    return Version(
        workflow=workflow,
        number=number,
        digest=header.digest,
        parents=header.parents,
        author=header.author,
        note=header.note,
        meta=header.meta,
        created=header.created,
        definition=definition,
        damaged=_misnamed(header, workflow, number) or edited(header.digest, found),
    )


def decoded_tombstone(content: bytes, workflow: str, number: int) -> Version:
    """What is left of a deleted version; of one whose tombstone cannot be read, its number."""
    try:
        header = _parsed(content.decode(), _Tombstone)
    except (ValueError, RecursionError) as error:
        damaged = f"its tombstone cannot be read: {error}"
        return Version(workflow=workflow, number=number, digest="", deleted=Deletion(t=""), damaged=damaged)
    return Version(
        workflow=workflow,
        number=number,
        digest=header.digest,
        parents=header.parents,
        author=header.author,
        note=header.note,
        created=header.created,
        deleted=Deletion(t=header.deleted, by=header.by, note=header.why),
        damaged=_misnamed(header, workflow, number),
    )


def _misnamed(header: _Header | _Tombstone, workflow: str, number: int) -> str:
    if (header.workflow, header.version) == (workflow, number):
        return ""
    return f"its header says that it is version {header.version} of {header.workflow}"


def _parsed(head: str, form: type[T]) -> T:
    """The header of a version's file; ValueError says what is wrong with it."""
    lines = head.split("\n")
    match = re.match(r"# Flightlog workflow version, format (\d+)\.", lines[0])
    if not match or match[1] != "1":
        raise ValueError("format 1 is wanted on the first line")
    pairs = (line.partition(": ") for line in lines if line and not line.startswith("#"))
    try:
        return msgspec.convert({name: msgspec.json.decode(value) for name, _, value in pairs}, form)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
