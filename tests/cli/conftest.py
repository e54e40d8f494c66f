"""What the tests of verbs share: some recorded data."""

import sys
from pathlib import Path

import flightlog
import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(params=["file", "sqlite"])
def data(request, tmp_path):
    """A data directory with one run that has some of everything, and a failed one."""
    with flightlog.open(tmp_path / "data", storage=request.param) as store:
        with store.run("triage", name="first", objective="sort", session="ana", project="office", tags=["mail"]) as run:
            run.snapshot("input", {"mails": 3})
            with run.step("plan", agent="planner") as step:
                step.log("3 candidates", candidates=3)
                step.cost(model="made-up", input_tokens=812, output_tokens=77, dollars="0.0031")
                run.checkpoint({"messages": ["a"], "plan": 1})
            run.warning("slow", kind="api_call")
            run.message("planner", "writer", "go on")
            run.item(1, "failed", error="gone")
            run.item(2, "completed")
            run.metric("score", 0.5)
        with pytest.raises(ValueError, match="no"), store.run("triage", name="second", parent=run.id):
            raise ValueError("no")
        store.workflows.store("triage", "a: 1\n", author="ana", note="first")
    return tmp_path / "data"
