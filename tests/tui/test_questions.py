"""Questions over a screen are answered with the mouse as with keys."""

import pytest
from flightlog.tui.screens.help import Help, HelpLines
from flightlog.tui.screens.prompt import Confirm, KeyWords, Prompt
from seeing import loaded, shows, text_of, until


async def ask(pilot, question):
    """The answers given so far to a question that is on screen."""
    answers = []
    pilot.app.push_screen(question, answers.append)
    await until(pilot, lambda: pilot.app.screen is question and question.query(KeyWords))
    await pilot.pause()
    return answers


async def click_on(pilot, word):
    keys = pilot.app.screen.query_one(KeyWords)
    row = keys.region.y
    await pilot.click(offset=(text_of(pilot.app.screen).splitlines()[row].index(word) + 1, row))


@pytest.mark.parametrize(("word", "answer"), [("yes", True), ("no", False), ("y ", True), ("n ", False)])
async def test_yes_and_no_may_be_clicked_on(app, word, answer):
    async with app.run_test() as pilot:
        await loaded(pilot)
        answers = await ask(pilot, Confirm("Delete?"))
        await click_on(pilot, word)
        await until(pilot, lambda: answers == [answer])


@pytest.mark.parametrize(("word", "answer"), [("does it", "well"), ("leaves", None)])
async def test_a_line_of_text_is_given_and_left_with_the_mouse(app, word, answer):
    async with app.run_test() as pilot:
        await loaded(pilot)
        answers = await ask(pilot, Prompt("Note"))
        await pilot.press(*"well")
        await click_on(pilot, word)
        await until(pilot, lambda: answers == [answer])


async def test_a_click_beside_a_question_is_no_and_beside_help_leaves_it_but_no_text_is_lost(app):
    async with app.run_test() as pilot:
        await loaded(pilot)
        answers = await ask(pilot, Confirm("Delete?"))
        await pilot.click(
            offset=(app.screen.query_one(KeyWords).region.x + 40, app.screen.query_one(KeyWords).region.y)
        )
        assert answers == [] and isinstance(app.screen, Confirm)
        await pilot.click(offset=(1, 1))
        await until(pilot, lambda: answers == [False])
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        await shows(pilot, "Mark the run")
        await pilot.click(offset=(40, 10))
        assert isinstance(app.screen, Help)
        await pilot.click(offset=(1, 0))
        await until(pilot, lambda: app.screen is app.home)
        answers = await ask(pilot, Prompt("Note"))
        await pilot.press(*"well")
        await pilot.click(offset=(1, 1))
        await pilot.press("enter")
        await until(pilot, lambda: answers == ["well"])


@pytest.mark.parametrize("width", [120, 80, 60, 40])
async def test_no_line_of_help_is_cut(app, width):
    async with app.run_test(size=(width, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help) and app.screen.query_one(HelpLines).count() > 30)
        lines = app.screen.query_one(HelpLines)
        told = ["".join(text for text, _ in lines.draw(n, lines.size.width)) for n in range(lines.count())]
        assert max(map(len, told)) < lines.size.width
        whole = " ".join(" ".join(told).split())
        assert "Save filter and order as a view, or forget the one shown" in whole
