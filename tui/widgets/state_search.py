"""A word that is searched in a state, and gone to from place to place."""

from textual import on
from textual.widgets import Input

from ..hinting import hint
from ..personal.person import key_for
from ..states.search import Hits, find
from .state_asking import StateAsking


class StateSearch(StateAsking):
    """Searches keys and values, however deep, and unfolds what leads to them."""

    def action_search(self) -> None:
        self._open_input("searching", "#state-word")

    @on(Input.Submitted, "#state-word")
    def search(self, message: Input.Submitted) -> None:
        """Looks the word up in the whole state, and goes to the first place."""
        self._close_input()
        self.hits = None
        if message.value.strip():
            self._find(message.value.strip(), 1)
        else:
            self.show_state()

    def action_next_match(self, direction: int) -> None:
        if self.hits and self.shown:
            if self.hits.checkpoint == self.shown.checkpoint.id:
                self._to_hit(self.hits, direction)
            else:
                self._find(self.hits.word, direction)
        else:
            hint(self, f"nothing was searched yet: {key_for(self, 'states.search')} does")

    def _find(self, word: str, direction: int) -> None:
        if self.shown is None:
            return
        checkpoint = self.shown.checkpoint.id

        def show(hits: Hits) -> None:
            if self.shown and self.shown.checkpoint.id == checkpoint:
                self.hits, self.at, self.snippet = hits, -1, ""
                self._to_hit(hits, direction)

        self.ask("searching", lambda store: find(word, checkpoint, store.checkpoints.state(checkpoint)), show)

    def _to_hit(self, hits: Hits, direction: int) -> None:
        if not hits.paths:
            self.show_state()
            return
        self.at = hits.next(self.at, direction)
        path = hits.paths[self.at]
        key = str(path[0])
        self.values.keep({(hits.checkpoint, key): hits.state[key]})
        self.show_state()
        self.state.focus()
        if self.state.go_to(path):
            self._to_line(hits.word.casefold())

    def _to_line(self, word: str) -> None:
        """In a long text to the line that says it."""
        row = self.state.current
        if row is None or not row.node.text:
            return
        self.state.fold(row.path, True)
        begin = self.state.cursor + 1
        for place, one in enumerate(self.state.rows[begin:], begin):
            if one.path is not row.path:
                break
            if word in one.text.casefold():
                self.state.move_to(place, center=True)
                break
