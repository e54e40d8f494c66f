"""Versions of workflows in the table `versions`: for who wants them in the database, where the files are not."""

import builtins
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, case, delete, func, insert, select, update

from ...core.clock import now
from ...core.events import Json
from ...core.ids import check_id
from ...core.repositories import WorkflowRepository
from ...core.workflows import Deletion, Version, Workflow, digest_of
from ..workflows.definition import (
    check_childless,
    check_definition,
    check_said,
    edited,
    is_carried,
    no_version,
    parents_of,
    tombstone,
    twin,
    was_deleted,
)
from .claims import VERSIONS, claim
from .database import BY_HAND_S, Database
from .storable import storable
from .tables import tombstones, version_meta, versions

_parents = msgspec.json.Decoder(tuple[int, ...])
_meta = msgspec.json.Decoder(dict[str, Json])
_KEPT = versions.c.deleted.is_(False)


class SqlWorkflows(WorkflowRepository):
    """The versions in one database. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def store(
        self,
        workflow: str,
        definition: str,
        *,
        parents: Sequence[int] | None = None,
        author: str = "",
        note: str = "",
        meta: Mapping[str, Json] | None = None,
        only_new: bool = False,
    ) -> Version:
        check_id(workflow, "workflow")
        check_definition(definition)
        said = check_said(author, note, meta)
        with self._database.write(BY_HAND_S) as connection:
            claim(connection, [VERSIONS])
            _refuse_twin(connection, workflow)
            same = _same(connection, workflow, digest_of(definition)) if only_new else None
            if same:
                return same
            known = connection.execute(_numbers(workflow)).all()
            version = Version(
                workflow=workflow,
                number=max((number for number, _ in known), default=0) + 1,
                digest=digest_of(definition),
                parents=parents_of(workflow, parents, (number for number, deleted in known if not deleted)),
                author=storable(author),
                note=storable(note),
                meta=said,
                created=now(),
                definition=definition,
            )
            _put(connection, version)
        return version

    def carry(self, version: Version) -> bool:
        check_id(version.workflow, "workflow")
        with self._database.write(BY_HAND_S) as connection:
            claim(connection, [VERSIONS])
            _refuse_twin(connection, version.workflow)
            listed = _listed(connection, version.workflow, deleted=True)
            known = next((other for other in listed if other.number == version.number), None)
            if is_carried(version, known):
                return False
            (_put if known is None else _leave)(connection, version)
        return True

    def get(self, workflow: str, number: int) -> Version:
        check_id(workflow, "workflow")
        with self._database.read() as connection:
            row = connection.execute(_all_of(workflow).where(versions.c.number == number)).first()
        if row is None:
            raise no_version(workflow, number)
        version = _version(row)
        if version.deleted:
            raise was_deleted(version)
        return version

    def get_latest(self, workflow: str) -> Version:
        check_id(workflow, "workflow")
        with self._database.read() as connection:
            row = connection.execute(_of(workflow).order_by(versions.c.number.desc()).limit(1)).first()
        if row is None:
            raise no_version(workflow)
        return _version(row)

    def find(self, workflow: str, digest: str) -> Version | None:
        check_id(workflow, "workflow")
        with self._database.read() as connection:
            return _same(connection, workflow, digest)

    def list(self, workflow: str, *, deleted: bool = False) -> builtins.list[Version]:
        check_id(workflow, "workflow")
        with self._database.read() as connection:
            return _listed(connection, workflow, deleted=deleted)

    def list_all(self, *, deleted: bool = False) -> builtins.list[Workflow]:
        kept = case((_KEPT, versions.c.number))
        statement = (
            select(versions.c.workflow, func.count(kept), func.max(kept))
            .group_by(versions.c.workflow)
            .order_by(versions.c.workflow)
        )
        if not deleted:
            statement = statement.where(_KEPT)
        with self._database.read() as connection:
            return [Workflow(id=row[0], versions=row[1], latest=row[2]) for row in connection.execute(statement)]

    def delete(self, workflow: str, number: int, *, force: bool = False, by: str = "", note: str = "") -> Version:
        check_id(workflow, "workflow")
        with self._database.write(BY_HAND_S) as connection:
            claim(connection, [VERSIONS])
            listed = _listed(connection, workflow, deleted=True)
            version = next((version for version in listed if version.number == number), None)
            if version is None:
                raise no_version(workflow, number)
            if version.deleted:
                raise was_deleted(version)
            if not force:
                check_childless(workflow, number, (other for other in listed if not other.deleted))
            left = tombstone(version, storable(by), storable(note))
            _leave(connection, left)
        return left


def _numbers(workflow: str) -> Any:
    return select(versions.c.number, versions.c.deleted).where(versions.c.workflow == workflow)


def _all_of(workflow: str) -> Any:
    """Versions and tombstones."""
    gone = (tombstones.c.deleted_at, tombstones.c.by, tombstones.c.note.label("why"))
    joined = versions.outerjoin(tombstones, _same_as(tombstones)).outerjoin(version_meta, _same_as(version_meta))
    return select(versions, version_meta.c.meta, *gone).select_from(joined).where(versions.c.workflow == workflow)


def _same_as(table: Table) -> Any:
    return (table.c.workflow == versions.c.workflow) & (table.c.number == versions.c.number)


def _of(workflow: str) -> Any:
    return _all_of(workflow).where(_KEPT)


def _is(table: Table, version: Version) -> Any:
    return table.c.workflow == version.workflow, table.c.number == version.number


def _put(connection: Connection, version: Version) -> None:
    """A version, or a tombstone, that is not there yet."""
    connection.execute(insert(versions), _row(version))
    if version.meta:
        meta = {"workflow": version.workflow, "number": version.number, "meta": json.dumps(version.meta)}
        connection.execute(insert(version_meta), meta)
    if version.deleted:
        _bury(connection, version)


def _leave(connection: Connection, left: Version) -> None:
    """A tombstone in the place of its version: the row keeps all but the text."""
    kept = {"deleted": True, "definition": "", "author": left.author, "note": left.note}
    connection.execute(update(versions).where(*_is(versions, left)).values(kept))
    connection.execute(delete(version_meta).where(*_is(version_meta, left)))
    _bury(connection, left)


def _bury(connection: Connection, left: Version) -> None:
    gone = left.deleted
    assert gone
    row = {"workflow": left.workflow, "number": left.number}
    connection.execute(insert(tombstones), row | {"deleted_at": gone.t, "by": gone.by, "note": gone.note})


def _same(connection: Connection, workflow: str, digest: str) -> Version | None:
    statement = _of(workflow).where(versions.c.digest == digest).order_by(versions.c.number.desc())
    found = map(_version, connection.execute(statement))
    return next((version for version in found if not version.damaged), None)


def _listed(connection: Connection, workflow: str, *, deleted: bool = False) -> list[Version]:
    rows = connection.execute((_all_of if deleted else _of)(workflow).order_by(versions.c.number))
    return [_version(row, definition="") for row in rows]


def _refuse_twin(connection: Connection, workflow: str) -> None:
    """Ids that differ only in case are one folder elsewhere, so that they are two nowhere."""
    near = select(versions.c.workflow).where(
        func.lower(versions.c.workflow) == workflow.lower(), versions.c.workflow != workflow
    )
    other = connection.execute(near.limit(1)).scalar()
    if other is not None:
        raise twin(workflow, other)


def _row(version: Version) -> dict[str, Any]:
    names = ("workflow", "number", "digest", "author", "note", "created", "definition")
    return {name: getattr(version, name) for name in names} | {
        "parents": json.dumps(version.parents),
        "deleted": version.deleted is not None,
    }


def _version(row: Row[Any], *, definition: str | None = None) -> Version:
    try:
        parents, meta = _parents.decode(row.parents), _meta.decode(row.meta or "{}")
        damaged = "" if row.deleted else edited(row.digest, digest_of(row.definition))
    except msgspec.MsgspecError as error:
        parents, meta, damaged = (), {}, f"its parents or its meta cannot be read: {error}"
    return Version(
        workflow=row.workflow,
        number=row.number,
        digest=row.digest,
        parents=parents,
        author=row.author,
        note=row.note,
        meta=meta,
        created=row.created,
        definition=row.definition if definition is None else definition,
        damaged=damaged,
        deleted=Deletion(t=row.deleted_at or "", by=row.by or "", note=row.why or "") if row.deleted else None,
    )
