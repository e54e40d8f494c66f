"""Archiving one big run says how much of it is done, whatever it is kept in."""

from itertools import pairwise

import flightlog
import pytest
from flightlog.core.operations import Chosen, new_order
from flightlog.core.progress import BIG, Part, Progress, Standing, telling
from flightlog.tui.cli.bar import line


class Seen(Progress):
    """Keeps what it would have shown."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[Part] = []

    def go(self, size_bytes: int) -> None:
        super().go(size_bytes)
        if self.part is not None:
            self.parts.append(self.part)


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_the_bytes_of_a_big_run_are_told_while_it_is_archived(tmp_path, monkeypatch, storage):
    monkeypatch.setattr("flightlog.core.progress.BIG", BIG // 4)
    seen = Seen()
    with flightlog.open(tmp_path, storage=storage) as store:
        with store.run("w") as big:
            for number in range(30):
                big.log(f"{number}", much=f"{number} " * 50_000)
        with store.run("w") as small:
            small.log("little")
        size = store.runs.get(big.id).size_bytes
        with telling(seen):
            done = store.upkeep.archive(new_order(), [Chosen(run=big.id), Chosen(run=small.id)])
            assert [one.outcome for one in done] == ["done", "done"]
    assert {part.total for part in seen.parts} == {size}
    assert all(one.done <= after.done <= size for one, after in pairwise(seen.parts))
    assert len({part.done for part in seen.parts}) > 5
    assert seen.parts[-1].done > size * 0.9
    assert seen.part is None


def test_a_bar_tells_of_the_run_that_is_at_hand_and_of_time_where_nothing_can_be_counted():
    at = Standing(1, 2, 30.0, "archived", Part(50_000_000, 100_000_000))
    assert line(at, told=str) == "archived ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇····· 1 and 50.0 MB of 100 MB of 2, 0:10 left"
    assert line(Standing(0, 0, 72.0, "compacting")) == "compacting, 1:12 so far"
