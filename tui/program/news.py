"""News that reach the program first: what keeps an eye on the store is told, and the screens."""

from ..messages import BudgetsLooked, OperationEnded, PolicyLooked, Pulsed, StoreChanged
from .companions import Companions


class News(Companions):
    """Hands each on to whom it concerns."""

    def on_store_changed(self, message: StoreChanged) -> None:
        for screen in self.screen_stack:
            screen.post_message(StoreChanged())
        self.standings.look()
        self.pulse.look()

    def on_operation_ended(self, message: OperationEnded) -> None:
        self.retaining.rest()
        for screen in self.screen_stack:
            screen.post_message(OperationEnded())
            screen.query("#header").refresh()

    def on_policy_looked(self, message: PolicyLooked) -> None:
        for screen in self.screen_stack[-1:]:
            screen.post_message(PolicyLooked())

    def on_pulsed(self, message: Pulsed) -> None:
        for screen in self.screen_stack[-1:]:  # none is left where the program is about to end
            screen.post_message(Pulsed())

    def on_budgets_looked(self, message: BudgetsLooked) -> None:
        self.pulse.watching.look_at_budgets(self.standings.found)
        for screen in self.screen_stack:
            screen.post_message(BudgetsLooked())
            screen.query("#header").refresh()
