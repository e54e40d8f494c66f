"""The wheel turns what is meant, also where it is turned beside a list."""

import pytest
from flightlog.tui.program.wheel import meant
from mouse import wheel
from seeing import loaded, shows, until


@pytest.mark.parametrize("over", ["#header", "#list-top", "#preview-top", "Preview", "KeyBar"])
async def test_beside_the_run_list_the_wheel_turns_it(app, over):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        place = screen.query_one(over).region
        x, y = place.x + place.width // 2, place.y + place.height // 2
        await wheel(pilot, x, y)
        await until(pilot, lambda: screen.run_list.top > 0)
        top = screen.run_list.top
        await wheel(pilot, *screen.table.region.center)  # as over the list itself
        await until(pilot, lambda: screen.run_list.top == 2 * top)
        for _ in range(4):
            await wheel(pilot, x, y, down=False)
        await until(pilot, lambda: screen.run_list.top == 0)


async def test_a_list_at_its_end_turns_no_other_and_where_nothing_scrolls_nothing_is_meant(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        assert meant(screen, *screen.table.region.center) is None  # it takes the turn itself, if it can
        assert meant(screen, 500, 500) is None
        await pilot.press("slash", *"flow-9", "enter")
        await shows(pilot, "No run matches")
        await wheel(pilot, 5, 0)
        assert meant(screen, 5, 0) is None
