"""With `--ascii` no sign of ours is outside ASCII: on every screen, and behind every key that works there."""

import shutil
from contextlib import asynccontextmanager, nullcontext
from itertools import cycle
from pathlib import Path

import flightlog
import pytest
from flightlog.tui import keys
from flightlog.tui.app import FlightlogApp
from flightlog.tui.program.commands import places_of
from key_scenes import SCENES, SHARED, fill, going, spoil
from keyboard import Keyboard
from seeing import text_of, until
from textual.widgets import TextArea

ENDS = {"app.quit", "app.suspend"}
MORE = {
    "waterfall": ("j", "enter", "s", "v"),
    "graph": ("j", "enter", "s", "v", "v"),
    "log-search": ("j", "enter", "l", "slash", "e", "enter"),
    "plot": ("3", "p"),
    "grouped": ("b",),
    "help": ("question_mark",),
    "palette": ("ctrl+p",),
    "theme": ("ctrl+p", *"theme", "enter"),
    "typing": ("slash", *"sta"),
    "wrong": ("slash", *"cost", "greater_than_sign", *"much", "enter"),
    "nothing": ("slash", *"nobody", "enter"),
}
"""Opened besides, where no key is pressed."""

PLAIN = " x"
"""What agents write here is as plain as what we draw."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ascii") / "data"
    fill(folder, PLAIN)
    return folder


class Reader(Keyboard):
    """Looks at the screen after each key."""

    strange: dict[str, set[str]]

    async def press(self, *names):
        for name in names:
            await super().press(name)
            self.look(name)

    def look(self, after):
        for line in text_of(self.app.screen).splitlines():
            for character in line:
                if not character.isascii():
                    self.strange.setdefault(character, set()).add(f"{type(self.app.screen).__name__} {after}: {line}")

    async def walk(self):
        """All that works here, each key on the screen as it was."""
        typed = isinstance(self.app.focused, TextArea)  # there the keys of other places are text
        places = [place for place in places_of(self.app.screen) if not (typed and place in SHARED)]
        for row in [row for place in places for row in keys.place(place).keys]:
            if row.id not in ENDS:
                await self.back()
                await self.press(row.keys.split(",")[0])
        await self.out()


@asynccontextmanager
async def read(folder, size):
    """A browser, and who reads its screen after each key; nothing strange has been read in the end."""
    app = FlightlogApp(lambda: flightlog.open(folder), ascii=True)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.store is not None and app.home.run_list.ready)
        reader = Reader(pilot, ())
        reader.strange = {}
        await reader.settled()
        yield reader
    app.close()
    assert not reader.strange, "\n".join(f"{sign}: {sorted(seen)[0]}" for sign, seen in reader.strange.items())


@pytest.fixture
def folder(filled, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # pages of HTML are written there
    return Path(shutil.copytree(filled, tmp_path / "data", ignore=shutil.ignore_patterns(".flightlog")))


async def test_nothing_of_ours_is_outside_ascii(folder):
    sizes = cycle([(80, 24), (120, 36)])
    async with read(folder, next(sizes)) as reader:
        for name, reader.opening in MORE.items():
            await reader.enter()
            await reader.pilot.resize_terminal(*next(sizes))
            await reader.settled()
            assert reader.app.size == reader.app.screen.size
            reader.look(f"{name}, resized")
            await reader.out()


@pytest.mark.heavy
@pytest.mark.timeout(400)
@pytest.mark.parametrize("scene", SCENES)
async def test_nothing_of_ours_is_outside_ascii_behind_any_key(folder, scene):
    if scene == "doctor":
        spoil(folder, PLAIN)
    with going(folder, PLAIN) if scene == "live" else nullcontext():
        async with read(folder, (120, 36)) as reader:
            reader.opening = SCENES[scene]
            await reader.enter()
            await reader.walk()
