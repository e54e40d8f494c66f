"""Versions of workflows in the table `versions`: for who wants them in the database, where the files are not."""

import builtins
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from ...core.clock import now
from ...core.ids import check_id
from ...core.repositories import WorkflowRepository
from ...core.workflows import Version, Workflow, digest_of
from ..workflows.definition import check_childless, check_definition, edited, no_version, parents_of, twin
from .database import BY_HAND_S, Database
from .storable import storable
from .tables import versions

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
        only_new: bool = False,
    ) -> Version:
        check_id(workflow, "workflow")
        check_definition(definition)
        with self._database.write(BY_HAND_S) as connection:
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
                created=now(),
                definition=definition,
            )
            connection.execute(insert(versions), _row(version))
        return version

    def get(self, workflow: str, number: int) -> Version:
        check_id(workflow, "workflow")
        with self._database.read() as connection:
            row = connection.execute(_of(workflow).where(versions.c.number == number)).first()
        if row is None:
            raise no_version(workflow, number)
        return _version(row)

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

    def list(self, workflow: str) -> builtins.list[Version]:
        check_id(workflow, "workflow")
        with self._database.read() as connection:
            return _listed(connection, workflow)

    def list_all(self) -> builtins.list[Workflow]:
        statement = (
            select(versions.c.workflow, func.count(), func.max(versions.c.number))
            .where(_KEPT)
            .group_by(versions.c.workflow)
            .order_by(versions.c.workflow)
        )
        with self._database.read() as connection:
            return [Workflow(id=row[0], versions=row[1], latest=row[2]) for row in connection.execute(statement)]

    def delete(self, workflow: str, number: int) -> None:
        check_id(workflow, "workflow")
        with self._database.write(BY_HAND_S) as connection:
            listed = _listed(connection, workflow)
            if number not in {version.number for version in listed}:
                raise no_version(workflow, number)
            check_childless(number, listed)
            here = (versions.c.workflow == workflow, versions.c.number == number)
            # The row keeps the number; nothing of the text stays.
            connection.execute(update(versions).where(*here).values(deleted=True, definition="", author="", note=""))


def _numbers(workflow: str) -> Any:
    return select(versions.c.number, versions.c.deleted).where(versions.c.workflow == workflow)


def _of(workflow: str) -> Any:
    return select(versions).where(versions.c.workflow == workflow, _KEPT)


def _same(connection: Connection, workflow: str, digest: str) -> Version | None:
    statement = _of(workflow).where(versions.c.digest == digest).order_by(versions.c.number.desc())
    found = map(_version, connection.execute(statement))
    return next((version for version in found if not version.damaged), None)


def _listed(connection: Connection, workflow: str) -> list[Version]:
    rows = connection.execute(_of(workflow).order_by(versions.c.number))
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
    return {name: getattr(version, name) for name in names} | {"parents": json.dumps(version.parents)}


def _version(row: Row[Any], *, definition: str | None = None) -> Version:
    return Version(
        workflow=row.workflow,
        number=row.number,
        digest=row.digest,
        parents=tuple(json.loads(row.parents)),
        author=row.author,
        note=row.note,
        created=row.created,
        definition=row.definition if definition is None else definition,
        damaged=edited(row.digest, digest_of(row.definition)),
    )
