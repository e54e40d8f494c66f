"""What is recorded where no recorder is at hand: functions whose calls are steps, and the run or step one is in."""

import functools
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast, overload

from .step_items import Within, each_within
from .step_recorder import StepRecorder, innermost

if TYPE_CHECKING:
    from inspect import Signature

    from .recorder import RunRecorder

P = ParamSpec("P")
R = TypeVar("R")


def current() -> "RunRecorder | StepRecorder | None":
    """The run or step whose `with` block this thread or task is in, the innermost that is not over; None if in none.

    A task is in the block that it was made in, and so is `asyncio.to_thread`; another thread begins in none, unless it
    is given a context: `pool.submit(contextvars.copy_context().run, function, …)`.
    """
    block = innermost.get()
    while block is not None:
        found, block = block
        if not (found._tape.is_over or found._tape.is_forked or getattr(found, "is_over", False)):
            return cast("RunRecorder | StepRecorder", found)
    return None


@overload
def step(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def step(
    name: str = "", /, *, agent: str = "", kind: str = "", values: bool = True
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def step(given: Any = "", /, *, agent: str = "", kind: str = "", values: bool = True) -> Any:
    """Makes each call of a function a step of what `current` tells, called like the function:
    `@flightlog.step`, or `@flightlog.step("plan", agent="planner")`.

    What it was given is the step's input and what it returns the output, unless `values` is False; an exception makes
    the step failed, and the next call that is given the same is its next attempt (without values: the next call). A
    function may be `async`, or a generator, whose step ends with it, or when nobody wants more of it. Where no run is
    being recorded, the function is called and that is all.
    """
    if callable(given):
        return _Steps(given, "", "", "", True).wrapped()
    return lambda function: _Steps(function, given, agent, kind, values).wrapped()


class _Steps:
    """The steps that calls of one function are."""

    def __init__(self, function: Callable[..., Any], name: str, agent: str, kind: str, values: bool) -> None:
        self._function, self._agent, self._kind = function, agent, kind
        self._name = name or getattr(function, "__name__", type(function).__name__)
        self._signature = _signature(function) if values else None
        self._values = values

    def wrapped(self) -> Callable[..., Any]:
        """The function whose calls are steps, of the same kind as the one that is called."""
        import inspect

        if inspect.isasyncgenfunction(self._function):
            return functools.wraps(self._function)(self._async_generator())
        if inspect.iscoroutinefunction(self._function):
            return functools.wraps(self._function)(self._coroutine())
        if inspect.isgeneratorfunction(self._function):
            return functools.wraps(self._function)(self._generator())
        return functools.wraps(self._function)(self._plain())

    def _begun(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> StepRecorder | None:
        block = current()
        if block is None:
            return None
        return block.step(self._name, agent=self._agent, kind=self._kind, input=self._input(args, kwargs))

    def _input(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the function was given by name, but for the object whose method it is."""
        if not self._values:
            return None
        try:
            given = self._signature.bind(*args, **kwargs).arguments if self._signature else {"args": args, **kwargs}
        except TypeError:  # which the call itself will raise
            given = {"args": args, **kwargs}
        return {name: value for name, value in given.items() if name not in ("self", "cls")}

    def _brought(self, step: StepRecorder, result: R) -> R:
        if self._values:
            step.output = result
        return result

    def _plain(self) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            step = self._begun(args, kwargs)
            if step is None:
                return self._function(*args, **kwargs)
            with step:
                return self._brought(step, self._function(*args, **kwargs))

        return called

    def _coroutine(self) -> Callable[..., Any]:
        async def called(*args: Any, **kwargs: Any) -> Any:
            step = self._begun(args, kwargs)
            if step is None:
                return await self._function(*args, **kwargs)
            async with step:
                return self._brought(step, await self._function(*args, **kwargs))

        return called

    def _generator(self) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            step = self._begun(args, kwargs)
            if step is None:
                return (yield from self._function(*args, **kwargs))
            with ExitStack() as ended:
                ended.push(step)
                return self._brought(step, (yield from each_within(step, self._function(*args, **kwargs))))

        return called

    def _async_generator(self) -> Callable[..., Any]:
        async def called(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            step = self._begun(args, kwargs)
            with ExitStack() as ended:
                if step is not None:
                    ended.push(step)
                within, inner = Within(step), self._function(*args, **kwargs)
                go = inner.asend(None)
                try:
                    while True:
                        with within:
                            item = await go
                        try:
                            sent = yield item
                        except GeneratorExit:
                            raise
                        except BaseException as error:  # noqa: BLE001 - it is passed on
                            go = inner.athrow(error)
                        else:
                            go = inner.asend(sent)
                except StopAsyncIteration:
                    return
                finally:
                    with within:
                        await inner.aclose()

        return called


def _signature(function: Callable[..., Any]) -> "Signature | None":
    """Its parameters, by whose names what it is given is recorded; None of a builtin that tells none."""
    import inspect

    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None
