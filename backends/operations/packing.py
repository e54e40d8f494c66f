"""What becoming an archive is in every store: written aside, read back from the disk, and only then anything else."""

from collections.abc import Mapping
from pathlib import Path

from ...core.errors import Corrupt, StorageError
from ...core.upkeep import Finding
from ..archive.flz import Facts
from ..archive.flz_reader import Flz
from ..archive.flz_writer import Read, Written, write_flz
from .record import Intent


def part_name(intent: Intent) -> str:
    """The name under which an archive is written aside."""
    return f".{intent.operation}-{intent.run}.part"


def written(part: Path, to: Path | int, facts: Facts, members: Mapping[str, Read]) -> Written:
    """Writes an archive aside, and returns when it was read back from the disk and is what was written.

    `to` is its path, or a descriptor of the empty file that is there. Conflict, Corrupt, StorageError.
    """
    found = write_flz(to, facts, members)
    must_be_sound(part, facts.run, found.sha256)
    return found


def must_be_sound(path: Path, run: str, digest: str = "") -> None:
    """Reads all of an archive. Corrupt if it is damaged, or is another one than this digest names; NotFound."""
    with Flz.open(path, run) as archive:
        archive.verify()
        if digest and archive.digest != digest:
            raise Corrupt("this is another archive than was written", where=path, advice="look for that one")


def damaged(path: Path, run: str, error: StorageError) -> Finding:
    """An archive that is not sound, as it is told to who looks after a store."""
    advice = error.advice or "bring the file back from a backup"
    return Finding(severity="error", kind="damaged-archive", what=error.what, where=str(path), advice=advice, run=run)
