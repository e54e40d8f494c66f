"""The search of the steps tab: as it is typed the cursor goes along."""

from textual import on
from textual.widgets import Input

from ..lines import one_line
from ..steps.searching import next_match
from .step_layouts import StepLayouts


class StepSearch(StepLayouts):
    """A text that is looked for in what is said of each step."""

    _from: str | None = None
    """The step that the search began at."""

    def action_search(self) -> None:
        self._from = self._wanted
        self.add_class("searching")
        box = self.query_one("#steps-search", Input)
        box.value = ""
        box.focus()

    @on(Input.Changed, "#steps-search")
    def look_for(self, message: Input.Changed) -> None:
        """Goes to the first step that has the text, from where the search began."""
        if self.picture and self.has_class("searching"):
            self.picture.word = message.value
            found = next_match(self.picture, self._from, 1, itself=True)
            if found:
                self.go_to(found)
            self._look_again()

    @on(Input.Submitted, "#steps-search")
    def keep_looking(self) -> None:
        """Leaves the search's text: `n` and `N` go on from here."""
        self.remove_class("searching")
        self.lines.focus()
        if self.picture and self.picture.word and next_match(self.picture, self._from, 1, itself=True) is None:
            self.notify(f"No step has {one_line(self.picture.word, 60)}", markup=False)

    def action_next_match(self, direction: int) -> None:
        found = next_match(self.picture, self._wanted, direction) if self.picture else None
        if found:
            self.go_to(found)
        else:
            self.notify("Nothing more is found" if self.picture and self.picture.word else "/ searches", markup=False)
