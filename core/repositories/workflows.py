"""Versions of workflows."""

import builtins
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from ..events import Json
from ..workflows import Version, Workflow


class WorkflowRepository(ABC):
    """Definitions of workflows: versions 1, 2, 3 …, each immutable, with lineage."""

    @abstractmethod
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
        """Keeps a definition as the next version and returns it.

        Numbers never collide between processes. `parents` None means the latest version (none for
        the first); a parent that does not exist is NotFound. A definition that is no YAML, or YAML
        with aliases, deeper than 64 or longer than 1 MB, is a StorageError. The text comes back
        byte for byte. Equal text makes a new version all the same; with `only_new` the
        newest version of that text is returned instead, also when many processes save it at once.
        """

    @abstractmethod
    def carry(self, version: Version) -> bool:
        """Keeps another store's version, or tombstone, as it is: its number, parents, author, note and time.

        A tombstone takes the place of the version that it is left of. False if it is there already; Conflict
        if its number has another definition here.
        """

    @abstractmethod
    def get(self, workflow: str, number: int) -> Version:
        """A version; NotFound, which says so if it was deleted. What was changed afterwards says so in `damaged`."""

    def altered(self, workflow: str, number: int) -> str:
        """Why a version is not as it was saved; empty if it is, if there is none, and where nobody can change one by
        hand.

        Asked whenever a run of it begins: it opens no database, and looks into the file only where that is another.
        """
        return ""

    @abstractmethod
    def get_latest(self, workflow: str) -> Version:
        """The version with the greatest number; NotFound if there is none."""

    @abstractmethod
    def find(self, workflow: str, digest: str) -> Version | None:
        """The newest version whose definition has this digest."""

    @abstractmethod
    def list(self, workflow: str, *, deleted: bool = False) -> builtins.list[Version]:
        """All versions of a workflow by number, without their definitions; empty if there are none.

        With `deleted` also the tombstones: what a lineage is drawn from.
        """

    @abstractmethod
    def list_all(self, *, deleted: bool = False) -> builtins.list[Workflow]:
        """All workflows that have versions, by id. Run counts are those of the repository's own knowledge (0).

        With `deleted` also those of which tombstones alone are left.
        """

    @abstractmethod
    def delete(self, workflow: str, number: int, *, force: bool = False, by: str = "", note: str = "") -> Version:
        """Removes a version and returns its tombstone, which keeps number, parents, digest, author, note and
        time; NotFound.

        Conflict while another version names it as parent, or a run of the store is of it, unless
        `force`. Its number is not given again, and nothing of its text and meta is left.
        """

    def lineage(self, workflow: str) -> dict[int, tuple[int, ...]]:
        """Version number → its parents' numbers, tombstones included: whole, whatever was deleted."""
        return {version.number: version.parents for version in self.list(workflow, deleted=True)}
