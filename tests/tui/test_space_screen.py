"""Place 4, Space, as a person uses it: every key in both sizes, live changes, marks, and what agents write."""

import flightlog
import pytest
from counting import Counting
from flightlog.core import events as e
from flightlog.core.ids import new_ulid
from flightlog.tui.app import FlightlogApp
from flightlog.tui.program import type_ahead
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.screens.runs import RunsScreen
from flightlog.tui.screens.space import PAGE, SpaceScreen
from flightlog.tui.space.page import CALLED
from langgraph.checkpoint.sqlite import SqliteSaver
from recorded import NASTY
from seeing import shows, text_of, until
from spacing import at_space, into, names_of, read
from textual import events

SIZES = [(120, 36), (80, 24)]


def kinds_of(screen: SpaceScreen) -> list[str]:
    return [node.kind for node in screen.list.page.nodes]


def fill(folder) -> list[str]:
    """Two workflows; the runs of triage are larger and larger. Their ids."""
    made = []
    with flightlog.open(folder, storage="file") as store:
        for n in range(6):
            with store.run("triage" if n else "report", name=f"r{n}", session="ana") as run:
                run.log("x" * 30_000 * n)
                run.checkpoint({"messages": ["m" * 9000], "plan": n})
                run.artifact("/nowhere/at all", name="a file")
            made.append(run.id)
    return made


@pytest.fixture
def ids(tmp_path):
    return fill(tmp_path / "data")


@pytest.fixture
def app(ids, tmp_path):
    return FlightlogApp(lambda: flightlog.open(tmp_path / "data"))


@pytest.mark.parametrize("size", SIZES)
async def test_one_goes_down_to_the_key_of_a_state_and_out_again(app, ids, size):
    async with app.run_test(size=size) as pilot:
        screen = await at_space(pilot)
        shown = await shows(pilot, "4 Space", "triage", "report", "index", "other files", "5 runs", "in all", "▇")
        assert all(len(line) <= size[0] for line in shown.split("\n"))
        screen.list.move_to(names_of(screen).index("triage"))
        await shows(pilot, "What the runs of the workflow take")
        await into(pilot, screen, "triage")
        assert names_of(screen) == ids[:0:-1]
        shown = await shows(pilot, "› triage", "r5", "r1", "Started", "1 log entry")
        head = next(line for line in shown.split("\n") if "Started" in line)
        assert head.index("Started") - head.index("Name") > CALLED
        await into(pilot, screen, ids[5])
        assert set(kinds_of(screen)) == {"logs", "states", "events", "artifacts"}
        await shows(pilot, "› triage › r5", "log entries", "+0 B", "lies elsewhere")
        await into(pilot, screen, "states")
        assert names_of(screen)[0] == "messages"
        await shows(pilot, "› r5 › states", "messages", "plan")
        await pilot.press("enter", "backspace")
        await until(pilot, lambda: screen.found.space.node.name == ids[5])
        await read(pilot)
        assert screen.list.current.name == "states"
        await pilot.press("left", "escape")
        await until(pilot, lambda: screen.found.space.node.kind == "store")
        await read(pilot)
        assert screen.list.current.name == "triage"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.home)
        await pilot.press("4")
        await until(pilot, lambda: app.screen is screen)
        assert screen.list.current.name == "triage"


async def test_every_key_works_and_the_order_is_by_size_name_or_count(app, ids):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_space(pilot)
        sizes = [node.size_bytes for node in screen.list.page.nodes]
        assert sizes == sorted(sizes, reverse=True)
        await pilot.press("s")
        await shows(pilot, "name ↑")
        await read(pilot)
        assert names_of(screen) == sorted(names_of(screen))
        await pilot.press("s")
        await shows(pilot, "count ↓")
        await read(pilot)
        assert names_of(screen)[0] == "triage"
        await pilot.press("s")
        await read(pilot)
        assert [node.size_bytes for node in screen.list.page.nodes] == sizes
        await pilot.press("v")
        await until(pilot, lambda: not screen.query_one("#space-preview").display)
        await pilot.press("v", "r", "G", "g", "j", "k", "ctrl+d", "ctrl+u", "question_mark")
        await shows(pilot, "Give a database's free pages back to the disk", "Out again, to what it lies in")
        await pilot.press("escape", "1")
        await until(pilot, lambda: app.screen is app.home)


async def test_marks_are_of_runs_or_workflows_and_go_first_with_escape(app, ids):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_space(pilot)
        await pilot.press("asterisk")
        await shows(pilot, "✓ 2 marked")
        assert {node.name for node in screen.list.marked} == {"triage", "report"}
        await pilot.press("escape")
        await until(pilot, lambda: not screen.list.marked)
        assert app.screen is screen
        await into(pilot, screen, "triage")
        await pilot.press("J", "J", "k", "space")
        await shows(pilot, "✓ 1 marked")
        assert [node.name for node in screen.list.marked] == [ids[5]]
        await pilot.press("backspace")
        await until(pilot, lambda: screen.found.space.node.kind == "store")
        await read(pilot)
        assert not screen.list.marked


async def test_a_line_leads_to_its_runs(app, ids):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_space(pilot)
        screen.list.move_to(names_of(screen).index("triage"))
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen is not app.home)
        await until(pilot, lambda: app.screen.run_list.matching == 5)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await into(pilot, screen, "triage")
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await into(pilot, screen, ids[5])
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))


async def test_what_is_typed_at_once_goes_down_level_by_level(app, ids, monkeypatch):
    monkeypatch.setattr(type_ahead, "PATIENCE", 30.0)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.store is not None and app.home.run_list.ready)
        # By name triage comes last; of its runs the largest has states as its first part by name but three.
        for key in ("4", "s", "G", "enter", "s", "s", "g", "enter", "j", "enter", "g", "left", "left", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: isinstance(app.screen, SpaceScreen) and not app.typed.busy)
        await until(pilot, lambda: app.screen.path == ("triage", ids[5]) and not app.screen.loader.busy)


async def test_new_runs_come_into_sight_and_the_cursor_stays(app, ids, tmp_path):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_space(pilot)
        screen.list.move_to(names_of(screen).index("report"))
        with flightlog.open(tmp_path / "data") as store, store.run("huge") as run:
            run.log("x" * 5_000_000)
            await until(pilot, lambda: names_of(screen)[0] == "huge")  # before, it may be seen without its log
            assert screen.list.current.name == "report"
            await into(pilot, screen, "huge")
            before = screen.found.space.node.size_bytes
            run.log("x" * 100_000)
            await until(pilot, lambda: screen.found.space.node.size_bytes >= before + 100_000)
        await shows(pilot, "✔")


async def test_what_is_gone_is_left_for_what_it_lay_in(app, ids, tmp_path):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_space(pilot)
        await into(pilot, screen, "report")
        await into(pilot, screen, ids[0])
        for path in (tmp_path / "data" / "runs").rglob(f"{ids[0]}*"):
            path.unlink()
        await pilot.press("r")
        await until(pilot, lambda: screen.path == () and "report" not in names_of(screen))


async def test_the_mouse_and_a_resize(app, ids):
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.store is not None and app.home.run_list.ready)
        await pilot.click("#list-top", offset=(37, 0))
        await until(pilot, lambda: isinstance(app.screen, SpaceScreen) and app.screen.found is not None)
        screen = app.screen
        await read(pilot)
        at = names_of(screen).index("triage")
        await pilot.click("#space", offset=(8, at), times=2)
        await until(pilot, lambda: screen.found.space.node.name == "triage")
        await pilot.resize_terminal(80, 24)
        await shows(pilot, "r5", "in all")
        assert all(len(line) <= 80 for line in text_of(screen).split("\n"))
        await pilot.resize_terminal(120, 36)
        await shows(pilot, "Started")


async def test_an_empty_store_teaches(tmp_path):
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_space(pilot)
        await shows(pilot, "Nothing is kept here yet", "down to the single key of a state", "import flightlog")
        await pilot.press("enter", "s", "space", "asterisk", "u", "A", "D", "backspace", "j", "escape")
        await until(pilot, lambda: app.screen is app.home)
    app.close()


async def test_an_empty_store_that_is_only_read_teaches_nothing_that_cannot_be_done(tmp_path):
    with flightlog.open(tmp_path / "data") as store:
        assert store.runs.totals().runs == 0
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data", read_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.store is not None and app.home.run_list.ready)
        for key, title in (("1", "No runs yet"), ("3", "No costs yet"), ("4", "Nothing is kept here yet")):
            await pilot.press(key)
            assert "import flightlog" not in await shows(pilot, title, "This is only read")
    app.close()


async def test_of_another_programs_data_it_is_not_said_that_there_are_none(tmp_path):
    with SqliteSaver.from_conn_string(str(tmp_path / "threads.sqlite")) as saver:
        saver.setup()
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "threads.sqlite"))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_space(pilot)
        await shows(pilot, "belong to another program")
    app.close()


async def test_of_one_session_alone_nothing_is_told_and_it_says_why(ids, tmp_path):
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data").scoped(session="ana"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.store is not None and app.home.run_list.ready)
        await pilot.press("4")
        await shows(pilot, "upkeep is of the whole store", "ask without --session")
        await pilot.press("enter", "s", "space", "D", "j", "escape")
        await until(pilot, lambda: app.screen is app.home)
    app.close()


@pytest.mark.parametrize(("size", "ascii"), [(SIZES[0], False), (SIZES[1], True)])
async def test_hostile_names_are_shown_and_never_obeyed(tmp_path, size, ascii):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow=NASTY, name=NASTY, tags=[NASTY]))
        writer.append(e.RunFinished(status="failed"))
        writer.close()
        with store.run("w", name=NASTY, objective=NASTY, session="ana") as run:
            run.checkpoint({NASTY: 1, "名" * 100: 2, "[@click=app.quit]x[/]": 3})
            run.artifact("/" + NASTY.replace("\0", ""), name=NASTY)
    (tmp_path / "data" / b"\xff\x1b[2J[x]".decode("utf-8", "surrogateescape")).write_text("x")
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"), ascii=ascii)
    async with app.run_test(size=size) as pilot:
        screen = await at_space(pilot)
        for name in ("w", run.id, "states", None, "artifacts", None, None, None, NASTY, None, ":other"):
            if name is None:
                await pilot.press("backspace")
                await until(pilot, lambda: screen.found.space.path[1:] == () or names_of_path(screen) == screen.path)
                await read(pilot)
            else:
                await into(pilot, screen, name)
            for _ in range(3):
                await pilot.press("j")
                await read(pilot)
                shown = text_of(screen)
                assert not any(c in shown for c in "\x1b\x07\u202e\u200b\x9b")
                assert all(len(line) <= size[0] for line in shown.split("\n"))
                if ascii:
                    assert "▇" not in shown and "│" not in shown
        assert app.is_running
    app.close()


def names_of_path(screen) -> tuple[str, ...]:
    return tuple(node.name for node in screen.found.space.path[1:])


async def test_more_runs_are_read_when_the_end_comes_into_sight(tmp_path, monkeypatch):
    monkeypatch.setattr("flightlog.tui.screens.space.PAGE", 20)
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for n in range(70):
            store.run("w", name=f"r{n}").finish()
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_space(pilot)
        await into(pilot, screen, "w")
        await until(pilot, lambda: len(screen.list.page.nodes) >= 20)
        for _ in range(4):
            await pilot.press("G")
            await read(pilot)
        await until(pilot, lambda: len(screen.list.page.nodes) == 70)
        assert screen.found.space.next is None
    app.close()


# --- what it costs ----------------------------------------------------------------------------------


async def test_nothing_is_asked_while_nothing_happens_and_one_level_when_something_does(ids, tmp_path):
    store = flightlog.open(tmp_path / "data")
    upkeep = Counting(store.reading.upkeep)
    runs = Counting(store.reading.runs)
    store._reading = store.reading._replace(upkeep=upkeep, runs=runs)
    app = FlightlogApp(lambda: store)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_space(pilot)
        await until(pilot, lambda: not screen.previewer.busy)
        upkeep.calls.clear()
        runs.calls.clear()
        loads = screen.loader.loads
        await pilot.pause(1.3)
        assert not upkeep.calls and not runs.named("query")
        assert screen.loader.loads <= loads + 1
        await into(pilot, screen, "triage")
        # The preview asks for the first few of what is under the cursor.
        assert [path for path, *_, limit in upkeep.asked("space") if limit == PAGE] == [("triage",)]
        painted = screen.list.drawn
        await pilot.press("j")
        await read(pilot)
        assert screen.list.drawn - painted == 2
        assert not runs.named("query")
