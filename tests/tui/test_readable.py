"""What is written can be read: contrast as WCAG 2 measures it, in both themes, also under the cursor."""

import flightlog
import pytest
from flightlog.core.runs import Step
from flightlog.tui.app import FlightlogApp
from flightlog.tui.contrast import apart, contrast, under
from flightlog.tui.steps.forest import Forest
from flightlog.tui.steps.picture import Picture
from flightlog.tui.steps.rows import line_of
from flightlog.tui.themes import DARK, LIGHT, Palette, palette, palette_of
from flightlog.tui.widgets.strips import strip_of
from flightlog.tui.widgets.yaml_editor import YamlEditor
from rich.style import Style
from seeing import loaded, until
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme


def inks_of(theme: Theme) -> Palette:
    return palette_of(theme.to_color_system().generate() | theme.variables)


WORDS = ("text", "strong", "muted", "title", "accent", "good", "active", "warn", "bad")
MIXED = [theme for name, theme in BUILTIN_THEMES.items() if not name.startswith("ansi")]
"""Textual's own; what the colours of the others look like only the terminal knows."""


def ink(style: Style) -> Color:
    return Color.from_rich_color(style.color)


def back(style: Style) -> Color:
    return Color.from_rich_color(style.bgcolor)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_words_stand_out_from_what_lies_behind_them(theme):
    inks = inks_of(theme)
    behind, cursor = Color.parse(theme.background), back(inks.cursor)
    assert cursor == Color.parse(theme.variables["block-cursor-background"])
    for name in WORDS:
        assert contrast(ink(getattr(inks, name)), behind) >= 4.5, name
        assert contrast(ink(getattr(inks, name)), cursor) >= 3.5, name
    assert contrast(ink(inks.faint), behind) >= 3


@pytest.mark.parametrize("theme", MIXED, ids=lambda theme: theme.name)
def test_words_can_be_read_in_every_theme_of_textual_too(theme):
    inks = inks_of(theme)
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


OFFERED = {theme.name: theme for theme in (*BUILTIN_THEMES.values(), DARK, LIGHT)}


@pytest.mark.parametrize("name", OFFERED)
async def test_frames_and_the_numbers_of_lines_can_be_seen_in_every_theme_that_is_offered(tmp_path, name):
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.store is not None)
        assert set(OFFERED) == set(app.available_themes)
        app.theme = name
        await pilot.press("5")
        await until(pilot, lambda: app.screen.query(YamlEditor))
        pane, editor, inks = app.screen.query_one("#plan-side"), app.screen.query_one(YamlEditor), palette(app.screen)
        await pilot.pause()
        (_, side), gutter = pane.styles.border_left, editor.get_component_styles("text-area--gutter").color
        if inks.faint.dim:  # the terminal's own colours: what they look like only it knows
            assert side == gutter == Color.parse(app.theme_variables["foreground"])
            return
        behind = Color.parse(app.theme_variables["background"])
        assert side.hex == ink(inks.faint).hex  # as the line above it
        assert contrast(side, behind) >= 3
        assert contrast(gutter, behind) >= 3
        lines = editor._theme
        assert contrast(ink(lines.gutter_style), behind) >= 3
        here = lines.cursor_line_gutter_style
        assert contrast(ink(here), back(here) if here.bgcolor else behind) >= 4
        surface = Color.parse(app.theme_variables["surface"])
        assert contrast(Color.parse(app.theme_variables["border"]), surface) >= 3  # around a question
