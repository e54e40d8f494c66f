"""Where everything lies in a data directory: each path is a function of checked ids alone."""

from dataclasses import dataclass
from pathlib import Path

from ...core.errors import StorageError
from ...core.ids import check_run_id, day_of

JOURNAL_SUFFIX = ".jsonl"
STATES_SUFFIX = ".states.jsonl"
TORN_SUFFIX = ".torn"
ARCHIVE_SUFFIX = ".flz"
DATABASE = "flightlog.db"
_OWN = "-data"


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one data directory.

    With `spooled`, journals lie in `spool/` without day folders, on their way to a database.
    Every method that takes a run raises StorageError for what is no run id.
    """

    root: Path
    spooled: bool = False
    archive_at: Path | None = None
    """Where the archive lies, if somebody has decided that."""

    @property
    def runs(self) -> Path:
        """The folder of all journals."""
        return self.root / ("spool" if self.spooled else "runs")

    def folder(self, run: str) -> Path:
        """The folder of a run's files."""
        check_run_id(run)
        return self.runs if self.spooled else self.runs / day_of(run)

    def journal(self, run: str) -> Path:
        """The run's events; the writer's lock lies on this file."""
        return self.folder(run) / f"{run}{JOURNAL_SUFFIX}"

    def states(self, run: str) -> Path:
        """The run's checkpoint values; not there while it has none."""
        return self.folder(run) / f"{run}{STATES_SUFFIX}"

    def torn(self, run: str) -> Path:
        """Torn last lines that were set aside when the run was taken up again; rarely there."""
        return self.folder(run) / f"{run}{TORN_SUFFIX}"

    @property
    def annotations(self) -> Path:
        """What others than its writer add to a run."""
        return self.root / "annotations.jsonl"

    @property
    def archive(self) -> Path:
        """The folder of all archives, one file a run."""
        return self.archive_at or self.root / "archive"

    def archived(self, run: str) -> Path:
        """The archive of a run, in a folder of the month of its id."""
        check_run_id(run)
        return self.archive / day_of(run)[:7] / f"{run}{ARCHIVE_SUFFIX}"

    @property
    def trash(self) -> Path:
        """What `undo` brings back: a folder for each operation."""
        return self.root / "trash"

    @property
    def audit(self) -> Path:
        """The record of what was done with runs; its lock is that of all operations."""
        return self.root / "audit.jsonl"

    @property
    def workflows(self) -> Path:
        """Versions as YAML."""
        return self.root / "workflows"

    @property
    def spool(self) -> Path:
        """Journals on their way to a database."""
        return self.root / "spool"

    @property
    def quarantine(self) -> Path:
        """What belongs to nothing, set aside by a repair."""
        return self.root / "quarantine"

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.root / "flightlog.yaml"

    @property
    def database(self) -> Path:
        """The SQLite backend."""
        return self.root / DATABASE

    @property
    def bookmark(self) -> Path:
        """How far a mirror has followed its store; only a mirror has it."""
        return self.root / "mirror.json"

    @property
    def index_db(self) -> Path:
        """The disposable index of the files backend."""
        return self.root / ".flightlog" / "index.db"


def home_of(database: Path) -> Path:
    """Where the spool, the archive and the trash of a SQLite file lie: beside it, if it is called as that of every data
    directory is, else in a folder of its own.

    Two in a folder, perhaps copies, share none: what agents recorded into one would be shipped into the other.
    """
    return database.parent if database.name == DATABASE else database.with_name(database.name + _OWN)


def database_of(home: Path) -> Path | None:
    """The SQLite file whose own folder this is; None if it is no such folder."""
    database = home.with_name(home.name.removesuffix(_OWN)) if home.name.endswith(_OWN) else home
    return database if database != home and home_of(database) == home and database.is_file() else None


def journal_at(path: str) -> tuple[str, str] | None:
    """The data directory and the run of a journal, by where its file lies; None if it is none that is there."""
    file = Path(path)
    run = run_of(file.name)
    if run is None or not file.is_file():
        return None
    folder = file.absolute().parent
    for spooled, root in ((False, folder.parent.parent), (True, folder.parent)):
        try:
            if Layout(root, spooled=spooled).journal(run) == folder / file.name:
                return str(root), run
        except StorageError:
            return None  # no run is called so
    return None


def run_of(name: str) -> str | None:
    """The run whose journal has this file name; None if it is no journal."""
    if not name.endswith(JOURNAL_SUFFIX) or name.endswith(STATES_SUFFIX):
        return None
    return name[: -len(JOURNAL_SUFFIX)]
