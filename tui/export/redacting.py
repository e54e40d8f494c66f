"""A page that may be shared: all that a store tells is masked before the page sees it."""

from collections.abc import Callable
from typing import Any, cast

from ...core.redaction import Redactor
from ...core.store import Store
from .elements import Html, note

_TOLD = ("runs", "logs", "checkpoints", "metrics", "workflows")


class _Masked:
    """A repository whose answers are masked."""

    def __init__(self, repository: Any, redactor: Redactor) -> None:
        self._repository, self._redactor = repository, redactor

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._repository, name)

        def told(*args: Any, **named: Any) -> Any:
            answer = method(*args, **named)
            # The value of one key of a state: its name is what was asked by.
            return self._redactor.under(args[-1], answer) if name == "value" else self._redactor.value(answer)

        return told


class _MaskedStore:
    """A store of which only what a page reads can be reached, masked."""

    def __init__(self, store: Store, redactor: Redactor) -> None:
        for name in _TOLD:
            setattr(self, name, _Masked(getattr(store, name), redactor))


def masked(store: Store, redactor: Redactor) -> Store:
    """The store as a page is to see it that is shared."""
    return cast(Store, _MaskedStore(store, redactor))


def remark(redactor: Redactor) -> Html:
    """That the page was redacted, and how much of it."""
    counted = [f"{kind} {count:,} times" for kind, count in redactor.found.items() if count]
    told = ", ".join(counted) or "nothing that looks like a secret was found"
    return note(f"Redacted before it was shared: {told}. What does not look like a secret is shown as it was recorded.")
