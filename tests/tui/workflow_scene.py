"""Place 2 with something in it, and the way there."""

from flightlog.core.metrics import Pattern
from flightlog.tui.screens.workflows import WorkflowsScreen
from seeing import until

SIZES = [(120, 36), (80, 24)]
YAML = "# triage\nname: triage\nlimit: 4\nsteps: [plan, act]\n"


async def at_workflows(pilot) -> WorkflowsScreen:
    """Goes to the place, and waits until it is read."""
    await until(pilot, lambda: pilot.app.store is not None and pilot.app.home.run_list.ready)
    await pilot.press("2")
    await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowsScreen) and pilot.app.screen.found is not None)
    await until(pilot, lambda: not pilot.app.screen.loader.busy)
    await pilot.pause()
    return pilot.app.screen


async def to_triage(pilot) -> WorkflowsScreen:
    """The versions of triage, with the cursor on the newest."""
    screen = await at_workflows(pilot)
    screen.list.move_to([one.id for one in screen.list.workflows].index("triage"))
    await until(pilot, lambda: screen.found.about.id == "triage" and not screen.loader.busy)
    await pilot.press("enter")
    await until(pilot, lambda: screen.versions.has_focus)
    return screen


def fill(store) -> None:
    """Three workflows, one with a lineage that branches and merges, one without versions, one without runs."""
    store.workflows.store("triage", YAML, author="ana", note="first")
    store.workflows.store("triage", YAML.replace("4", "8"), author="ben", note="more")
    store.workflows.store("triage", YAML.replace("plan, act", "plan"), parents=[1], meta={"ticket": "FL-1"})
    store.workflows.store("triage", YAML.replace("4", "9"), parents=[3, 2], note="merged")
    store.workflows.store("empty", "a: 1\n")
    for version, runs in ((1, 6), (3, 5), (4, 5), (2, 1)):
        for n in range(runs):
            run = store.run("triage", version=version, name=f"r{version}.{n}")
            run.cost("m", input_tokens=1, output_tokens=1, dollars="0.010" if version == 1 else "0.005")
            run.metric("speed", 1.5)
            run.finish("failed" if version == 1 and n < 3 else "completed")
    store.run("loose").finish()
    evidence = store.runs.recent("triage", 1, limit=1)[0].id
    store.metrics.record_pattern(
        Pattern(workflow="triage", name="rate limit", description="at night", evidence=(evidence,))
    )
