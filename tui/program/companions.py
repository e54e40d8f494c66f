"""What the program has beside its screens: the first frame does without, and none of it is read before that."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from textual.app import App

from ..glyphs import Glyphs
from .type_ahead import TypeAhead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.feed import Watch
    from ...core.store import Store
    from ..costs.standings import Standings
    from ..live.pulse import Pulse
    from ..operations.operations import Operations
    from ..personal.person import Person
    from ..retention.retaining import Retaining
    from ..screens.runs import RunsScreen
    from .command_log import CommandLog


class Companions(App[None]):
    """The program as all its parts know it; each companion is there once somebody asks for it."""

    glyphs: Glyphs
    store: Store | None
    home: RunsScreen
    """The run list: what all other screens lie on."""
    watching: Watch
    """Of the store, once that is open."""
    typed: TypeAhead
    """What was typed and waits for its turn."""
    options: Sequence[str]
    """Those by which a verb of the command line finds the same store."""

    @cached_property
    def person(self) -> Person:
        """Who sits in front of it."""
        from ..personal.person import Person

        return Person()

    @cached_property
    def standings(self) -> Standings:
        """How the budgets stand."""
        from ..costs.standings import Standings

        return Standings(self)

    @cached_property
    def commands(self) -> CommandLog:
        """What was changed, as command lines."""
        from .command_log import CommandLog

        return CommandLog(self.options)

    @cached_property
    def pulse(self) -> Pulse:
        """What runs now, how fast that spends, and which runs a person wants to be told of."""
        from ..live.pulse import Pulse

        return Pulse(self)

    @cached_property
    def operations(self) -> Operations:
        """What is being done with runs."""
        from ..operations.operations import Operations

        return Operations(self)

    @cached_property
    def retaining(self) -> Retaining:
        """What the retention policy does by itself."""
        from ..retention.retaining import Retaining

        return Retaining(self, self.operations)
