"""Every kind of long work hears soon that it is to stop: what is still done then is counted, not timed, and is the same
however much is left. What was done by then is whole, and the same order goes on with the rest.
"""

import os
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import flightlog
import pytest
from flightlog.backends.ingest import catch_up
from flightlog.backends.moving.backing_up import backup
from flightlog.backends.moving.ends import source_end, target_end
from flightlog.backends.moving.migrating import migrate
from flightlog.backends.moving.verifying import verify
from flightlog.core import progress as progressing
from flightlog.core.errors import Stopped
from flightlog.core.operations import HALFWAY, IN_THE_MIDDLE, REST_GOES, Chosen, Order, new_order
from flightlog.core.progress import Progress, counted, telling
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.retention import catalogue
from flightlog.core.retention.applying import carry_out
from flightlog.core.retention.plan import plan
from flightlog.core.retention.policy import Block, Keep, Policy
from flightlog.core.retention.saved import taken_of
from flightlog.core.store import Store
from flightlog.core.upkeep import Finding
from flightlog.tui.compare.pages import Reader
from flightlog.tui.export.run_page import run_page
from postgres_server import PostgresServer
from sqlalchemy import Engine, event

RUNS = 30
"""Live ones; so many lie in the archive, and so many in the trash."""
AT, SOON = 150, 250
"""The step at which it is asked to stop; and how many may follow: a run that is at hand, and what is once for all."""
AT_OF = {"index": 40, "search": 40, "compare": 40}
"""Of what has few steps."""
POLICY = Policy(blocks=(Block(match="workflow:live", keep=Keep(last=1), then="archive"),), minimum=0)
CALLS = ("open", "read", "pread", "write", "pwrite", "rename", "link", "unlink", "scandir", "fsync", "fdatasync")


class Work:
    """Counts what is done with files and databases; says to whoever works, at the so many-th step, to stop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = self.bytes = 0
        self._steps: int | None = None
        self._bytes: int | None = None
        self.progress = Progress()
        for name in CALLS:
            monkeypatch.setattr(os, name, self._counted(name, getattr(os, name)))

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted_call(*words: Any, **named: Any) -> Any:
            found = call(*words, **named)
            passed = len(found) if name in ("read", "pread") else found if name in ("write", "pwrite") else 0
            self.step(passed)
            return found

        return counted_call

    def statement(self, connection, cursor, statement, parameters, context, many) -> None:
        rows = parameters if many else [parameters]
        values = [value for row in rows for value in (row.values() if isinstance(row, dict) else row)]
        self.step(sum(len(value) for value in values if isinstance(value, bytes)))

    def step(self, passed: int) -> None:
        self.steps, self.bytes = self.steps + 1, self.bytes + passed
        reached = (self._steps and self.steps >= self._steps) or (self._bytes and self.bytes >= self._bytes)
        if reached and not self.progress.stopped:
            self.progress.stop()
            self.steps = self.bytes = 0

    def begin(self, steps: int | None = None, at_bytes: int | None = None) -> Progress:
        """From now on it is counted; asked to stop after so many steps, or bytes; never without."""
        self.steps = self.bytes = 0
        self.progress = Bytes(self)
        self._steps, self._bytes = steps, at_bytes
        return self.progress


class Bytes(Progress):
    """What is told of bytes is counted too: of those of a database nothing else is seen."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work

    def go(self, size_bytes: int) -> None:
        super().go(size_bytes)
        self._work.step(size_bytes)


@pytest.fixture
def work(monkeypatch) -> Iterator[Work]:
    counting = Work(monkeypatch)
    event.listen(Engine, "before_cursor_execute", counting.statement)
    yield counting
    event.remove(Engine, "before_cursor_execute", counting.statement)


class Scene(NamedTuple):
    """A data directory, open, and what is ordered there."""

    data: Path
    store: Store
    order: Order

    @property
    def beside(self) -> Path:
        return self.data.with_name("beside")

    def of(self, workflow: str) -> list[str]:
        return [run.id for run in self.store.runs.recent(workflow, limit=1000)]


def each_run(found: Iterator[Any]) -> None:
    """As whoever orders it goes through it: what he sees when he has asked is the last that he wants."""
    with closing(found) as runs:  # type: ignore[type-var]
        for _ in runs:
            if progressing.told().stopped:
                return


def undone(scene: Scene) -> None:
    (thrown,) = (one.id for one in scene.store.upkeep.operations().items if one.kind == "trash")
    each_run(scene.store.upkeep.undo(scene.order, thrown))


def retained(scene: Scene) -> None:
    found = plan(catalogue.read(scene.store, POLICY), POLICY, datetime.now(UTC))
    each_run(carry_out(taken_of(found), (), scene.store))


def verified(scene: Scene) -> None:
    for run in counted(scene.of("packed"), RUNS, "reading"):
        assert scene.store.upkeep.verify_archive(run) is None


def backed_up(scene: Scene) -> None:
    with closing(source_end(scene.data)) as one, closing(target_end(f"file:{scene.beside}")) as other:
        backup(one, other, progressing.told())


def compared(scene: Scene) -> None:
    with closing(source_end(scene.data)) as one, closing(source_end(f"file:{scene.beside}")) as other:
        list(verify(one, other, progressing.told()))


def moved(scene: Scene) -> None:
    migrate(scene.data, f"file:{scene.beside}", progress=progressing.told())


def index_made(scene: Scene) -> None:
    scene.store.runs.totals()


def found(scene: Scene) -> None:
    progress = progressing.told()
    for _ in scene.store.logs.search("hello", EVERYTHING, stop=lambda: progress.stopped):
        pass
    if progress.stopped:
        raise Stopped("it was stopped")


def side_by_side(scene: Scene) -> None:
    Reader(scene.store).page("steps", [scene.store.runs.get(run) for run in scene.of("live")])


def exported(scene: Scene) -> None:
    for run in scene.of("live"):
        run_page(scene.store, scene.store.runs.get(run))


def chosen(runs: list[str]) -> list[Chosen]:
    return [Chosen(run=run) for run in runs]


WORKS: dict[str, Callable[[Scene], object]] = {
    "restore": lambda it: each_run(it.store.upkeep.restore(it.order, it.of("packed"))),
    "rm": lambda it: each_run(it.store.upkeep.trash(it.order, chosen(it.of("live")))),
    "purge": lambda it: each_run(it.store.upkeep.purge(it.order)),
    "undo": undone,
    "archive verify": verified,
    "retain --apply": retained,
    "archive": lambda it: each_run(it.store.upkeep.archive(it.order, chosen(it.of("live")))),
    "doctor": lambda it: list(it.store.upkeep.check()),
    "backup": backed_up,
    "verify": compared,
    "migrate": moved,
    "index": index_made,
    "search": found,
    "compare": side_by_side,
    "export": exported,
}
"""By the verb that does it, or what it makes."""
NOT_OF = {("index", "sqlite"), ("index", "postgres")}
"""What there is none of."""
KINDS = ("file", "sqlite", "postgres")
FEW = ("restore", "rm", "purge", "archive verify", "retain --apply", "doctor", "verify", "index")
MATRIX = [
    pytest.param(kind, verb, id=f"{verb}-{kind}", marks=[] if kind == "file" and verb in FEW else pytest.mark.heavy)
    for kind in KINDS
    for verb in WORKS
    if (verb, kind) not in NOT_OF
]


class Recorded(NamedTuple):
    """A folder with a data directory and a copy of it beside; and the database that it has on a server."""

    where: Path
    database: str


def made_of(kind: str, where: Path, request: pytest.FixtureRequest) -> tuple[Recorded, Store]:
    """An empty one of a kind."""
    if kind != "postgres":
        return Recorded(where, ""), flightlog.open(where / "data", storage=kind)
    server: PostgresServer = request.getfixturevalue("postgres")
    found = Recorded(where, server.new_database())
    (where / "data").mkdir()
    lies_at(where / "data", server.url(found.database))
    return found, flightlog.open(where / "data")


def lies_at(data: Path, url: str) -> None:
    config = f"storage: {{logs: {{type: postgres, url: '{url}'}}}}\narchive: {{path: archive}}\n"
    (data / "flightlog.yaml").write_text(config)


@pytest.fixture
def laid_out(tmp_path, request) -> Iterator[Callable[[Recorded], Path]]:
    """Copies what was recorded for one test; the data directory."""
    copies: list[str] = []

    def lay_out(found: Recorded) -> Path:
        shutil.copytree(found.where, tmp_path, dirs_exist_ok=True)
        if found.database:
            server = request.getfixturevalue("postgres")
            copies.append(server.new_database(like=found.database))
            lies_at(tmp_path / "data", server.url(copies[-1]))
        return tmp_path / "data"

    yield lay_out
    for name in copies:
        request.getfixturevalue("postgres").drop_database(name)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, request) -> Callable[[str], Recorded]:
    """Many small runs of a kind of store, recorded once."""
    made: dict[str, Recorded] = {}

    def of_kind(kind: str) -> Recorded:
        if kind not in made:
            made[kind], empty = made_of(kind, where := tmp_path_factory.mktemp(kind), request)
            with empty as store:
                for number in range(3 * RUNS):
                    with store.run(("live", "packed", "thrown")[number % 3]) as run, run.step("s") as step:
                        step.log("hello there")
                        run.checkpoint({"n": number})
                for workflow, act in (("packed", store.upkeep.archive), ("thrown", store.upkeep.trash)):
                    list(act(new_order(), chosen([run.id for run in store.runs.recent(workflow, limit=1000)])))
            with closing(source_end(where / "data")) as one, closing(target_end(f"file:{where / 'beside'}")) as other:
                backup(one, other, Progress())
        return made[kind]

    return of_kind


LEFT_OPEN = "unfinished-operation"


def standing(data: Path, wrong: Collection[str] = ()) -> tuple[int, int, int]:
    """Live, archived and removed runs; nothing else is wrong with any, and nothing is half done."""
    with flightlog.open(data) as store:
        found = [one for one in store.upkeep.check() if one.severity == "error" or one.kind == LEFT_OPEN]
        assert {one.kind for one in found} == set(wrong)
        archived = store.runs.count(parse("archived"))
        return store.runs.count(EVERYTHING) - archived, archived, len(store.upkeep.trashed(limit=1000).items)


@pytest.mark.parametrize(("kind", "verb"), MATRIX)
def test_of_much_work_little_is_done_once_somebody_has_asked_to_stop(
    recorded, laid_out, work, tmp_path, monkeypatch, kind, verb
):
    monkeypatch.setattr(catch_up, "_AT_ONCE", 5)
    laid_out(recorded(kind))
    if verb in ("backup", "migrate"):
        shutil.rmtree(tmp_path / "beside")
    if verb == "index":
        shutil.rmtree(tmp_path / "data" / ".flightlog")
    order, went = new_order(), []
    for at in (AT_OF.get(verb, AT), None):
        with flightlog.open(tmp_path / "data") as store:
            scene = Scene(tmp_path / "data", store, order)
            if verb != "index":
                store.runs.totals()
            with telling(work.begin(at)):
                try:
                    WORKS[verb](scene)
                    went.append(work.steps)
                except Stopped:
                    went.append(work.steps)
            assert work.progress.stopped is (at is not None)
        if verb != "migrate" and (verb != "index" or at is None):  # to look at it makes it
            here = standing(tmp_path / "data")
            assert sum(here) == 3 * RUNS or (verb == "purge" and here[:2] == (RUNS, RUNS))
    after, rest = went
    assert after <= SOON
    assert rest > 2 * after, "so much was left to be done"


# --- one run that is big --------------------------------------------------------------------------------------

LINES, LINE_BYTES = 100, 80_000
AT_BYTES, SOON_BYTES = 2 << 20, 3 << 20
"""Where in it somebody asks; and how many bytes may still be gone through: a block or two, read and written."""
KEYS, VALUE_BYTES = 40, 100_000


def outcomes(found: Iterator[Any]) -> None:
    """Goes through it to its end; who is stopped in the middle of a run says so of it."""
    with closing(found) as runs:  # type: ignore[type-var]
        for one in runs:
            if one.why in IN_THE_MIDDLE:
                raise Stopped(one.why)
            assert one.outcome == "done", one


def thrown_by(scene: Scene) -> str:
    return next(one.id for one in scene.store.upkeep.operations(limit=1000).items if one.kind == "trash")


def bared(scene: Scene) -> None:
    (run,) = scene.of("live")
    kept = [one.id for one in scene.store.checkpoints.list(run)][1:]
    scene.store.upkeep.drop_states(run, kept)


def told_apart(scene: Scene) -> None:
    (run,) = scene.of("live")
    first, *_, last = scene.store.checkpoints.list(run)
    scene.store.checkpoints.diff(first.id, last.id)


def damaged(data: Path) -> None:
    """One line of the live run is no event any more."""
    with flightlog.open(data) as store:
        (run,) = (one.id for one in store.runs.recent("live"))
    (path,) = data.rglob(f"{run}.jsonl")
    lines = path.read_bytes().split(b"\n")
    lines[LINES // 2] = b"no event at all" * 10_000
    path.write_bytes(b"\n".join(lines))
    shutil.rmtree(data / ".flightlog")


def put_right(scene: Scene) -> None:
    (run,) = scene.of("live")
    where = {path: path.read_bytes() for path in scene.data.rglob(f"*{run}*") if ".states" not in path.name}
    try:
        scene.store.upkeep.repair(Finding(severity="error", kind="damaged-line", what="", where="", run=run))
    except Stopped:
        assert {path: path.read_bytes() for path in scene.data.rglob(f"*{run}*") if path in where} == where
        raise
    (path,), (aside,) = scene.data.rglob(f"{run}.jsonl"), scene.data.rglob(f"{run}.torn")
    lines = where[path].split(b"\n")
    assert path.read_bytes().split(b"\n") == lines[: LINES // 2] + lines[LINES // 2 + 1 :]
    assert aside.read_bytes() == lines[LINES // 2] + b"\n"


BIG_WORKS: dict[str, Callable[[Scene], object]] = {
    "restore": lambda it: outcomes(it.store.upkeep.restore(it.order, it.of("packed"))),
    "rm": lambda it: outcomes(it.store.upkeep.trash(it.order, chosen(it.of("live")))),
    "purge": lambda it: outcomes(it.store.upkeep.purge(it.order)),
    "undo": lambda it: outcomes(it.store.upkeep.undo(it.order, thrown_by(it))),
    "archive": lambda it: outcomes(it.store.upkeep.archive(it.order, chosen(it.of("live")))),
    "archive verify": lambda it: it.store.upkeep.verify_archive(*it.of("packed")),
    "drop states": bared,
    "doctor": lambda it: list(it.store.upkeep.check()),
    "doctor --fix": put_right,
    "backup": backed_up,
    "verify": compared,
    "diff": told_apart,
}
BEFORE: dict[str, Callable[[Path], None]] = {"doctor --fix": damaged}
BIG_NOT_OF = {("undo", "file"), *((verb, kind) for verb in ("doctor", "doctor --fix") for kind in KINDS[1:])}
"""What costs no bytes there: a renaming; a journal that is the store is there to be damaged with files alone."""
BIG_FEW = ("restore", "rm", "purge", "archive verify", "drop states", "doctor --fix")
BIG_MATRIX = [
    pytest.param(kind, verb, id=f"{verb}-{kind}", marks=[] if kind == "file" and verb in BIG_FEW else pytest.mark.heavy)
    for kind in KINDS
    for verb in BIG_WORKS
    if (verb, kind) not in BIG_NOT_OF
]


@pytest.fixture(scope="module")
def big(tmp_path_factory, request) -> Callable[[str], Recorded]:
    """Three runs of eight megabytes each, one live, one archived, one in the trash, with big states."""
    made: dict[str, Recorded] = {}

    def of_kind(kind: str) -> Recorded:
        if kind not in made:
            made[kind], empty = made_of(kind, where := tmp_path_factory.mktemp(f"big-{kind}"), request)
            with empty as store:
                for workflow in ("live", "packed", "thrown"):
                    with store.run(workflow) as run:
                        for number in range(LINES):
                            run.log(f"{number}", much=f"{number:07} " * (LINE_BYTES // 8))
                        for letter in "ab":
                            run.checkpoint(
                                {f"k{key}": f"{letter}{key:06} " * (VALUE_BYTES // 8) for key in range(KEYS)}
                            )
                for workflow, act in (("packed", store.upkeep.archive), ("thrown", store.upkeep.trash)):
                    list(act(new_order(), chosen([run.id for run in store.runs.recent(workflow)])))
            with closing(source_end(where / "data")) as one, closing(target_end(f"file:{where / 'beside'}")) as other:
                backup(one, other, Progress())
        return made[kind]

    return of_kind


@pytest.mark.parametrize(("kind", "verb"), BIG_MATRIX)
def test_a_big_run_is_stopped_after_a_few_bytes_and_is_as_it_was(
    big, laid_out, work, tmp_path, monkeypatch, kind, verb
):
    monkeypatch.setattr(progressing, "BIG", 100_000)
    monkeypatch.setattr(catch_up, "BATCH_BYTES", 1 << 20)
    order, data = new_order(), laid_out(big(kind))
    if verb == "backup":
        shutil.rmtree(tmp_path / "beside")
    wrong = ("damaged-line",) if verb in BEFORE else ()
    BEFORE.get(verb, lambda data: None)(data)
    with flightlog.open(data) as store:
        store.runs.totals()
        with pytest.raises(Stopped) as stopped, telling(work.begin(at_bytes=AT_BYTES)):
            BIG_WORKS[verb](Scene(data, store, order))
        assert (after := work.bytes) <= SOON_BYTES
        goes = str(stopped.value) == REST_GOES
        assert goes is (verb == "purge" and kind != "file")
        assert (LEFT_OPEN in [one.kind for one in store.upkeep.check()]) is goes
        assert str(stopped.value) in (HALFWAY, REST_GOES, "it was stopped")
    if goes:  # and who opens it next brings it to its end
        with flightlog.open(data) as store:
            assert store.upkeep.operation(order.id).done == 1
        assert standing(data) == (1, 1, 0)
        return
    assert standing(data, wrong) == (1, 1, 1)
    with flightlog.open(data) as store:
        store.runs.totals()
        with telling(work.begin()):
            BIG_WORKS[verb](Scene(data, store, order))
        assert work.bytes > AT_BYTES + 2 * after, "so much was left to be done"
    standing(data)
