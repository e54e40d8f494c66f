"""The editor of a retention policy: a new line stands where YAML wants it."""

import pytest
from flightlog.tui.widgets.policy_editor import PolicyEditor
from flightlog.tui.widgets.yaml_editor import indent_after
from textual.app import App, ComposeResult


@pytest.mark.parametrize(
    ("line", "indent"),
    [
        ("", 0),
        ("retention:", 2),
        ("  - match: x", 4),
        ("    keep: {last: 3}", 4),
        ("    keep:  ", 6),
        ("# retention:", 0),
    ],
)
def test_a_line_begins_below_what_the_one_before_it_begins_or_opens(line, indent):
    assert indent_after(line) == indent


class Written(App[None]):
    """An editor alone."""

    def compose(self) -> ComposeResult:
        yield PolicyEditor()


async def test_a_policy_is_typed_without_counting_blanks():
    app = Written()
    async with app.run_test(size=(80, 24)) as pilot:
        editor = app.query_one(PolicyEditor)
        editor.focus()
        for line in ("retention:", '- match: "status:failed"', "keep: {within: 90d}", "then: archive"):
            await pilot.press(*line, "enter")
        assert editor.text == 'retention:\n  - match: "status:failed"\n    keep: {within: 90d}\n    then: archive\n    '
        await pilot.press("ctrl+z")
        assert len(editor.text) < 80
