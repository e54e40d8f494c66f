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

    _missed = False
    """Whether nothing was found, in as much as is read."""

    def action_search(self) -> None:
        self._from = self._wanted
        if self.picture:
            self.picture.briefs.want(self.picture.forest.all)
        self.add_class("searching")
        box = self.query_one("#steps-search", Input)
        box.value = ""
        box.focus()

    @on(Input.Changed, "#steps-search")
    def look_for(self, message: Input.Changed) -> None:
        """Goes to the first step that has the text, from where the search began."""
        if self.picture and self.has_class("searching"):
            self.picture.word = message.value
            self._seek()

    def _seek(self) -> None:
        if self.picture:
            found = next_match(self.picture, self._from, 1, itself=True)
            self._missed = found is None and bool(self.picture.word)
            if found:
                self.go_to(found)
            self._look_again()

    def more_is_known(self) -> None:
        """What further steps were given is read: what was not found may be there."""
        if self.picture is None:
            return
        if self._missed:
            self._seek()
            self._tell()
        if self.picture.briefs.lacks:
            self.post_message(self.Reread())

    def _tell(self) -> None:
        """That nothing is found, when all is read and the person waits for it."""
        if self._missed and self.picture and not self.picture.briefs.lacks and not self.has_class("searching"):
            self._missed = False
            self.notify(f"No step has {one_line(self.picture.word, 60)}", markup=False)

    @on(Input.Submitted, "#steps-search")
    def keep_looking(self) -> None:
        """Leaves the search's text: `n` and `N` go on from here."""
        self.remove_class("searching")
        self.lines.focus()
        self._tell()

    def action_next_match(self, direction: int) -> None:
        found = next_match(self.picture, self._wanted, direction) if self.picture else None
        if found:
            self.go_to(found)
        else:
            self.notify("Nothing more is found" if self.picture and self.picture.word else "/ searches", markup=False)
