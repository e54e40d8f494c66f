"""Every kind of state record of format 1 is read by this release and every later one, whatever keeps the run.

The fixture is never made anew: its states file has a value whole, a list and a text that grew, edits, opaque bytes,
and two values that were dropped.
"""

import json
import shutil
from pathlib import Path

import flightlog
import pytest
from flightlog.core.errors import NotFound

FIXTURE = Path(__file__).parent.parent / "fixtures" / "format_1_states"
RUN = "01m7skzc90c2pn0mks8ccgq91t"


def as_files(folder: Path) -> str:
    shutil.copytree(FIXTURE / "runs", folder / "runs")
    return "file"


def as_database(folder: Path) -> str:
    """As its agent leaves it: in the spool, from which the next one to look ships it."""
    (folder / "spool").mkdir()
    for path in (FIXTURE / "runs").glob("*/*"):
        shutil.copy(path, folder / "spool" / path.name)
    return "sqlite"


@pytest.mark.parametrize("place", [as_files, as_database])
def test_states_of_the_first_format(place, tmp_path):
    expected = json.loads((FIXTURE / "expected.json").read_text("utf-8"))
    with flightlog.open(tmp_path, storage=place(tmp_path)) as store:
        *kept, dropped = store.checkpoints.list(RUN)
        assert [store.checkpoints.state(one.id) for one in kept] == expected
        assert [one.changed for one in kept[1:]] == [("blob", "messages", "notes"), ("desk",)]
        with pytest.raises(NotFound, match="dropped"):
            store.checkpoints.state(dropped.id)
        assert not store.runs.damage().items


def test_the_fixture_has_every_kind():
    (path,) = (FIXTURE / "runs").glob("*/*.states.jsonl")
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    kinds = {(one["type"], "added" in one, "edits" in one) for one in records}
    values = [("value", False, False), ("value", True, False), ("value", False, True)]
    assert kinds == {("states", False, False), *values, ("opaque", False, False), ("dropped", False, False)}
    assert {str(one["added"])[:1] for one in records if "added" in one} == {"[", "A"}
