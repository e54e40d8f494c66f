"""Every key of the table, pressed on every screen: it does something, or says why not, and esc leads back out.

Generated from the table of keys: a new row is pressed here as soon as it is there. The store is
full of what agents must not be believed, so that nothing here may be drawn as markup or crash.
"""

import shutil
from contextlib import nullcontext

import flightlog
import pytest
from flightlog.tui import keys
from flightlog.tui.app import FlightlogApp
from flightlog.tui.program.commands import places_of
from key_scenes import SCENES, SHARED, fill, going, spoil
from keyboard import Keyboard
from seeing import shows, until

SILENT = {
    "app.quit": "ends the program, which a test of its own does",
    "app.stop": "says that nothing is under way, once while that can be read",
    "app.refresh": "reads again what looks the same where nothing changed",
    "app.back": "is what every screen is left by at the end",
    "plan.revert": "takes the policy of the file, which is what is written here",
    "compare.only": "is how the comparison begins",
    "compare.all": "shows what is the same too, and here nothing is",
    "compare.baseline": "is the column that the cursor is on at first",
    "compare.left": "leads to the column on the left, where the cursor is at first",
}
"""Rows that need not show an effect, each with the reason."""

LOOKS = {
    "artifacts.edit": "looks for the file when it is asked to, and here is none",
    "artifacts.copy": "copies no path with signs in it that act, and here is one",
}
"""Rows that are offered, and find out only when they are pressed that nothing can be done; each with the reason."""

QUICK = {("costs", 80)}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("every") / "data"
    fill(folder)
    return folder


def cases():
    for name in SCENES:
        for size in ((80, 24), (120, 36)):
            marks = () if (name, size[0]) in QUICK else (pytest.mark.heavy,)
            yield pytest.param(name, size, marks=marks, id=f"{name}-{size[0]}")


@pytest.mark.timeout(400)  # many keys, one after the other, also where the machine has much else to do
@pytest.mark.parametrize(("scene", "size"), list(cases()))
async def test_every_key_does_something_and_esc_leads_out(filled, tmp_path, monkeypatch, scene, size):
    monkeypatch.chdir(tmp_path)  # pages of HTML are written there
    folder = tmp_path / "data"
    shutil.copytree(filled, folder, ignore=shutil.ignore_patterns(".flightlog"))
    if scene == "doctor":
        spoil(folder)
    app = FlightlogApp(lambda: flightlog.open(folder))
    with going(folder) if scene == "live" else nullcontext():
        await press_all(app, scene, size)


async def press_all(app, scene, size):
    """Each row of the table, on one screen."""
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.store is not None and app.home.run_list.ready)
        keyboard = Keyboard(pilot, SCENES[scene])
        await keyboard.settled()
        await keyboard.enter()
        assert scene == "runs" or app.screen is not app.home
        if scene == "live":
            await shows(pilot, "1 waiting", "1 running", "2 lost")
        dead = []
        for place in places_of(app.screen):
            if scene not in SHARED.get(place, (scene,)):
                continue
            for row in keys.place(place).keys:
                await keyboard.back()
                if row.id in SILENT or not keyboard.works(row):
                    continue
                name = row.keys.split(",")[0]
                offered, refused = row.id in {key.id for key in keyboard.offered}, keyboard.refused
                if not await keyboard.has_effect(name):
                    dead.append(f"{row.id} ({name})")
                elif offered and row.id not in LOOKS and keyboard.refused_at_once > refused:
                    dead.append(f"{row.id} ({name}) is offered, and only says why not")
        await keyboard.out()
    assert not dead, ", ".join(dead)


def test_the_reasons_are_of_rows_that_there_are():
    assert set(SILENT) <= {row.id for place in keys.PLACES for row in place.keys}


@pytest.mark.heavy
@pytest.mark.timeout(400)
async def test_no_key_harms_where_there_is_next_to_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data"
    flightlog.open(folder, storage="file").close()
    app = FlightlogApp(lambda: flightlog.open(folder))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.store is not None and app.home.run_list.ready)
        keyboard = Keyboard(pilot, ())
        places = ((), *((key,) for key in ("2", "3", "4", "5", "at", "L", "exclamation_mark")))
        for opening in (*places, *(("5", tab) for tab in "atu")):
            await keyboard.harmless(opening)
        app.store.run("bare", parent="01jaaaaaaaaaaaaaaaaaaaaaaa").finish()  # without steps, costs, or its parent
        await until(pilot, lambda: app.home.run_list.lines == 1)
        await keyboard.harmless(())
        for tab in "osltcmipa":
            await keyboard.harmless(("enter", tab))
