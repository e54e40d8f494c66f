"""With `--ascii` no sign of ours is outside ASCII: on every screen, and behind every key that works there."""

import shutil
from contextlib import nullcontext

import flightlog
import pytest
import test_every_key
from flightlog.tui import keys
from flightlog.tui.app import FlightlogApp
from flightlog.tui.program.commands import places_of
from seeing import text_of, until
from test_every_key import SCENES, SHARED, Keyboard, fill, going, spoil
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


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ascii") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(test_every_key, "NASTY", " x")  # what agents write is as plain as what we draw
        fill(folder)
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


def cases():
    for name in MORE:
        yield from (pytest.param(name, size, id=f"{name}-{size[0]}") for size in ((120, 36), (80, 24)))
    for name in SCENES:
        yield pytest.param(name, (120, 36), marks=pytest.mark.heavy, id=name)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("scene", "size"), list(cases()))
async def test_nothing_of_ours_is_outside_ascii(filled, tmp_path, monkeypatch, scene, size):
    monkeypatch.chdir(tmp_path)  # pages of HTML are written there
    monkeypatch.setattr(test_every_key, "NASTY", " x")
    folder = tmp_path / "data"
    shutil.copytree(filled, folder, ignore=shutil.ignore_patterns(".flightlog"))
    if scene == "doctor":
        spoil(folder)
    app = FlightlogApp(lambda: flightlog.open(folder), ascii=True)
    with going(folder) if scene == "live" else nullcontext():
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.store is not None and app.home.run_list.ready)
            reader = Reader(pilot, {**SCENES, **MORE}[scene])
            reader.strange = {}
            await reader.settled()
            await reader.enter()
            if scene in SCENES:
                await reader.walk()
        app.close()
    assert not reader.strange, "\n".join(f"{sign}: {sorted(seen)[0]}" for sign, seen in reader.strange.items())
