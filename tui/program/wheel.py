"""The wheel over what does not scroll by itself, a title, a total, a picture: it turns the list that belongs to it."""

from typing import Any

from textual import events
from textual.errors import NoWidget
from textual.screen import Screen
from textual.scroll_view import ScrollView


def turn(screen: Screen[Any], event: events.MouseScrollUp | events.MouseScrollDown) -> None:
    """Scrolls what is meant by a turn that nobody took; nothing where the list under the pointer is at its end."""
    found = meant(screen, int(event.screen_x), int(event.screen_y))
    if found is not None:
        step = -1 if isinstance(event, events.MouseScrollUp) else 1
        found.scroll_relative(y=step * screen.app.scroll_sensitivity_y, animate=False)


def meant(screen: Screen[Any], x: int, y: int) -> ScrollView | None:
    """The list beside which a cell lies: that with the keys, or the first that there is more of than is in sight."""
    try:
        over, _ = screen.get_widget_at(x, y)
    except NoWidget:
        return None
    if isinstance(over, ScrollView):
        return None
    for around in over.ancestors_with_self:
        lists = [one for one in around.query(ScrollView) if one.max_scroll_y > 0 and one.is_on_screen]
        if lists:
            return next((one for one in lists if one.has_focus), lists[0])
        if around is screen:
            return None
    return None
