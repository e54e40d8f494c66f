"""What there is among the steps that one may want to go to, and the keys that go there."""

from ...core.runs import Run
from ..cycle import after
from .step_search import StepSearch


class StepMoves(StepSearch):
    """Steps that failed, that are open, that logged; and whether keys for them have an effect."""

    run: Run | None = None

    def when_steps(self) -> bool:
        """Whether there are any."""
        return self.picture is not None and bool(self.picture.forest.all)

    def when_logged(self) -> bool:
        """Whether the step leads to a run that it began, or the run has a log that it leads to."""
        return self.when_steps() and (self.other_choose() or (self.run is not None and self.run.logs > 0))

    def other_choose(self) -> bool:
        """Whether the step under the cursor began a run."""
        step = self.picture.forest.by_id.get(self._wanted or "") if self.picture else None
        return step is not None and step.began_run is not None

    def when_spread(self) -> bool:
        """Whether a part of the run's time can be looked at closer."""
        return self.when_steps() and self.picture is not None and self.picture.layout == "waterfall"

    def when_zoomed(self) -> bool:
        """Whether only a part of it is in sight."""
        return self.when_spread() and self.picture is not None and self.picture.window.part is not None

    def when_failed(self) -> bool:
        """Whether one of them failed."""
        return self.picture is not None and self.picture.forest.failed > 0

    def when_open(self) -> bool:
        """Whether one of them is open."""
        return self.picture is not None and bool(self.picture.forest.open)

    def action_next_failed(self, direction: int) -> None:
        if self.picture is None:
            return
        by_id, order = self.picture.forest.by_id, self.picture.order()
        at = order.index(self._wanted) if self._wanted in by_id else -1
        rest = order[at + 1 :] if direction > 0 else order[: max(at, 0)][::-1]
        later = next((id for id in rest if by_id[id].status == "failed"), None)
        if later:
            self.go_to(later)
        else:
            self.notify("No failed step " + ("after" if direction > 0 else "before") + " this one", markup=False)

    def action_next_open(self) -> None:
        open = [step.id for step in self.picture.forest.stuck()] if self.picture else []
        if open:
            self.go_to(after(self._wanted, open) if self._wanted in open else open[0])
        else:
            self.notify("No step is open", markup=False)
