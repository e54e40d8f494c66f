"""What a row of the table of keys does where it is not pressed: clicked on in the bottom line, or chosen by name."""

from typing import Any

from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen

from ..keys.key import Key


async def run_key(app: App[object], key: Key) -> None:
    """Does what a key does, wherever the focus is: the nearest that knows the action is asked."""
    name = key.action.partition("(")[0].rpartition(".")[2]
    focused: list[DOMNode] = list(app.focused.ancestors_with_self) if app.focused is not None else []
    for node in (*focused, app.screen, app):
        if hasattr(node, f"action_{name}"):
            await app.run_action(key.action, node)
            return


def has_effect(screen: Screen[Any], key: Key) -> bool:
    """Whether what a key of the bottom line needs is there: as the focused widget says, or the nearest that knows."""
    if not isinstance(key.footer, str):
        return key.footer
    return _answered(screen, f"when_{key.footer}")


def as_it_acts(screen: Screen[Any], key: Key) -> Key:
    """The key with the words for what it does now."""
    if key.other and _answered(screen, f"other_{key.action.partition('(')[0]}"):
        return key._replace(label=key.other)
    return key


def _answered(screen: Screen[Any], name: str) -> bool:
    """What the focused widget says, or the nearest around it that has a method of that name."""
    focused: list[DOMNode] = list(screen.focused.ancestors_with_self) if screen.focused is not None else [screen]
    answer = next((found for node in focused if (found := getattr(node, name, None)) is not None), None)
    return answer is not None and bool(answer())


def places_of(screen: DOMNode) -> tuple[str, ...]:
    """The places of the table of keys that work on a screen, the innermost first."""
    return tuple(getattr(screen, "PLACES", ("app",)))
