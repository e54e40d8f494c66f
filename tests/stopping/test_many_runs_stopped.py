"""Every kind of long work hears soon that it is to stop: what is still done then is counted, not timed, and is the same
however much is left. What was done by then is whole, and the same order goes on with the rest.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import flightlog
import pytest
from flightlog.backends.ingest import catch_up
from flightlog.backends.moving.backing_up import backup
from flightlog.backends.moving.ends import source_end, target_end
from flightlog.backends.moving.migrating import migrate
from flightlog.core import progress as progressing
from flightlog.core.errors import Stopped
from flightlog.core.operations import new_order
from flightlog.core.progress import Progress, counted, telling
from flightlog.core.query.query import EVERYTHING
from flightlog.core.retention import catalogue
from flightlog.core.retention.applying import carry_out
from flightlog.core.retention.plan import plan
from flightlog.core.retention.policy import Block, Keep, Policy
from flightlog.core.retention.saved import taken_of
from flightlog.tui.compare.pages import Reader
from flightlog.tui.export.run_page import run_page
from stopped_scene import KINDS, Recorded, Scene, backed_up, chosen, compared, made_of, standing

RUNS = 30
"""Live ones; so many lie in the archive, and so many in the trash."""
AT, SOON = 150, 250
"""The step at which it is asked to stop; and how many may follow: a run that is at hand, and what is once for all."""
AT_OF = {"index": 40, "search": 40, "compare": 40}
"""Of what has few steps."""
POLICY = Policy(blocks=(Block(match="workflow:live", keep=Keep(last=1), then="archive"),), minimum=0)


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
FEW = ("restore", "rm", "purge", "archive verify", "retain --apply", "doctor", "verify", "index")
MATRIX = [
    pytest.param(kind, verb, id=f"{verb}-{kind}", marks=[] if kind == "file" and verb in FEW else pytest.mark.heavy)
    for kind in KINDS
    for verb in WORKS
    if (verb, kind) not in NOT_OF
]


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
