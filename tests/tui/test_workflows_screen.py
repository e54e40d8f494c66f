"""Place 2, Workflows, as a person uses it: every key in both sizes, live changes, and what agents write."""

import re

import flightlog
import pytest
from counting import Counting
from flightlog.backends.watching.store_watch import StoreWatch
from flightlog.core.metrics import Pattern
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.screens.runs import RunsScreen
from flightlog.tui.screens.version import VersionScreen
from flightlog.tui.screens.version_diff import DiffScreen
from flightlog.tui.screens.workflows import WorkflowsScreen
from mouse import click_at
from recorded import NASTY
from seeing import shows, text_of, until
from workflow_scene import SIZES, YAML, at_workflows, fill, to_triage


@pytest.fixture
def folder(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        fill(store)
    return tmp_path / "data"


@pytest.fixture
def app(folder):
    return FlightlogApp(lambda: flightlog.open(folder))


@pytest.mark.parametrize("size", SIZES)
async def test_workflows_are_listed_and_the_lineage_of_one_follows_the_cursor(app, size):
    async with app.run_test(size=size) as pilot:
        screen = await at_workflows(pilot)
        assert [one.id for one in screen.list.workflows] == ["loose", "triage", "empty"]
        shown = await shows(pilot, "1 Runs", "2 Workflows", "3 · last run", "runs that")
        await pilot.press("j")
        shown = await shows(pilot, "merged", "Points", "+50 ", "-50%", "too few")
        lines = shown.split("\n")
        assert all(len(line) <= size[0] for line in lines)
        first = next(n for n, line in enumerate(lines) if "merged" in line)
        assert [line.split("  ")[1].strip()[:3] for line in lines[first : first + 4]] == ["●─╮", "● │", "├─●", "●"]
        await pilot.press("j")
        await until(pilot, lambda: screen.found.about.id == "empty")
        await pilot.press("s", "s", "s", "s", "s")
        assert screen.order.name == "name"
        assert [one.id for one in screen.list.workflows] == ["empty", "loose", "triage"]
        assert screen.list.current.id == "empty"


async def test_names_are_there_on_the_smallest_screen(app):
    async with app.run_test(size=(40, 12)) as pilot:
        await at_workflows(pilot)
        await pilot.press("j")
        await shows(pilot, "Workflow  ", "triage", "Success", "Version  Runs  Success")


async def test_no_character_of_a_line_lies_under_the_scroll_bar(tmp_path):
    with flightlog.open(tmp_path / "many", storage="file") as store:
        for n in range(30):
            store.run(f"flow-{n:02}").finish()
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "many"))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_workflows(pilot)
        text = await shows(pilot, "flow-29")
        assert screen.list.max_scroll_y > 0
        (line,) = re.findall(r"^.* flow-29 .*\d\d:\d\d:\d\d +│$", text, re.MULTILINE)
        (head,) = re.findall(r"^.*Workflow .*Last run +│$", text, re.MULTILINE)
        assert line.rindex(":") + 2 == head.rindex("run") + 2
    app.close()


@pytest.mark.parametrize("size", SIZES)
async def test_a_version_opens_leads_to_its_runs_and_esc_leads_all_the_way_out(app, size):
    async with app.run_test(size=size) as pilot:
        screen = await to_triage(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, VersionScreen))
        await shows(pilot, "triage@4", "name: triage", "limit: 9", "merged", "3, 2", "100% success", "against @3")
        await shows(pilot, "+0 points", "the same", "Newcombe", "Welch")
        await pilot.press("left_square_bracket")
        await shows(pilot, "triage@3", "ticket", "FL-1", "5 ended: 5 completed", "against @1", "+50 points", "better")
        await pilot.press("left_square_bracket")
        await shows(pilot, "triage@2", "too few runs (under 5)", "6 and 1 runs")
        await pilot.press("left_square_bracket")
        await shows(pilot, "triage@1", "none: a beginning", "3 completed, 3 failed", "reported    speed 1.5")
        await pilot.press("right", "right")
        await shows(pilot, "triage@3")
        await pilot.press("right")
        await shows(pilot, "triage@4")
        await pilot.press("y", "u")
        assert app.clipboard.startswith("# triage\n")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await until(pilot, lambda: app.screen.run_list.matching == 5)
        await shows(pilot, "5 of 18", "r4.0")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        kinds = [RunsScreen, VersionScreen, WorkflowsScreen, WorkflowsScreen, RunsScreen]
        for kind in kinds:
            await pilot.press("escape")
            await until(pilot, lambda kind=kind: isinstance(app.screen, kind))
        assert app.screen is app.home
        assert str(app.home.run_list.query) == ""
        assert screen.list.has_focus


@pytest.mark.parametrize("size", SIZES)
async def test_two_versions_are_compared_marked_or_against_the_parent(app, size):
    async with app.run_test(size=size) as pilot:
        screen = await to_triage(pilot)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen) and app.screen.found is not None)
        shown = await shows(pilot, "triage@3 → @4", "limit: 4", "limit: 9", "steps: [plan]", "difference")
        (line,) = [line for line in shown.split("\n") if "limit: 4" in line]
        assert ("│" in line[2:-2]) is (size[0] >= 100)
        await pilot.press("v")
        await pilot.press("n", "N", "a", "a")
        await pilot.press("s")
        await shows(pilot, "triage@4 → @3")
        await pilot.press("escape")
        await pilot.press("x", "j", "j", "j", "x")
        await shows(pilot, "1 and 4")
        await pilot.press("d")
        await shows(pilot, "triage@1 → @4")
        await pilot.press("escape", "escape")
        assert screen.versions.marked == []
        await pilot.press("G", "d")
        await shows(pilot, "triage nothing → @1")


async def test_the_second_version_of_a_diff_may_be_the_same_or_gone(app, folder):
    with flightlog.open(folder) as store:
        store.workflows.store("triage", YAML.replace("4", "9"))
        store.workflows.store("triage", "a: 1\n")
        store.workflows.delete("triage", 6, by="ana", note="a secret in it")
    async with app.run_test(size=(80, 24)) as pilot:
        await to_triage(pilot)
        await shows(pilot, "deleted", "∅")
        await pilot.press("enter")
        await shows(pilot, "was deleted on", "by ana: a secret in it")
        await pilot.press("escape", "j", "d")
        await shows(pilot, "The two definitions are the same")


async def test_patterns_lead_to_the_runs_that_show_them(app):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_triage(pilot)
        await pilot.press("p")
        await shows(pilot, "rate limit")
        assert screen.patterns.has_focus
        await pilot.press("right")
        await shows(pilot, "at night")
        await pilot.press("G", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("escape", "p")
        await until(pilot, lambda: screen.versions.has_focus)


async def test_new_versions_and_runs_come_into_sight_and_the_cursor_stays(app, folder):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await to_triage(pilot)
        await pilot.press("j")
        with flightlog.open(folder) as store:
            store.workflows.store("triage", "a: 5\n", parents=[4], note="brand new")
            run = store.run("triage", version=4)
            await shows(pilot, "brand new")
            await until(pilot, lambda: screen.list.workflows[0].running == 1)
            assert screen.list.current.id == "triage"
            assert screen.versions.current.number == 3
            run.finish()
        await until(pilot, lambda: screen.list.workflows[0].running == 0)


async def test_versions_and_patterns_are_a_click_on_their_name_away(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_workflows(pilot)
        await shows(pilot, "p patterns")
        top = screen.query_one("#versions-top").region.y

        async def click(word, patterns):
            line = text_of(screen).splitlines()[top]
            await click_at(pilot, line.index(word) + 1, top)
            await until(pilot, lambda: screen.pane.shows_patterns is patterns)
            await pilot.pause()

        await click("versions", False)  # which are there
        await click("patterns", True)
        await click("patterns", True)
        await click("p versions", False)
        await click_at(pilot, 6, top)
        assert not screen.pane.shows_patterns


async def test_places_are_chosen_by_key_by_mouse_and_by_name(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_workflows(pilot)
        await pilot.press("1")
        await until(pilot, lambda: app.screen is app.home)
        await pilot.click("#list-top", offset=(14, 0))
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("enter", "enter", "1")
        await until(pilot, lambda: app.screen is app.home)
        await pilot.press("question_mark")
        await shows(pilot, "Look into the run")
        await pilot.press("pagedown")
        await shows(pilot, "To the workflows and their versions")
        await pilot.press("home")
        await shows(pilot, "Look into the run")
        await pilot.press("end", "up", "down", "pageup", "escape", "2", "question_mark")
        await shows(pilot, "Mark a version; two marked ones are compared")


async def test_who_would_edit_or_compare_what_was_never_saved_is_told_so(tmp_path):
    with flightlog.open(tmp_path / "data") as store, store.run("report"):
        pass
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_workflows(pilot)
        for key in "edx":
            await shows(pilot, "runs that name no")
            await pilot.press(key)
            assert [one.message for one in app._notifications] == ["no saved version is under the cursor"], key
            app.clear_notifications()


async def test_an_empty_store_teaches_how_to_save_a_version(tmp_path):
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_workflows(pilot)
        await shows(pilot, "No workflows yet", "flightlog save triage")
        await pilot.press("d", "u", "x", "p", "enter", "s", "escape")
        await until(pilot, lambda: app.screen is app.home)
    app.close()


def plant_cycle(folder):
    path = folder / "workflows" / "triage" / "v0001.yaml"
    path.write_bytes(path.read_bytes().replace(b"parents: []", b"parents: [4]"))


@pytest.mark.parametrize("size", SIZES)
async def test_a_lineage_that_goes_round_is_said_and_shown(app, folder, size):
    plant_cycle(folder)
    async with app.run_test(size=size) as pilot:
        await to_triage(pilot)
        shown = await shows(pilot, "name each other as parents", "merged", "first")
        assert "versions 1, 2, 3 and 4" in shown


async def test_a_version_that_was_edited_by_hand_says_so_everywhere(app, folder):
    path = folder / "workflows" / "triage" / "v0004.yaml"
    path.write_bytes(path.read_bytes() + b"evil: yes\n")
    async with app.run_test(size=(120, 36)) as pilot:
        await to_triage(pilot)
        await shows(pilot, "‼ its text was")
        await pilot.press("enter")
        await shows(pilot, "damaged", "evil: yes")
        await pilot.press("d")
        await shows(pilot, "‼ @4: its text was changed")


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_text_is_shown_and_never_obeyed(tmp_path, size):
    nasty = NASTY.replace("\x1b", "").replace("\x07", "").replace("\n", " ")  # YAML itself refuses the first two
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for definition in (f"a: |\n  {nasty}\n", f"b: '[/INST] [@click=app.quit]x[/] {'名' * 200}'\n"):
            store.workflows.store("w", definition, author=NASTY, note=NASTY, meta={NASTY: NASTY})
        store.workflows.delete("w", 2, by=NASTY, note=NASTY)
        run = store.run("w", version=1)
        run.finish()
        store.metrics.record_pattern(Pattern(workflow="w", name=NASTY, description=NASTY, evidence=(run.id, NASTY)))
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=size) as pilot:
        await at_workflows(pilot)
        for keys in ("enter", "enter", "escape j enter", "d", "escape escape p right asterisk"):
            await pilot.press(*keys.split())
            await pilot.pause(0.3)
            shown = text_of(app.screen)
            assert not any(c in shown for c in "\x1b\x07\u202e\u200b\x9b")
            assert all(len(line) <= size[0] for line in shown.split("\n"))
        assert app.is_running
    app.close()


async def test_opening_reads_what_is_shown_and_nothing_changed_reads_nothing(folder, monkeypatch):
    monkeypatch.setattr(StoreWatch, "_call", lambda watch: None)  # the only notice is the one that is given here
    store = flightlog.open(folder)
    workflows = store._workflows = Counting(store.workflows)
    reading = store.reading
    runs, metrics = Counting(reading.runs), Counting(reading.metrics)
    store._reading = reading._replace(runs=runs, metrics=metrics)
    app = FlightlogApp(lambda: store)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_workflows(pilot)
        assert workflows.names == ["list_all", "list"]
        assert metrics.asked("outcomes") == [("loose",)]
        # (the header's money an hour begins with what was just spent)
        assert set(runs.names) <= {"query", "totals", "workflows", "count", "steps", "spending"}
        for counter in (workflows, metrics, runs):
            counter.calls.clear()
        loads = screen.loader.loads
        app.on_store_changed(None)
        await until(pilot, lambda: screen.loader.loads > loads and not screen.loader.busy)
        assert workflows.names == ["list_all"]
        assert not metrics.calls and not runs.named("workflows")
    app.close()
