"""What somebody new wants to know first, from the README alone: each is found with a few keys."""

import flightlog
import pytest
from flightlog.tui.app import FlightlogApp
from seeing import shows, until

FEW = 10


def cost_of(version: int) -> str:
    return "0.09" if version == 3 else "0.01"


def triage(store, number: int) -> None:
    """One of eighteen runs of three versions; the last has its limit set wrong by a step."""
    version = number // 6 + 1
    with store.run("triage", version=version, name=f"inbox {number}") as run:
        for step in ("plan", "search", "review"):
            with run.step(step) as at:
                at.cost(model="gpt-4o", input_tokens=900, output_tokens=90 + number, dollars=cost_of(version))
                run.checkpoint({"plan": ["search"], "limit": 4 if step == "plan" or number < 17 else -1})


@pytest.fixture
def data(tmp_path):
    """Runs of three versions, one that failed, and large ones."""
    folder = tmp_path / "data"
    with flightlog.open(folder, storage="file") as store:
        for number in range(3):
            with store.run("research", name=f"large {number}") as run:
                run.checkpoint({"pages": [f"{n:x}" * 40 for n in range(8_000 * (number + 1))]})
        for number in range(18):
            if number % 6 == 0:
                store.workflows.store(
                    "triage", f"model: v{number}\n", author="ana", parents=[number // 6] if number else []
                )
            triage(store, number)
        with pytest.raises(TimeoutError), store.run("report", name="weekly") as run, run.step("fetch"):
            raise TimeoutError("the server said nothing for 30 s")
    return folder


async def press(pilot, keys: str, *words: str) -> int:
    """Presses some keys and waits until all of the words are on screen; how many keys they were."""
    for key in keys.split():
        await pilot.press(key)
    await shows(pilot, *words)
    return len(keys.split())


@pytest.fixture(params=[(80, 24), (120, 36)], ids=["small", "wide"])
async def pilot(request, data):
    app = FlightlogApp(lambda: flightlog.open(data))
    async with app.run_test(size=request.param) as pilot:
        await until(pilot, lambda: hasattr(app, "home") and app.home.run_list.ready)
        yield pilot
    app.close()


async def test_why_a_run_failed(pilot):
    keys = await press(pilot, "L", "TimeoutError")  # what failed lately stands before what runs
    keys += await press(pilot, "enter", "the server said nothing for 30 s", "overview")
    keys += await press(pilot, "s e", "✖ failed  fetch", "traceback  ")
    assert keys < FEW


async def test_which_step_wrote_a_wrong_value_into_the_state(pilot):
    keys = await press(pilot, "j", "inbox 17")
    keys += await press(pilot, "enter t", "3", "unchanged")
    keys += await press(pilot, "left", "limit", "-1")  # what changed with the checkpoint before
    keys += await press(pilot, "tab b", "last written by", "search")
    assert keys < FEW


async def test_which_version_made_triage_more_expensive(pilot):
    keys = await press(pilot, "2 j", "triage", "+800%")
    keys += await press(pilot, "b", "first rose with @3", "$0.030", "$0.270", "95%")
    assert keys < FEW


async def test_what_to_delete_to_make_room(pilot):
    """Six of eight megabytes: two gigabytes are as many keys away."""
    keys = await press(pilot, "4", "research", "reserve", "in all")
    keys += await press(pilot, "enter", "large 2", "large 0")
    keys += await press(pilot, "space space", "2 marked, 6.2 MB")
    keys += await press(pilot, "D", "Delete 2 runs (6.2 MB)?", "z takes them back")
    keys += await press(pilot, "y", "1.1 MB in all")
    assert keys < FEW
