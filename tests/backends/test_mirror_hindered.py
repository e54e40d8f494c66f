"""A mirror that cannot be fed: nobody waits for it, what is wrong is told, and what it missed is made good."""

import random
import time
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.journal.layout import Layout
from flightlog.backends.mirror import feeder
from flightlog.backends.replay.carrying import Carrier
from flightlog.core.errors import no_run
from flightlog.core.operations import Chosen, new_order
from mirrored import MIXES, configured, findings, mirror_of, record, same, until

pytestmark = pytest.mark.usefixtures("patient_mirror")


@pytest.fixture(params=MIXES)
def data(request, tmp_path) -> Path:
    """A data directory with a mirror beside it."""
    return configured(tmp_path, MIXES[request.param])


@pytest.fixture
def quick(monkeypatch):
    """A mirror that failed is tried again at once."""
    monkeypatch.setattr(feeder, "_AGAIN_S", 0.05)


def test_a_mirror_that_fails_hinders_nobody_is_told_and_made_good(data, quick, caplog):
    mirror_of(data).mkdir()
    (mirror_of(data) / "runs").write_text("a file where a folder is wanted")
    with flightlog.open(data) as store:
        run = record(store)
        watch = store.feed.watch(lambda: None)
        until(lambda: "the mirror is behind" in watch.problem)
        assert store.runs.get(run).status == "completed"
        assert "mirror-behind" in findings(store)
        assert "the mirror is behind" in caplog.text
        (mirror_of(data) / "runs").unlink()
        until(lambda: not watch.problem)
        watch.close()
    assert same(data)


def test_a_run_that_is_removed_while_it_is_carried_keeps_no_mirror_back(data, monkeypatch, caplog):
    carry, removed = Carrier.carry, []

    def gone(self, run):
        if not removed:
            removed.append(run)
            raise no_run(run)
        return carry(self, run)

    monkeypatch.setattr(Carrier, "carry", gone)
    with flightlog.open(data) as store:
        record(store)
        until(lambda: removed)
        record(store)
    assert "the mirror is behind" not in caplog.text


def test_what_hinders_a_mirror_is_found_though_its_feeder_is_slow(data, monkeypatch):
    """Whoever asks what is wrong gets the same answer each time: the feeder's first look is waited for."""
    mirror_of(data).mkdir()
    (mirror_of(data) / "runs").write_text("a file where a folder is wanted")
    with flightlog.open(data) as store:
        record(store)
    loaded = feeder.Feeder._loaded

    def late(self):
        time.sleep(0.3)
        return loaded(self)

    monkeypatch.setattr(feeder.Feeder, "_loaded", late)
    told = []
    for _ in range(2):
        with flightlog.open(data) as store:
            told.append([(found.kind, found.severity) for found in store.upkeep.check() if "mirror" in found.kind])
    assert told[0] == told[1]
    assert ("mirror-behind", "error") in told[0]


def test_a_mirror_whose_folder_goes_is_not_made_anew_behind_a_persons_back(data, quick):
    with flightlog.open(data) as store:
        record(store)
        watch = store.feed.watch(lambda: None)
        journals = mirror_of(data) / "runs"
        until(lambda: any(b'"run.finished"' in path.read_bytes() for path in journals.rglob("*.jsonl")))
        until(lambda: (mirror_of(data) / "workflows" / "w" / "v0001.yaml").exists())
        mirror_of(data).rename(data.with_name("away"))
        record(store)
        until(lambda: "gone" in watch.problem)
        assert not mirror_of(data).exists()
        data.with_name("away").rename(mirror_of(data))
        until(lambda: not watch.problem)
        watch.close()
    assert same(data)


def test_where_no_mirror_can_be_the_place_is_named(tmp_path, quick):
    data = configured(tmp_path, "{type: file}")
    (data / "flightlog.yaml").write_text("storage: {logs: {type: file}, mirror: {type: file, path: no/such/mirror}}")
    with flightlog.open(data) as store:
        record(store)
        watch = store.feed.watch(lambda: None)
        until(lambda: "the folder of the mirror is gone" in watch.problem and "no/such/mirror" in watch.problem)
        watch.close()


def test_a_run_that_cannot_be_read_in_its_middle_hinders_no_other(tmp_path, quick, caplog):
    data = tmp_path / "data"
    with flightlog.open(data, storage="file") as store:
        with store.run("w") as broken:
            for n in range(40):
                broken.log(random.Random(n).randbytes(50_000).hex())
        list(store.upkeep.archive(new_order(), [Chosen(run=broken.id)]))
    path = Layout(data).archived(broken.id)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 3] ^= 255
    path.write_bytes(whole)
    (data / "flightlog.yaml").write_text(f"storage: {{logs: {{type: file}}, mirror: {{type: file, path: {data}.2}}}}")
    with flightlog.open(data) as store:
        run = record(store)
        mirrored = Layout(Path(f"{data}.2"))
        until(lambda: mirrored.journal(run).exists(), 10)
        until(lambda: "1 runs cannot be mirrored" in caplog.text, 10)
        assert broken.id in caplog.text
