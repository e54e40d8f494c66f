"""Place 5 with something in it, and the way there."""

import flightlog
from flightlog.core.annotations import Pinned
from flightlog.tui.screens.retention import RetentionScreen
from seeing import until

POLICY = """\
retention:
  - match: "status:failed"
    then: trash
trash_for: 3d
"""


def fill(folder, name: str = "no", storage: str = "file") -> None:
    """Five finished runs of two workflows, of which the last two failed; one is pinned."""
    with flightlog.open(folder, storage=storage) as store:
        for n in range(5):
            store.run("triage" if n % 2 else "report", name=f"{name}{n}").finish("failed" if n > 2 else "completed")
        store.run("triage", name="pinned").finish("failed")
        store.runs.annotate(Pinned(run=store.runs.resolve("pinned"), by="ana"))
        store.run("report", name="last").finish()
        store.run("triage", name="newest").finish()


async def at_retention(pilot) -> RetentionScreen:
    """Goes to the place, and waits until it is read."""
    await until(pilot, lambda: pilot.app.store is not None and pilot.app.home.run_list.ready)
    await pilot.press("5")
    await until(pilot, lambda: isinstance(pilot.app.screen, RetentionScreen) and pilot.app.screen.is_running)
    await planned(pilot)
    return pilot.app.screen


async def planned(pilot) -> None:
    """Waits until what is written is what the plan is of."""
    tab = pilot.app.screen.plan
    await until(
        pilot,
        lambda: (
            not pilot.app.typed.busy
            and (tab.live.ready or (tab.made.found is None and tab.live.total is not None))
            and tab.written.file
            and not (tab.planner.busy or tab.reader.busy or tab.filer.busy)
            and tab.made.text == tab.editor.text
        ),
    )
    await pilot.pause()


def told(app) -> str:
    """What toasts said."""
    return " ".join(note.message for note in app._notifications)
