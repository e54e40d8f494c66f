"""Live, as a person uses it: what runs now on screen, followed, answered and watched; and what that costs."""

import flightlog
import msgspec
import pytest
from flightlog.core.clock import from_seconds, now_s
from flightlog.core.costs import Money, Tokens
from flightlog.core.query.query import EVERYTHING
from flightlog.core.runs import Approval
from flightlog.tui.app import FlightlogApp
from flightlog.tui.live.board import Board
from flightlog.tui.screens.live import LiveScreen
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.screens.runs import RunsScreen
from little_store import Feed, Runs, make_run, make_store, run_id
from recorded import waiting_run
from seeing import shows, text_of, until

WAYS = [((120, 36), False), ((80, 24), True)]


def live_run(n, **facts):
    now = now_s()
    given = {"status": "running", "started": from_seconds(now - 100), "finished": None, "last_event": from_seconds(now)}
    return make_run(n, **{**given, "last_seq": 1, **facts})


def told(app, words):
    return any(words in note.message for note in app._notifications)


@pytest.mark.parametrize(("size", "ascii"), WAYS)
async def test_the_board_shows_what_runs_and_follows_it(tmp_path, size, ascii):
    store = flightlog.open(tmp_path)
    busy = store.run("triage", name="inbox")
    app = FlightlogApp(lambda: flightlog.open(tmp_path), ascii=ascii)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: hasattr(app, "home") and app.home.run_list.ready)
        with busy.step("gather") as gather, gather.step("search web") as step:
            for row in range(5):
                busy.item(row, "completed" if row < 3 else "pending")
            step.cost("m", input_tokens=5000, output_tokens=0, dollars="0.10")
            step.log("asking the web")
            await pilot.press("L")
            into = ">" if ascii else "›"
            shown = await shows(pilot, "Live", "inbox", "3/5", "$1.", f"gather {into} search web", "asking the web")
            assert "1 running" in shown
            # Its first minute or more: at least $0.10 a minute are no more than $6 an hour.
            assert "/h" in shown.split("\n")[0] or size == (80, 24)
            with waiting_run(store, "Send 14 mails?") as waiting:
                await shows(pilot, "Send 14 mails?", "1 waiting")
                await until(pilot, lambda: app.screen.entries[0].run.id == waiting)
                assert app.screen.list.current.run.name == "inbox"  # the cursor stays with its run
                await pilot.press("g", "w")
                await until(pilot, lambda: waiting in app.pulse.watching.ids)
                await shows(pilot, "w unwatch")
                await pilot.press("y")
                await shows(pilot, "Approve: Send 14 mails?")
                await pilot.press("escape")
                assert store.runs.pending().items
                await pilot.press("y")
                await shows(pilot, "Approve: Send 14 mails?")
                await pilot.press(*"go", "enter")
                await until(pilot, lambda: not store.runs.pending().items)
                await until(pilot, lambda: told(app, "approved: Send 14 mails?"))
            await until(pilot, lambda: store.runs.get(waiting).status == "completed")
            await until(pilot, lambda: told(app, "completed"))  # for it was watched
            await until(pilot, lambda: waiting not in app.pulse.watching.ids)
            (answer,) = store.runs.approvals(waiting)
            assert (answer.status, answer.note) == ("approved", "go")
        await pilot.press("g", "y")
        await until(pilot, lambda: told(app, "Nothing waits for an answer"))
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.current == "logs")
        shown = await shows(pilot, "triage")
        assert " Live " in shown.split("\n")[0] or size == (80, 24)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        busy.finish()
        await shows(pilot, "Nothing runs now")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
    store.close()


class Asking(Runs):
    """Runs of which each waits for an answer."""

    answers: list[str] = []

    def approvals(self, run):
        return [Approval(run=run, id="a", question="Ship?", status="pending", requested=from_seconds(now_s()))]

    def decide(self, run, approval, decision, *, by, note):
        self.answers = [*self.answers, note]


async def test_who_is_answering_a_run_that_is_lost_meanwhile_is_told_that_nobody_may_hear_it():
    runs, feed = Asking([live_run(1, status="waiting")]), Feed()
    app = FlightlogApp(lambda: make_store(runs, feed))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.pulse.beat is not None)
        await pilot.press("L")
        await shows(pilot, "1 waiting")
        await pilot.press("y")
        shown = await shows(pilot, "Approve: Ship?")
        assert "nobody may hear" not in shown and "waits no more" not in shown
        runs.put(live_run(1, status="lost", last_seq=2))
        feed.note(run_id(1))
        await shows(pilot, "Approve: Ship?", "the run is lost: nobody may hear it")
        await pilot.press(*"go", "enter")
        await until(pilot, lambda: told(app, "approved: Ship?; the run is lost: nobody may hear it"))
        assert runs.answers == ["go"]
        runs.put(live_run(1, status="waiting", last_seq=3))
        feed.note(run_id(1))
        await shows(pilot, "1 waiting")
        await pilot.press("y")
        await shows(pilot, "Approve: Ship?")
        runs.put(live_run(1, status="completed", finished=from_seconds(now_s()), last_seq=4))
        feed.note(run_id(1))
        await shows(pilot, "Approve: Ship?", "the run waits no more")


async def test_a_thousand_idle_runs_cost_nothing_and_one_that_changes_costs_itself():
    runs, feed = Runs([live_run(n) for n in range(1000)]), Feed()
    app = FlightlogApp(lambda: make_store(runs, feed))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.pulse.beat is not None)
        await pilot.press("L")
        await shows(pilot, "1,000 running")
        screen = app.screen
        await until(pilot, lambda: not screen.loader.busy and not app.pulse.loader.busy)
        before = runs.asked.copy(), feed.asked, app.pulse.loader.loads, screen.loader.loads
        for _ in range(5):
            screen._beat()
            screen._tick()
            await pilot.pause()
        assert (runs.asked, feed.asked, app.pulse.loader.loads, screen.loader.loads) == before
        # One of them goes on: it is read, and what it is at if it is in sight; nothing of the others.
        seen = screen.list.in_sight()[0].run
        spent = Money(recorded_nanousd=10_000_000, recorded=1) + seen.money
        runs.put(
            msgspec.structs.replace(
                seen, tokens=Tokens(input=seen.tokens.input + 700, output=200), money=spent, last_seq=2,
                last_event=from_seconds(now_s()),
            )
        )  # fmt: skip
        feed.note(seen.id)
        await until(pilot, lambda: app.pulse.rates.of(seen.id, now_s()).tokens == 700)
        await until(pilot, lambda: runs.asked["doing"] > before[0]["doing"])
        await until(pilot, lambda: not screen.loader.busy and not app.pulse.loader.busy)
        asked = runs.asked - before[0]
        assert {name: asked[name] for name in ("query", "some", "doing", "spending")} == {
            "query": 0, "some": 1, "doing": 1, "spending": 0,
        }  # fmt: skip
        # 700 tokens and a cent since it began 100 seconds ago
        assert app.pulse.rates.of(seen.id, now_s()).money.known_nanousd == 10_000_000
        # So many at once are not read one by one.
        feed.note(*(run_id(n) for n in range(600)))
        await until(pilot, lambda: (runs.asked - before[0])["spending"] == 1)
        assert (runs.asked - before[0])["some"] <= 2


async def test_the_cursor_stays_with_its_run_and_comes_to_a_neighbour_when_that_ends():
    runs, feed = Runs([live_run(n, started=from_seconds(now_s() - n)) for n in range(3)]), Feed()
    app = FlightlogApp(lambda: make_store(runs, feed))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.pulse.beat is not None)
        await pilot.press("L")
        await shows(pilot, "3 running")
        await pilot.press("j")
        current = app.screen.list.current.run
        runs.put(msgspec.structs.replace(current, status="waiting", evidence="really?", approvals=1, last_seq=2))
        feed.note(current.id)
        await shows(pilot, "1 waiting", "really?")
        assert app.screen.list.current.run.id == current.id and app.screen.list.cursor == 0
        runs.put(msgspec.structs.replace(current, status="completed", last_seq=3))
        feed.note(current.id)
        await until(pilot, lambda: "waiting" not in text_of(app.screen))
        assert app.screen.list.current.run.id != current.id
        assert isinstance(app.pulse.board, Board)
        await pilot.press("v")
        assert "tokens/min" not in text_of(app.screen)
        assert len(runs.query(EVERYTHING).items) == 3
        # A run that is lost goes into its workflow's line, and the cursor with it.
        others = [live_run(n, status="lost", workflow="sums", evidence=f"pid {n} is gone") for n in range(10, 13)]
        gone = msgspec.structs.replace(app.screen.list.current.run, status="lost", workflow="sums", last_seq=4)
        for run in (*others, gone):
            runs.put(run)
        feed.note(gone.id, *(run.id for run in others))
        await shows(pilot, "4 lost", "sums: pid")
        assert app.screen.list.current is None and app.screen.list.line.key == ("lost", "sums")
        await pilot.press("l")
        await until(pilot, lambda: told(app, "no run is under the cursor"))
        await pilot.press("enter", "j", "v")
        await shows(pilot, "pid 11 is gone")
        assert app.screen.list.current.run.status == "lost"
        await pilot.press("k")
        await shows(pilot, "enter fold")
        await pilot.press("enter")
        await until(pilot, lambda: not app.screen.unfolded)
        await shows(pilot, "enter open")


@pytest.mark.parametrize(("recent", "pages"), [(250, 4), (99, 2), (0, 1)])
async def test_however_many_were_lost_lately_all_are_counted_and_of_older_ones_a_page_is_read(recent, pages):
    """A browser that has been open since tells as many as one that is opened now."""
    long_ago = from_seconds(now_s() - 10 * 3600)
    old = [make_run(n, status="lost", started=long_ago, last_event=long_ago) for n in range(500)]
    new = [live_run(n, status="lost") for n in range(500, 500 + recent)]
    runs = Runs([*old, *new])
    app = FlightlogApp(lambda: make_store(runs))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.pulse.beat is not None and not app.pulse.loader.busy)
        # What goes, what failed, the newest of all; and those that were lost.
        before, app.pulse._anew = runs.asked["query"], True
        app.pulse.look()
        await until(pilot, lambda: not app.pulse.loader.busy and runs.asked["query"] > before)
        assert runs.asked["query"] - before == 3 + pages
        await pilot.press("L")
        await shows(pilot, f"{recent} lost" if recent else "Nothing runs")


async def test_the_header_tells_what_the_board_tells(tmp_path):
    runs, feed = Runs([live_run(n) for n in range(9)]), Feed()
    app = FlightlogApp(lambda: make_store(runs, feed))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.pulse.beat is not None)
        await pilot.press("L")
        await shows(pilot, "9 running ", "● 9")
        for left in range(8, 3, -1):
            runs.put(make_run(left, status="completed"))
            feed.note(run_id(left))
            shown = await shows(pilot, f" {left} running ─")
            assert f"● {left}" in shown.split("\n")[0], shown
