"""The tabs of place 5 as a person uses them: a policy applied, the archive, the trash, the audit trail."""

import flightlog
import pytest
from flightlog.core.annotations import Pinned
from flightlog.core.choosing import chosen
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.retention.applying import digest_of
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.operation import OperationScreen
from flightlog.tui.screens.prompt import Confirm, Prompt
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.widgets.archive_tab import ArchiveTab
from flightlog.tui.widgets.audit_tab import AuditTab
from flightlog.tui.widgets.list_tab import PAGE, ListTab
from flightlog.tui.widgets.trash_tab import TrashTab
from retention_scene import POLICY, at_retention, fill, planned, told
from seeing import shows, text_of, until


@pytest.fixture
def storage() -> str:
    return "file"


@pytest.fixture
def folder(tmp_path, storage):
    fill(tmp_path / "data", storage=storage)
    (tmp_path / "data" / "flightlog.yaml").write_text(POLICY)
    return tmp_path / "data"


@pytest.fixture
def app(folder):
    return FlightlogApp(lambda: flightlog.open(folder))


async def asked(pilot, *words: str) -> None:
    """Waits for a question that says so, and answers yes."""
    await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
    await shows(pilot, *words)
    await pilot.press("y")


async def ended(pilot, words: str) -> None:
    """Waits until something was done, and what was told of it."""
    await until(pilot, lambda: words in told(pilot.app) and not pilot.app.operations.busy)


async def tab_read(pilot, kind: type[ListTab]) -> ListTab:
    """The tab, when it is read."""
    tab = pilot.app.screen.query_one(kind)
    await until(pilot, lambda: tab.ready and not tab.loader.busy and not tab.behind)
    return tab


def names(app) -> set[str]:
    return {run.name for run in app.store.runs.query(EVERYTHING).items}


@pytest.mark.parametrize("storage", ["file", pytest.param("sqlite", marks=pytest.mark.heavy)])
async def test_a_policy_is_applied_told_of_and_taken_back(app, folder):
    block = '  - match: "status:completed"\n    keep: {last: 1}\n    then: archive\n'
    (folder / "flightlog.yaml").write_text(POLICY.replace("trash_for", f"{block}trash_for"))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        everything = names(app)
        await pilot.press("A")
        await asked(pilot, "Apply the policy to 5 runs?", "3 runs (", "go to the archive", "go to the trash", "1 h")
        await ended(pilot, "5 runs dealt with")
        assert names(app) == everything - {"no3", "no4"}
        assert {run.name for run in app.store.runs.query(parse("archived")).items} == {"no0", "no1", "no2"}
        assert app.store.upkeep.applied_policy() == digest_of(screen.plan.made.found.policy)
        await until(pilot, lambda: "no3" not in {one.run.name for one in screen.plan.made.page.lines})
        await pilot.press("t")
        trash = await tab_read(pilot, TrashTab)
        assert {one.name for one in trash.rows.items} == {"no3", "no4"}
        await shows(pilot, "no4", "3 d", "retention[0]", "until it is removed for good")
        await pilot.press("u")
        audit = await tab_read(pilot, AuditTab)
        assert {"trash", "pin", "policy"} <= {act.action for act in audit.rows.items}
        await shows(pilot, "2 runs", "flightlog retain --apply", "ana")
        await until(pilot, lambda: len(audit.rows.items) > 2)
        place = next(n for n, act in enumerate(audit.rows.items) if act.action == "trash")
        audit.rows.move_to(place)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, OperationScreen) and app.screen.found is not None)
        await shows(pilot, "2 done", "flightlog retain --apply --yes")
        await pilot.press("escape", "t", "z")
        await asked(pilot, "Undo: 2 runs deleted at")
        await ended(pilot, "2 runs as before")
        assert names(app) == everything
        await shows(pilot, "The trash is empty")
        await pilot.press("u")
        archived = next(n for n, act in enumerate(audit.rows.items) if act.action == "archive")
        audit.rows.move_to(archived)
        await pilot.press("z")
        await asked(pilot, "Undo: 3 runs archived at")
        await ended(pilot, "3 runs as before")
        assert not app.store.runs.query(parse("archived")).items
        await pilot.press("escape")
        await until(pilot, lambda: screen.tab == "plan")


async def test_the_trash_is_emptied_after_a_question(app, folder):
    with flightlog.open(folder) as store:
        for name in ("no0", "no1", "no3"):
            run = store.runs.get(store.runs.resolve(name))
            list(store.upkeep.trash(new_order(by="ana"), [chosen(run)]))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_retention(pilot)
        await pilot.press("t")
        trash = await tab_read(pilot, TrashTab)
        assert [one.name for one in trash.rows.items] == ["no3", "no1", "no0"]
        gone = trash.rows.items[0].run
        await pilot.press("P")
        await asked(pilot, "Remove 1 run", "for good?", "nothing takes this back")
        await ended(pilot, "1 run removed for good")
        await pilot.press("u")
        audit = await tab_read(pilot, AuditTab)
        assert audit.rows.items[0].action == "purge" and "z undo" not in await shows(pilot, "enter open")
        await pilot.press("z")
        await until(pilot, lambda: "this cannot be taken back" in told(app))
        await pilot.press("j")
        await shows(pilot, "z undo")
        await pilot.press("t")
        await until(pilot, lambda: [one.name for one in trash.rows.items] == ["no1", "no0"])
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await shows(pilot, "Remove 2 runs")
        await pilot.press("n")
        await until(pilot, lambda: not isinstance(app.screen, Confirm))
        await pilot.press("E")
        await asked(pilot, "Remove 2 runs")
        await ended(pilot, "2 runs removed for good")
        await shows(pilot, "The trash is empty")
    assert not list(folder.rglob(f"*{gone}*"))


async def test_a_workflow_is_emptied_only_by_its_name(app, folder):
    (folder / "flightlog.yaml").write_text(POLICY.replace("failed", "completed workflow:report") + "minimum: 0\n")
    async with app.run_test(size=(120, 36)) as pilot:
        await at_retention(pilot)
        everything = names(app)
        app.store.runs.annotate(Pinned(run=app.store.runs.resolve("no4"), pinned=False))
        (folder / "flightlog.yaml").write_text(POLICY.replace("status:failed", "workflow:report") + "minimum: 0\n")
        await pilot.press("r")
        await until(pilot, lambda: "workflow:report" in pilot.app.screen.plan.editor.text)
        await planned(pilot)
        for name, left in (("reprot", everything), ("report", {"no1", "no3", "pinned", "newest"})):
            await pilot.press("A")
            await asked(pilot, "Apply the policy to 4 runs?")
            await until(pilot, lambda: isinstance(app.screen, Prompt))
            await shows(pilot, "No run of report would be left.")
            await pilot.press(*name, "enter")
            await ended(pilot, "nothing was done" if name == "reprot" else "4 runs dealt with")
            assert names(app) == left


async def test_what_is_not_saved_is_not_applied(app, folder):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        screen.plan.editor.put(POLICY.replace("failed", "completed"))
        await planned(pilot)
        await pilot.press("A")
        await until(pilot, lambda: "the policy is not saved" in told(app))
        screen.plan.editor.put(POLICY.replace("failed", "fialed"))
        await planned(pilot)
        await pilot.press("A")
        await until(pilot, lambda: "'fialed' is none of" in told(app))
        assert len(names(app)) == 8
        assert app.store.upkeep.operations().items == []


async def test_a_policy_that_takes_nothing_may_be_let_act(app, folder):
    (folder / "flightlog.yaml").write_text(POLICY.replace("failed", "cancelled"))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_retention(pilot)
        await pilot.press("A")
        await asked(pilot, "The policy takes nothing now.", "Let it act by itself from now on, every 1 h?")
        policy = screen.plan.made.found.policy
        await until(pilot, lambda: app.store.upkeep.applied_policy() == digest_of(policy))
        assert len(names(app)) == 8


async def test_one_session_sees_what_the_policy_does_to_its_runs_and_changes_nothing(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for session in ("ana", "ben"):
            for n in range(2):
                store.run("triage", name=f"{session}-no{n}", session=session).finish("failed")
    (tmp_path / "data" / "flightlog.yaml").write_text(POLICY)
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data").scoped(session="ana"))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_retention(pilot)
        assert {one.run.name for one in screen.plan.made.page.lines} == {"ana-no0", "ana-no1"}
        screen.plan.editor.put(POLICY + "minimum: 2\n")
        await planned(pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "not one session's alone" in told(app))
        await pilot.press("ctrl+r")
        await planned(pilot)
        await until(pilot, lambda: not screen.plan.changed)
        await planned(pilot)
        await pilot.press("A")
        await asked(pilot, "Apply the policy to 1 run?")
        await until(pilot, lambda: not app.operations.busy and len(app._notifications) > 1)
        assert len(names(app)) == 2
        for key, kind in (("t", TrashTab), ("u", AuditTab)):
            await pilot.press(key)
            await tab_read(pilot, kind)
    app.close()


async def test_who_opened_it_read_only_changes_nothing(folder):
    with flightlog.open(folder) as store:
        run = store.runs.get(store.runs.resolve("no3"))
        list(store.upkeep.trash(new_order(by="ana"), [chosen(run)]))
    app = FlightlogApp(lambda: flightlog.open(folder, read_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_retention(pilot)
        shown = await shows(pilot, "read-only")
        assert "apply" not in shown
        await pilot.press("A", "t")
        await tab_read(pilot, TrashTab)
        await shows(pilot, "no3")
        await pilot.press("z", "P", "E", "escape", "z")
        for _ in range(5):
            await pilot.pause(0.05)
        assert app.screen is screen
        assert "nothing is changed" in told(app)
    app.close()


async def test_tabs_are_a_key_or_a_click_away_and_read_only_when_looked_at(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        assert not any(tab.loader.loads for tab in screen.lists)
        for name in ("archive", "trash", "audit", "plan"):
            await pilot.press("]")
            await until(pilot, lambda name=name: screen.tab == name)
            assert [part.id for part in screen.query("#retention-body > *") if part.display] == [name]
            assert screen.focused is not None
        await pilot.press("[", "[")
        await until(pilot, lambda: screen.tab == "trash")
        for key, name in (("p", "plan"), ("a", "archive"), ("t", "trash"), ("u", "audit")):
            await pilot.press(key)
            await until(pilot, lambda name=name: screen.tab == name)
        at = text_of(screen).split("\n")[screen.query_one("#retention-tabs").region.y].index("archive")
        await pilot.click("#retention-tabs", offset=(at, 0))
        await until(pilot, lambda: screen.tab == "archive")
        await shows(pilot, "The archive is empty")
        await pilot.press("b")
        assert "the policy does nothing by itself" in told(app)
        await pilot.press("slash", *"status:failed", "enter")
        await shows(pilot, "No archived run matches")
        await pilot.press("escape")
        await shows(pilot, "The archive is empty")


async def test_the_archive_is_searched_verified_and_restored(folder):
    with flightlog.open(folder) as store:
        runs = [store.runs.get(store.runs.resolve(f"no{n}")) for n in range(5)]
        assert all(one.outcome == "done" for one in store.upkeep.archive(new_order(), list(map(chosen, runs))))
        files = {run.name: path for run in runs for path in (folder / "archive").rglob(f"{run.id}*")}
    app = FlightlogApp(lambda: flightlog.open(folder))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        await pilot.press("a")
        tab = await tab_read(pilot, ArchiveTab)
        assert [run.name for run in tab.rows.items] == ["no4", "no3", "no2", "no1", "no0"]
        await pilot.press("slash", *"status:completed", "enter")
        await until(pilot, lambda: [run.name for run in tab.rows.items] == ["no2", "no1", "no0"])
        await pilot.press("v")
        await until(pilot, lambda: "was read whole" in told(app))
        files["no1"].write_bytes(b"flipped")
        await pilot.press("V")
        await ended(pilot, "2 runs read whole, every digest right; 1 failed: ")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.run is not None)
        assert app.screen.run.name == "no2"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("R")
        await asked(pilot, "Restore 1 run (", "It is a live run again, the same bytes.")
        await ended(pilot, "1 run restored")
        await until(pilot, lambda: [run.name for run in tab.rows.items] == ["no1", "no0"])
        await pilot.press("M")
        await asked(pilot, "Restore 2 runs?", "They are live runs again")
        await ended(pilot, "1 run restored")
        await until(pilot, lambda: [run.name for run in tab.rows.items] == ["no1"])
        await pilot.press("z")
        await asked(pilot, "Undo: 1 run restored", "It goes back to the archive.")
        await until(pilot, lambda: [run.name for run in tab.rows.items] == ["no1", "no0"])
        await pilot.press("escape")
        await until(pilot, lambda: len(tab.rows.items) == 4)
    app.close()


async def test_a_long_trail_is_read_a_page_at_a_time(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        run = store.run("triage")
        run.finish()
        for n in range(2 * PAGE + 50):
            store.runs.annotate(flightlog.core.annotations.Noted(run=run.id, text=f"n{n}"))
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_retention(pilot)
        await pilot.press("u")
        audit = await tab_read(pilot, AuditTab)
        assert len(audit.rows.items) == PAGE
        await shows(pilot, f"{PAGE}+")
        drawn = audit.rows.drawn
        for known in (2 * PAGE, 2 * PAGE + 50):
            await pilot.press("G")
            await until(pilot, lambda known=known: len(audit.rows.items) == known)
        assert audit.rows.drawn - drawn < 200
        assert audit.rows.items[-1].what == "n0"
    app.close()


@pytest.mark.parametrize("ascii", [False, pytest.param(True, marks=pytest.mark.heavy)])
async def test_hostile_names_in_every_tab(tmp_path, ascii):
    nasty = "\x1b]0;owned\x07[/INST][@click=app.quit]x[/] \u202eevil\u200b"
    fill(tmp_path / "data", nasty)
    with flightlog.open(tmp_path / "data") as store:
        run = store.runs.get(store.runs.resolve(f"{nasty}3"))
        order = new_order(by=nasty, why=nasty)
        list(store.upkeep.trash(order, [Chosen(run=run.id, rule=nasty)]))
        store.runs.annotate(flightlog.core.annotations.Noted(run=store.runs.resolve("newest"), text=nasty, by=nasty))
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"), ascii=ascii)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        for key, kind in (("t", TrashTab), ("u", AuditTab)):
            await pilot.press(key)
            tab = await tab_read(pilot, kind)
            await until(pilot, lambda tab=tab: bool(tab.rows.items))
            for size in ((80, 24), (50, 12), (120, 36)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
                shown = text_of(screen)
                assert all(len(line) == size[0] for line in shown.split("\n"))
                assert not any(bad in shown for bad in ("\x1b", "\x07", "\u202e", "\u200b"))
                assert not ascii or not set(shown) & set("╭╮╯│─×·…")
        trash = next(n for n, act in enumerate(tab.rows.items) if act.operation)
        tab.rows.move_to(trash)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, OperationScreen) and app.screen.found is not None)
        await pilot.pause()
        assert "\x1b" not in text_of(app.screen)
    app.close()


async def test_what_lies_in_memory_has_neither_trash_nor_policy():
    app = FlightlogApp(lambda: flightlog.open("sqlite::memory:"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.store is not None and app.home.run_list.ready)
        await pilot.press("5")
        await shows(pilot, "Nothing is kept or removed here")
        await pilot.press("t")
        tab = app.screen.query_one(TrashTab)
        await until(pilot, lambda: tab.ready)
        await pilot.press("z", "P", "E", "u", "A", "p")
        await shows(pilot, "Nothing is kept or removed here")
    app.close()
