"""One run that is big: what is still gone through of it once somebody has asked to stop is counted in bytes, and is the
same however much is left. The run is then as it was, and the same order goes on with it.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import flightlog
import pytest
from flightlog.backends.ingest import catch_up
from flightlog.backends.moving.backing_up import backup
from flightlog.backends.moving.ends import source_end, target_end
from flightlog.core import progress as progressing
from flightlog.core.errors import Stopped
from flightlog.core.operations import HALFWAY, IN_THE_MIDDLE, REST_GOES, new_order
from flightlog.core.progress import Progress, telling
from flightlog.core.upkeep import Finding
from stopped_scene import KINDS, LEFT_OPEN, Recorded, Scene, backed_up, chosen, compared, made_of, standing

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
