"""Repositories that count what they are asked."""

from flightlog.core.store import Store


class Counting:
    """A repository that counts the calls to it."""

    def __init__(self, repository: object) -> None:
        self._repository = repository
        self.calls: list[tuple[str, tuple[object, ...], dict[str, object]]] = []

    def __getattr__(self, name: str) -> object:
        method = getattr(self._repository, name)

        def call(*args: object, **more: object) -> object:
            self.calls.append((name, args, more))
            return method(*args, **more)

        return call

    @property
    def names(self) -> list[str]:
        """The methods that were called, in that order."""
        return [name for name, _, _ in self.calls]

    def asked(self, name: str) -> list[tuple[object, ...]]:
        """What each call of a method was given, with and without a name."""
        return [(*args, *more.values()) for one, args, more in self.calls if one == name]

    def named(self, name: str) -> int:
        """How often a method was called."""
        return self.names.count(name)


def counted(store: Store) -> dict[str, Counting]:
    """Puts counters before the repositories of a store."""
    reading = store.reading
    counters = {name: Counting(getattr(reading, name)) for name in ("runs", "logs", "checkpoints")}
    store._reading = reading._replace(**counters)
    return counters
