"""What is asked of an archived run is answered as its journal would: by number, in pages, from either end, by value."""

import random
from pathlib import Path
from typing import Any

import flightlog
import pytest
from flightlog.backends.archive.archived_bodies import ArchivedBodies
from flightlog.backends.archive.either_bodies import EitherBodies
from flightlog.backends.archive.flz import Facts
from flightlog.backends.archive.flz_members import members_of
from flightlog.backends.archive.flz_writer import write_flz
from flightlog.backends.files.journal_bodies import JournalBodies
from flightlog.backends.journal.disk import make_folder
from flightlog.backends.journal.event_heads import events_in
from flightlog.backends.journal.layout import Layout
from flightlog.backends.journal.states import States
from flightlog.backends.sql.bodies import Excerpt
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import Corrupt, FlightlogError, NotFound
from flightlog.core.ids import new_ulid


def archive(layout: Layout, run: str) -> Path:
    """Writes the archive of a run, whose files stay where they are."""
    path = layout.archived(run)
    make_folder(path.parent)
    write_flz(path, Facts(run=run), members_of(layout, run))
    return path


def remove_files(layout: Layout, run: str) -> None:
    for path in (layout.journal(run), layout.states(run), layout.torn(run)):
        path.unlink(missing_ok=True)


def answer(ask: Any, *args: Any, **options: Any) -> Any:
    try:
        return ask(*args, **options)
    except FlightlogError as error:
        return type(error), error.what


class Kept:
    """A data directory with one long run, of which some lines are damaged, and both ways to read it."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder)
        with flightlog.open(folder, storage="file") as store:
            with store.run("long") as run:
                for n in range(9000):
                    run.log(f"entry {n} " + "some words " * 30, level=("DEBUG", "INFO", "WARNING", "ERROR")[n % 4])
                    if n % 1000 == 0:
                        run.checkpoint({"count": n, "list": list(range(n // 10))})
                    if n == 4000:
                        run.log("y" * 3_000_000)
                self.run = run.id
            journal = self.layout.journal(self.run)
            lines = journal.read_bytes().split(b"\n")
            for at in (3000, 5000, 5001):
                lines[at] = lines[at].replace(b"words", b"sword", 1)
            lines[6000:6002] = [lines[6000][:50] + lines[6001]]
            journal.write_bytes(b"\n".join(lines))
            self.last = store.runs.get(self.run).last_seq
        self.digests = sorted(States(self.layout.states(self.run)).refresh())
        self._database = open_database(self.layout.index_db, truth=False)
        self.live = JournalBodies(self.layout, self._database)
        self.archive = archive(self.layout, self.run)
        self.archived = ArchivedBodies(self.layout.archived)

    def close(self) -> None:
        self._database.close()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Any:
    found = Kept(tmp_path_factory.mktemp("data"))
    yield found
    found.close()


def test_every_event_is_the_same(kept: Kept) -> None:
    for seq in [*range(1, kept.last + 2, 97), 3000, 3001, 3002, 4006, 4007, 4008, 6000, 6001, 6002, kept.last]:
        assert answer(kept.archived.line, kept.run, seq) == answer(kept.live.line, kept.run, seq), seq


def test_every_page_is_the_same_from_either_end(kept: Kept) -> None:
    rng = random.Random(3)
    for _ in range(150):
        excerpt = Excerpt(
            after=rng.choice((0, rng.randrange(kept.last + 5))),
            before=rng.choice((None, rng.randrange(kept.last + 5))),
            limit=rng.choice((1, 50, 1000)),
            newest=rng.random() < 0.5,
            types=rng.choice((None, frozenset({"log"}), frozenset({"checkpoint"}))),
            level=rng.choice((0, 3)),
        )
        assert kept.archived.lines(kept.run, excerpt) == kept.live.lines(kept.run, excerpt), excerpt


def test_pages_hold_what_the_journal_says(kept: Kept) -> None:
    """Against a reading of the whole journal, line by line: an event counts if its number is higher than all before."""
    whole: list[tuple[int, bytes, str]] = []
    for line in kept.layout.journal(kept.run).read_bytes().split(b"\n"):
        for head, event in events_in(line):
            if not whole or head.seq > whole[-1][0]:
                whole.append((head.seq, event, head.type))
    assert 8900 < len(whole) < kept.last
    rng = random.Random(9)
    for _ in range(60):
        after, before = rng.randrange(kept.last), rng.choice((None, rng.randrange(kept.last + 5)))
        types, newest = rng.choice((None, frozenset({"log"}))), rng.random() < 0.5
        fits = [
            (seq, event)
            for seq, event, type in whole
            if seq > after and (before is None or seq < before) and (types is None or type in types)
        ]
        expected = fits[-20:] if newest else fits[:20]
        for bodies in (kept.live, kept.archived):
            found = bodies.lines(kept.run, Excerpt(after=after, before=before, limit=20, newest=newest, types=types))
            assert found == expected, (after, before, newest)
    for seq, event, _ in rng.sample(whole, 50):
        assert kept.live.line(kept.run, seq) == kept.archived.line(kept.run, seq) == event


def test_single_events_and_values_are_the_same(kept: Kept) -> None:
    places = [(kept.run, seq) for seq in sorted(random.Random(5).sample(range(1, kept.last), 300))]
    assert len(kept.digests) > 15
    assert kept.archived.picked(places) == kept.live.picked(places)
    assert kept.archived.values(kept.run, kept.digests) == kept.live.values(kept.run, kept.digests)
    assert answer(kept.archived.values, kept.run, ["0" * 64])[0] is NotFound


def test_a_page_of_a_long_archived_run_unpacks_what_it_shows(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    from flightlog.backends.archive.packed_file import PackedFile

    unpacked = []
    real = PackedFile.unpack
    monkeypatch.setattr(PackedFile, "unpack", lambda self, frame: unpacked.append(frame) or real(self, frame))
    bodies = ArchivedBodies(kept.layout.archived)
    assert len(bodies.lines(kept.run, Excerpt(newest=True, limit=100))) == 100
    assert len(unpacked) == 1
    assert len(bodies.lines(kept.run, Excerpt(before=2000, newest=True, limit=100))) == 100
    assert len(unpacked) <= 3
    bodies.lines(kept.run, Excerpt(before=1900, newest=True, limit=100))
    assert len(unpacked) <= 3


def test_a_run_is_read_where_it_is(tmp_path: Path) -> None:
    """Of a run that is in both places the store's own bytes count; what is in neither is not found."""
    with flightlog.open(tmp_path, storage="file") as store:
        with store.run("w") as run:
            run.log("hello")
        store.runs.get(run.id)
        layout = Layout(tmp_path)
        archive(layout, run.id)
        database = open_database(layout.index_db, truth=False)
        bodies = EitherBodies(JournalBodies(layout, database), ArchivedBodies(layout.archived), lambda run: False)
        before = bodies.lines(run.id)
        assert len(before) == 3
        remove_files(layout, run.id)
        assert bodies.lines(run.id) == before
        assert bodies.line(run.id, 2) == before[1][1]
        assert bodies.picked([(run.id, 1), ("nobody", 1), (run.id, 9)]) == {(run.id, 1): before[0][1]}
        with pytest.raises(NotFound, match="no event 9"):
            bodies.line(run.id, 9)
        other = new_ulid()
        for ask in (
            lambda: bodies.lines(other),
            lambda: bodies.values(other, ["0" * 64]),
            lambda: bodies.line("..", 1),
        ):
            with pytest.raises(NotFound):
                ask()
        database.close()


def test_a_damaged_archive_fails_for_its_own_run_alone(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    with flightlog.open(tmp_path, storage="file") as store:
        runs = []
        for _ in range(2):
            with store.run("w") as run:
                run.log("hello")
            runs.append(run.id)
            archive(layout, run.id)
    bad = layout.archived(runs[0])
    bad.write_bytes(bad.read_bytes()[:-100])
    bodies = ArchivedBodies(layout.archived)
    assert list(bodies.picked([(runs[0], 2), (runs[1], 2)])) == [(runs[1], 2)]
    with pytest.raises(Corrupt, match="cut off"):
        bodies.lines(runs[0])
    layout.archived(runs[1]).rename(bad)
    with pytest.raises(Corrupt, match=runs[1]):
        bodies.lines(runs[0])
