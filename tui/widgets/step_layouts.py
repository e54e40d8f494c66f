"""The keys of the steps tab that change how its steps are laid out."""

from abc import abstractmethod

from ..cycle import after
from ..hinting import hint
from ..loading import in_thread
from ..personal.person import key_for
from ..steps.picture import LAYOUTS, Layout, Picture
from ..steps.rows import bar_cells, lane_cells
from .run_tab import RunTab
from .tree_view import TreeView

LANES = 4
"""Lanes that the graph is scrolled by."""


class StepLayouts(RunTab):
    """Tree, waterfall and graph; how close the waterfall is looked at, and which lanes are in sight."""

    picture: Picture | None = None

    @property
    def lines(self) -> TreeView:
        """The steps."""
        return self.query_one("#steps-tree", TreeView)

    @property
    def _wanted(self) -> str | None:
        """The step under the cursor."""
        row = self.lines.current
        return row.node.target if row else None

    @abstractmethod
    def show_steps(self) -> None:
        """Makes the lines anew, for another layout."""

    def action_layout(self) -> None:
        picture = self.picture
        if picture is None:
            return
        following = after(picture.layout, LAYOUTS)
        if following == "graph":
            in_thread(self, lambda: len(picture.lanes), lambda lanes: self._lay_out("graph"))  # it costs all steps once
        else:
            self._lay_out(following)

    def _lay_out(self, layout: Layout) -> None:
        if self.picture is None:
            return
        here = self._wanted
        self.picture.layout = layout
        self.lines.guides = layout != "graph"
        self.show_steps()
        if here:
            self.go_to(here)
        self._look_again()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        layout = self.picture.layout if self.picture else "tree"
        if action in ("zoom", "fit", "whole"):
            return layout == "waterfall"
        return layout != "tree" if action == "pan" else True

    def action_zoom(self, factor: float) -> None:
        if self.picture:
            scale, forest = self.picture.scale, self.picture.forest
            middle = (scale.begin + scale.end) / 2
            self.picture.window.zoom(scale, factor, forest.starts.get(self._wanted or "", middle))
            self._look_again()

    def action_fit(self) -> None:
        step = self.picture.forest.by_id.get(self._wanted or "") if self.picture else None
        if self.picture and step:
            end = self.picture.forest.end(step, self.picture.now)
            if end is not None:
                self.picture.window.fit(self.picture.scale, self.picture.forest.starts[step.id], end)
                self._look_again()

    def action_whole(self) -> None:
        if self.picture:
            self.picture.window.part = None
            self._look_again()

    def action_pan(self, direction: int) -> None:
        if self.picture and self.picture.layout == "waterfall" and self.picture.window.part is None:
            hint(self, f"the whole run is in sight: {key_for(self, 'steps.zoom_in')} looks closer")
        elif self.picture and self.picture.layout == "waterfall":
            self.picture.window.pan(self.picture.scale, direction * max(0.25, 2 / bar_cells(self.picture.width)))
        elif self.picture:
            self._shift(self.picture.shift + direction * LANES)
        self._look_again()

    def _lane_into_sight(self, id: str) -> None:
        """Scrolls the graph sideways until the node of a step can be seen."""
        if self.picture and self.picture.layout == "graph" and id in self.picture.lanes:
            lane, room = self.picture.lanes[id].lane, lane_cells(self.picture) // 2
            if not self.picture.shift <= lane < self.picture.shift + room:
                self._shift(lane - room // 2)

    def _shift(self, to: int) -> None:
        if self.picture:
            drawn = next((len(lane.text) // 2 for lane in self.picture.lanes.values()), 0)
            self.picture.shift = max(0, min(to, drawn - lane_cells(self.picture) // 2))
            self._look_again()

    def _look_again(self) -> None:
        self.lines.redraw()
        self.refresh_bindings()
        self.query_one("#steps-head").refresh()
