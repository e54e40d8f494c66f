"""Versions of workflows as YAML files, `workflows/<workflow_id>/v0003.yaml`."""

import builtins
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec.structs import replace

from ...core.clock import now
from ...core.errors import StorageError
from ...core.events import Json
from ...core.ids import check_id
from ...core.repositories import WorkflowRepository
from ...core.workflows import Version, Workflow, digest_of
from ..journal.disk import make_folder, refuse_symlink, storage_error
from .definition import (
    check_childless,
    check_definition,
    check_said,
    is_carried,
    no_version,
    parents_of,
    tombstone,
    twin,
    was_deleted,
)
from .version_files import bury, kept, locked, look_of, read, reserved, states_of, sweep, write
from .version_text import storable

_ROOM = "free some space and try again; all versions are as they were"


class FileWorkflows(WorkflowRepository):
    """The versions in one folder. Thread-safe; any number of processes may use it at once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sound: dict[tuple[str, int], object] = {}
        """What the files of versions looked like that were as they had been saved."""

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
        folder = self._folder(workflow)
        check_definition(definition)
        said = check_said(author, note, meta)
        with self._saving(workflow, folder):
            known = self.find(workflow, digest_of(definition)) if only_new else None
            if known:
                return known
            version = Version(
                workflow=workflow,
                number=0,
                digest=digest_of(definition),
                parents=parents_of(workflow, parents, kept(folder)),
                author=storable(author),
                note=storable(note),
                meta=said,
                created=now(),
                definition=definition,
            )
            with reserved(folder) as number:
                version = replace(version, number=number)
                write(folder, version)
        return version

    def carry(self, version: Version) -> bool:
        folder = self._folder(version.workflow)
        with self._saving(version.workflow, folder):
            if is_carried(version, read(folder, version.workflow, version.number)):
                return False
            put = bury if version.deleted else write
            put(folder, version)
        return True

    @contextmanager
    def _saving(self, workflow: str, folder: Path) -> Iterator[None]:
        """The folder, made if it is not there, for one writer."""
        self._refuse_twin(workflow)
        with _errors(folder, "saving a version"):
            make_folder(folder)
            with locked(folder):
                sweep(folder)
                yield

    def get(self, workflow: str, number: int) -> Version:
        folder = self._folder(workflow)
        with _errors(folder, "reading a version"):
            version = read(folder, workflow, number)
        if version is None:
            raise no_version(workflow, number)
        if version.deleted:
            raise was_deleted(version)
        return version

    def altered(self, workflow: str, number: int) -> str:
        folder = self._folder(workflow)
        with _errors(folder, "reading a version"):
            seen = look_of(folder, number)  # before it is read: what is changed meanwhile is looked at again
            if seen is None or self._sound.get((workflow, number)) == seen:
                return ""
            version = read(folder, workflow, number)
        if version is None or version.damaged:
            return version.damaged if version else ""
        self._sound[workflow, number] = seen
        return ""

    def get_latest(self, workflow: str) -> Version:
        folder = self._folder(workflow)
        with _errors(folder, "reading a version"):
            found = (read(folder, workflow, number) for number in reversed(kept(folder)))
            latest = next(filter(None, found), None)
        if latest is None:
            raise no_version(workflow)
        return latest

    def find(self, workflow: str, digest: str) -> Version | None:
        folder = self._folder(workflow)
        with _errors(folder, "reading versions"):
            for number in reversed(kept(folder)):
                version = read(folder, workflow, number)
                if version and version.digest == digest and not version.damaged:
                    return version
        return None

    def list(self, workflow: str, *, deleted: bool = False) -> builtins.list[Version]:
        folder = self._folder(workflow)
        with _errors(folder, "reading versions"):
            wanted = ("kept", "deleted") if deleted else ("kept",)
            numbers = [number for number, state in states_of(folder).items() if state in wanted]
            found = [read(folder, workflow, number) for number in numbers]
        return [replace(version, definition="") for version in found if version and (deleted or not version.deleted)]

    def list_all(self, *, deleted: bool = False) -> builtins.list[Workflow]:
        found = []
        for name in sorted(self._names()):
            folder = self._root / name
            with _errors(folder, "reading versions"):
                states = states_of(folder)
            numbers = [number for number, state in states.items() if state == "kept"]
            if numbers or (deleted and "deleted" in states.values()):
                found.append(Workflow(id=name, versions=len(numbers), latest=max(numbers, default=None)))
        return found

    def delete(self, workflow: str, number: int, *, force: bool = False, by: str = "", note: str = "") -> Version:
        folder = self._folder(workflow)
        self.get(workflow, number)
        with _errors(folder, "deleting a version"), locked(folder):
            version = self.get(workflow, number)  # nobody was quicker
            if not force:
                check_childless(workflow, number, self.list(workflow))
            left = tombstone(version, storable(by), storable(note))
            bury(folder, left)
        return left

    def _folder(self, workflow: str) -> Path:
        folder = self._root / check_id(workflow, "workflow")
        refuse_symlink(folder)
        return folder

    def _names(self) -> builtins.list[str]:
        """Folders that can be workflows'; those of other names, and symlinks, are somebody else's."""
        try:
            with os.scandir(self._root) as entries:
                return [entry.name for entry in entries if _is_workflow(entry)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise storage_error(error, self._root, "reading workflows") from error

    def _refuse_twin(self, workflow: str) -> None:
        """Ids that differ only in case are one folder on some systems, so they are on none."""
        names = self._names()
        twins = [name for name in names if name.lower() == workflow.lower()]
        if twins and workflow not in twins:
            raise twin(workflow, twins[0])


def _is_workflow(entry: "os.DirEntry[str]") -> bool:
    with suppress(StorageError):  # of a name that no workflow can have
        return bool(check_id(entry.name, "workflow")) and entry.is_dir(follow_symlinks=False)
    return False


@contextmanager
def _errors(folder: Path, doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise storage_error(error, Path(error.filename or folder), doing, room=_ROOM) from error
