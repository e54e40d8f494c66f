"""What is written can be read: contrast as WCAG 2 measures it, in both themes, also under the cursor."""

import pytest
from flightlog.core.runs import Step
from flightlog.tui.steps.forest import Forest
from flightlog.tui.steps.picture import Picture
from flightlog.tui.steps.rows import line_of
from flightlog.tui.themes import DARK, LIGHT, Palette, _palette
from textual.color import Color
from textual.theme import Theme


def palette_of(theme: Theme) -> Palette:
    named = (theme.foreground, theme.background, theme.primary, theme.accent, theme.success, theme.warning, theme.error)
    return _palette(*named, theme.variables["block-cursor-background"])


def light_of(color: Color) -> float:
    def linear(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)


def contrast(one: Color, other: Color) -> float:
    dim, bright = sorted((light_of(one), light_of(other)))
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_words_stand_out_from_what_lies_behind_them(theme):
    inks = palette_of(theme)
    behind, cursor = Color.parse(theme.background), Color.from_rich_color(inks.cursor.bgcolor)
    for name in ("text", "strong", "muted", "title", "accent", "good", "active", "warn", "bad"):
        color = Color.from_rich_color(getattr(inks, name).color)
        assert contrast(color, behind) >= 4.5, name
        assert contrast(color, cursor) >= 3.5, name
    assert contrast(Color.from_rich_color(inks.faint.color), behind) >= 2.2


@pytest.mark.parametrize("width", [120, 80])
def test_the_agent_of_a_step_is_written_as_words_are(width):
    step = Step(run="r", id="a", name="plan", agent="planner", status="completed")
    other = Step(run="r", id="b", name="rank", agent="worker", status="completed")
    picture = Picture(Forest([step, other]))  # of one alone it would be no news
    picture.width = width
    assert "muted" in [ink for text, ink in line_of(picture, step, width) if "planner" in text]
