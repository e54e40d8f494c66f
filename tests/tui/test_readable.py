"""What is written can be read: contrast as WCAG 2 measures it, in both themes, also under the cursor."""

import pytest
from flightlog.core.runs import Step
from flightlog.tui.contrast import apart, contrast, under
from flightlog.tui.steps.forest import Forest
from flightlog.tui.steps.picture import Picture
from flightlog.tui.steps.rows import line_of
from flightlog.tui.themes import DARK, LIGHT, Palette, _palette
from flightlog.tui.widgets.strips import strip_of
from rich.style import Style
from seeing import loaded
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme


def palette_of(theme: Theme) -> Palette:
    variables = theme.to_color_system().generate() | theme.variables
    colours = (variables[name] for name in ("primary", "accent", "success", "warning", "error"))
    return _palette(variables["foreground"], variables["background"], *colours, variables["block-cursor-background"])


WORDS = ("text", "strong", "muted", "title", "accent", "good", "active", "warn", "bad")
MIXED = [theme for name, theme in BUILTIN_THEMES.items() if not name.startswith("ansi")]
"""Textual's own; what the colours of the others look like only the terminal knows."""


def ink(style: Style) -> Color:
    return Color.from_rich_color(style.color)


def back(style: Style) -> Color:
    return Color.from_rich_color(style.bgcolor)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_words_stand_out_from_what_lies_behind_them(theme):
    inks = palette_of(theme)
    behind, cursor = Color.parse(theme.background), back(inks.cursor)
    assert cursor == Color.parse(theme.variables["block-cursor-background"])
    for name in WORDS:
        assert contrast(ink(getattr(inks, name)), behind) >= 4.5, name
        assert contrast(ink(getattr(inks, name)), cursor) >= 3.5, name
    assert contrast(ink(inks.faint), behind) >= 3


@pytest.mark.parametrize("theme", MIXED, ids=lambda theme: theme.name)
def test_words_can_be_read_in_every_theme_of_textual_too(theme):
    inks = palette_of(theme)
    behind = Color.parse(theme.to_color_system().generate()["background"])
    for name in WORDS:
        assert contrast(ink(getattr(inks, name)), behind) >= 4, name
        for bar in (inks.cursor, inks.held):
            assert contrast(ink(getattr(inks, name)), back(bar)) >= 3, name
    assert contrast(ink(inks.faint), behind) >= 3
    for name in ("added", "removed", "added_word", "removed_word"):
        for words in (inks.text, inks.muted, inks.key):
            assert contrast(ink(words), back(getattr(inks, name))) >= 2.7, name


def test_contrast_goes_from_none_to_that_of_black_on_white():
    black, white = Color(0, 0, 0), Color(255, 255, 255)
    assert contrast(white, white) == 1
    assert contrast(black, white) == contrast(white, black) == pytest.approx(21)
    assert apart(white, black, 4) == white
    assert under(white, black, [white], 22) == black


@pytest.mark.parametrize("width", [120, 80])
def test_the_agent_of_a_step_is_written_as_words_are(width):
    step = Step(run="r", id="a", name="plan", agent="planner", status="completed")
    other = Step(run="r", id="b", name="rank", agent="worker", status="completed")
    picture = Picture(Forest([step, other]))  # of one alone it would be no news
    picture.width = width
    assert "muted" in [ink for text, ink in line_of(picture, step, width) if "planner" in text]


async def test_nothing_is_faint_under_the_cursor(app):
    async with app.run_test() as pilot:
        await loaded(pilot)
        for held in (False, True):
            at = strip_of(app.screen, [("10:00", "faint"), (" and so on", "muted")], 20, cursor=True, held=held)
            assert len({segment.style.color for segment in at if segment.text.strip()}) == 1
        away = strip_of(app.screen, [("10:00", "faint"), (" and so on", "muted")], 20)
        assert len({segment.style.color for segment in away if segment.text.strip()}) == 2
