"""Every key of the table, pressed on every screen: it does something, or says why not, and esc leads back out.

Generated from the table of keys: a new row is pressed here as soon as it is there. The store is
full of what agents must not be believed, so that nothing here may be drawn as markup or crash.
"""

import re
import shutil
import threading
import time
from contextlib import ExitStack, contextmanager, nullcontext
from itertools import count

import flightlog
import pytest
from flightlog.core.choosing import chosen
from flightlog.core.clock import pretending
from flightlog.core.ids import new_ulid
from flightlog.core.operations import new_order
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.tui import keys
from flightlog.tui.app import FlightlogApp
from flightlog.tui.hinting import LASTS
from flightlog.tui.loading import Loader
from flightlog.tui.program.commands import places_of
from flightlog.tui.screens.costs import CostsScreen
from flightlog.tui.widgets.key_bar import KeyBar
from flightlog.tui.widgets.line_list import LineList
from flightlog.tui.widgets.run_table import RunTable
from recorded import NASTY, record_everything, waiting_run
from seeing import shows, text_of, until
from textual import events
from textual.keys import key_to_character
from textual.widgets import Input

POLICY = 'retention:\n  - match: "status:failed"\n    then: trash\n'

SILENT = {
    "app.quit": "ends the program, which a test of its own does",
    "app.stop": "says that nothing is under way, once while that can be read",
    "app.refresh": "reads again what looks the same where nothing changed",
    "app.back": "is what every screen is left by at the end",
    "plan.revert": "takes the policy of the file, which is what is written here",
    "diff.all": "shows lines far from a difference too, and here are none",
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

SHARED = {"app": ("runs",), "place": ("runs", "plan"), "run": ("overview", "logs"), "tree": ("steps", "states")}
SHARED |= {"retention": ("plan",), "moves": ("runs", "logs", "steps", "costs", "space", "plan", "compare", "commands")}
"""Places whose keys work on many screens: the screens that these are pressed on here, for each takes its second."""

SCENES = {
    "runs": (),
    "overview": ("j", "enter", "o"),
    "steps": ("j", "enter", "s"),
    "logs": ("j", "enter", "l"),
    "log-bars": ("j", "enter", "l", "h", "left"),
    "bookmarks": ("j", "enter", "l", "b", "B"),
    "states": ("j", "enter", "t", "left"),
    "run-costs": ("j", "enter", "c"),
    "messages": ("j", "enter", "m"),
    "items": ("j", "enter", "i"),
    "approvals": ("j", "enter", "p"),
    "artifacts": ("j", "enter", "a"),
    "workflows": ("2",),
    "versions": ("2", "enter"),
    "version": ("2", "enter", "enter"),
    "diff": ("2", "enter", "d"),
    "costs": ("3", "m"),
    "space": ("4",),
    "plan": ("5", "p"),
    "archive": ("5", "a"),
    "trash": ("5", "t"),
    "policy": ("5", "p", "e", "enter"),
    "audit": ("5", "u"),
    "operation": ("5", "u", "enter"),
    "compare": ("J", "J", "c"),
    "compared": ("J", "J", "c", "enter"),
    "commands": ("n", *"why", "enter", "at"),
    "live": ("L",),
    "edit": ("2", "enter", "enter", "e"),
    "doctor": ("exclamation_mark",),
}
MOVES = {f"move.{name}" for name in ("down", "up", "page_down", "page_up", "home", "end")}
QUICK = {("costs", 80)}


def fill(folder):
    """One of everything there is, and hostile text in every field of it."""
    with flightlog.open(folder, storage="file") as store:
        for n in range(3):
            store.run(f"flow-{n}", name=f"n{n}{NASTY}", tags=[f"t{NASTY}"]).finish("failed" if n % 2 else "completed")
        for body in ("same: 0\na: 1\nb: [x]\n", "same: 0\na: 2\nb: [/x]\n"):
            store.run("child", definition=body).finish()
        for n in range(2):
            store.run("gone", name=f"gone{n}{NASTY}").finish("failed")
        gone, packed = store.runs.query(parse("workflow:gone")).items, store.runs.query(parse("workflow:flow-0")).items
        list(store.upkeep.trash(new_order(by=NASTY, why=NASTY), [chosen(run) for run in gone]))
        list(store.upkeep.archive(new_order(by=NASTY, why=NASTY), [chosen(run) for run in packed]))
        time.sleep(0.002)
        shift = count(0, 3_000_000)
        with pretending(lambda: time.time_ns() + next(shift)):  # so that a log has several moments
            record_everything(store, NASTY)
            record_everything(store, NASTY)
    (folder / "flightlog.yaml").write_text(POLICY)


@contextmanager
def going(folder):
    """Runs that wait, run, and are lost, two of one workflow; of other scenes they would change the list."""
    day = next((folder / "runs").iterdir())
    with flightlog.open(folder, storage="file") as store, ExitStack() as stack:
        for n in range(2):
            run = store.run("vanished", name=f"g{n}{NASTY}")
            journal = next(folder.glob(f"runs/*/{run.id}.jsonl"))
            shutil.copy(journal, day / "kept")  # as the kernel sees it, nobody writes this one
            run.finish("cancelled")
            (day / "kept").replace(journal)
        stack.enter_context(waiting_run(store, f"Send?{NASTY}"))
        run = stack.enter_context(store.run("busy", name=f"b{NASTY}", objective=NASTY))
        stack.enter_context(run.step(f"think{NASTY}")).log(f"well{NASTY}")
        yield


def spoil(folder):
    """What doctor finds: a line that is no event, a torn one, states of nobody, a file with a name that acts."""
    day = next((folder / "runs").iterdir())
    journals = sorted(path for path in day.glob("*.jsonl") if not path.name.endswith(".states.jsonl"))
    lines = journals[0].read_bytes().split(b"\n")
    journals[0].write_bytes(b"\n".join([lines[0], NASTY.replace("\n", " ").encode(), *lines[1:]]))
    with journals[1].open("ab") as journal:
        journal.write(b'{"half of a l')
    (day / f"{new_ulid()}.states.jsonl").write_bytes(b"{}\n")
    (day / NASTY.replace("/", "|")).write_bytes(b"x")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("every") / "data"
    fill(folder)
    return folder


class Keyboard:
    """Presses one key after the other, each when the one before has done all that it does."""

    def __init__(self, pilot, opening):
        self.pilot, self.app, self.opening = pilot, pilot.app, opening
        self.told = self.refused = self.refused_at_once = 0
        notify = self.app.notify

        def counted(*args, **options):
            self.told += 1
            self.refused += options.get("severity") == "warning" or options.get("timeout") == LASTS
            return notify(*args, **options)

        self.app.notify = counted

    async def press(self, *names):
        for name in names:
            self.app.post_message(events.Key(name, key_to_character(name)))
            await self.settled()
            assert self.app._exception is None, f"{name}: {self.app._exception!r}"

    def busy(self):
        app = self.app
        owners = (app.screen, *app.screen.query("*"))
        loaders = [one for owner in owners for one in vars(owner).values() if isinstance(one, Loader)]
        loading = any(thread.name == "flightlog-load" for thread in threading.enumerate())
        return loading or app.typed.busy or app.operations.busy or any(one.busy for one in loaders)

    async def settled(self):
        await self.pilot._wait_for_screen()
        quiet = 0
        while quiet < 2:  # what a worker, a timer of no length, or a load has set off is waited for too
            await until(self.pilot, lambda: not self.busy())
            await self.pilot.pause(0.01)
            quiet = 0 if self.busy() else quiet + 1

    def seen(self):
        """All that a person can see or hear of, but for the header, which tells the time."""
        app = self.app
        strips = app.screen._compositor.render_strips(app.screen.size)[1:]
        drawn = [[(segment.text, str(segment.style)) for segment in strip] for strip in strips]
        focused, screen = app.focused, app.screen
        place = (getattr(focused, "cursor", None), getattr(focused, "scroll_offset", None), focused)
        return drawn, place, screen, self.told, app.clipboard

    async def has_effect(self, name):
        """Whether it does something here, or on one of a few other lines."""
        for fresh, *before in ((False,), (False, "j"), (True,), (False, "j"), (False, "G"), (False, "g")):
            if fresh:  # what an earlier key has hidden or filtered is there again
                await self.out()
                await self.enter()
            await self.back()
            self.app.clear_notifications()
            await self.press(*before)
            seen = self.seen()
            await self.press(name)
            if not (fresh or before):
                self.refused_at_once = self.refused
            if self.seen() != seen:
                return True
        return False

    async def harmless(self, opening):
        """Presses all that works on a screen, and is led out of whatever that opens."""
        self.opening = opening
        await self.out()
        await self.enter()
        for row in [row for row in self.offered if not row.id.startswith("app.")]:
            await self.back()
            told, seen = self.told, self.seen()
            await self.press(row.keys.split(",")[0])
            # What is offered does more than to say why it does nothing.
            changed = [before != now for n, (before, now) in enumerate(zip(seen, self.seen(), strict=True)) if n != 3]
            assert any(changed), f"{row.id} of {opening} {'only says why not' if self.told > told else 'does nothing'}"
        own = [place for place in places_of(self.app.screen) if place not in SHARED]
        for row in [row for place in own for row in keys.place(place).keys]:
            await self.back()
            await self.press(row.keys.split(",")[0])
        await self.out()

    def works(self, row):
        """Whether the key is bound where the focus is, and names anything but what is shown already."""
        bound = {active.binding.id for active in self.app.screen.active_bindings.values()}
        screen, named = self.app.screen, re.findall(r"'(\w+)'", row.action)
        by = screen.chosen.by if isinstance(screen, CostsScreen) else None
        here = (self.place[1], by, self.app.whereabouts.on_screen, "DEBUG")
        still = row.id in MOVES and not self.can_move
        return row.id in bound and not set(named) & set(here) and not still

    @property
    def offered(self):
        """What the bottom line offers, whether there is room for all of it or not."""
        return self.app.screen.query_one(KeyBar).keys

    @property
    def can_move(self):
        """Whether there is another line to go to, or something to scroll to."""
        lines = self.app.focused
        if isinstance(lines, LineList):
            return lines.max_scroll_y > 0 or (lines.count() > 1 and lines.shows_cursor)
        return not isinstance(lines, RunTable) or lines.run_list.lines > 1

    async def back(self):
        """To the scene as it was, wherever a key led."""
        for _ in range(4):
            if self.scene == self.place:
                return
            if self.app.screen is self.app.home:
                break
            await self.press("escape")
        if self.scene != self.place:
            await self.out()
            await self.enter()

    @property
    def place(self):
        """Where the person is: the screen, its tab, and the part that has the focus."""
        screen = self.app.screen
        tab = getattr(screen, "current", None) or getattr(screen, "tab", None)
        tab = tab if isinstance(tab, str) else None
        return screen, tab, self.app.focused, screen is self.app.home and self.is_plain

    @property
    def is_plain(self):
        """Whether the list shows all runs one below the other, and none is marked."""
        found = self.app.home.run_list
        return found.query == EVERYTHING and not found.grouping and not found.marks.count(found.matching or 0)

    async def enter(self):
        await self.press("g", *self.opening)
        self.scene = self.place

    async def out(self):
        """`esc`, again and again, leads to the list of all runs."""
        for _ in range(14):
            at_list = isinstance(self.app.focused, RunTable) or not self.app.home.run_list.lines
            if (
                self.app.screen is self.app.home
                and self.is_plain
                and at_list
                and not isinstance(self.app.focused, Input)
            ):
                return
            await self.press("escape")
        raise AssertionError(f"esc does not lead out of\n{text_of(self.app.screen)}")


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
