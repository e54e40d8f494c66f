"""The line that a query is typed in: what it recalls, offers and puts in, and what it says of a mistake, and where."""

import asyncio

import pytest
from flightlog.core.query.query import parse
from flightlog.tui.query.colours import caret_line
from flightlog.tui.query.completion import is_begun, keys_begun, unfinished, without
from flightlog.tui.query.help import EXAMPLES, begun_line, help_line
from flightlog.tui.query.history import History
from flightlog.tui.widgets.filter_bar import FilterBar
from seeing import text_of, until


def test_history_goes_up_and_down_among_what_begins_the_same():
    kept = ("status:failed", "cost>1", "status:lost")
    found = History()
    assert found.newer("x") is None
    assert [found.older("", kept), found.older("status:failed", kept)] == ["status:failed", "cost>1"]
    assert found.older("cost>1", kept) == "status:lost"
    assert found.older("status:lost", kept) is None
    assert [found.newer("status:lost"), found.newer("cost>1"), found.newer("status:failed")] == [*kept[1::-1], ""]
    assert not found.recalling
    assert [found.older("sta", kept), found.older("status:failed", kept)] == ["status:failed", "status:lost"]
    found.leave()
    assert found.older("nothing", kept) is None


@pytest.mark.parametrize(
    ("text", "width", "scrolled", "line"),
    [
        ("statuz:x", 60, 0, "^^^^^^^^ 'statuz' is no key, did you mean 'status'?; searched as text"),
        ("東京 statuz:x", 60, 0, "     ^^^^^^^^ 'statuz' is no"),
        (
            "a " * 40 + "statuz:x",
            90,
            0,
            "'statuz' is no key, did you mean 'status'?; searched as text" + " " * 20 + "^^^^",
        ),
        ("a " * 40 + "statuz:x", 60, 70, "          ^^^^^^^^ 'statuz'"),
    ],
)
def test_carets_stand_below_the_very_word(text, width, scrolled, line):
    (problem,) = parse(text).problems
    drawn = "".join(piece for piece, _ in caret_line(text, problem, width, scrolled))
    assert drawn.startswith(line), drawn


async def at_filter(pilot) -> FilterBar:
    """The filter of the run list, with the person in it."""
    await until(pilot, lambda: pilot.app.store is not None and pilot.app.home.run_list.ready)
    await pilot.press("slash")
    await until(pilot, lambda: pilot.app.home.query_one(FilterBar).input.has_focus)
    return pilot.app.home.query_one(FilterBar)


async def test_what_was_typed_before_comes_back_with_up(app):
    async with app.run_test(size=(120, 36)) as pilot:
        bar = await at_filter(pilot)
        await pilot.press(*"workflow:flow-1", "enter")
        await until(pilot, lambda: pilot.app.home.run_list.lines == 333)
        await pilot.press("escape", "slash", *"status:failed", "enter", "escape", "slash", "up")
        await until(pilot, lambda: bar.input.value == "status:failed")
        await pilot.press("up", "up")
        await until(pilot, lambda: bar.input.value == "workflow:flow-1")
        await until(pilot, lambda: pilot.app.home.run_list.lines == 333)
        await pilot.press("down", "down")
        await until(pilot, lambda: bar.input.value == "")
        await pilot.press(*"wo", "up")
        await until(pilot, lambda: bar.input.value == "workflow:flow-1")
        await pilot.press("end", "x", "down")  # changed: it is what is being typed, and down goes into the list
        await until(pilot, lambda: not bar.input.has_focus)
        assert bar.input.value == "workflow:flow-1x"
        assert app.person.remembered.filters == ("workflow:flow-1x", "status:failed", "workflow:flow-1")


async def test_values_that_occur_are_offered_and_tab_goes_through_them(app):
    async with app.run_test(size=(120, 36)) as pilot:
        bar = await at_filter(pilot)
        await pilot.press(*"workfl")
        await until(pilot, lambda: "workflow:" in text_of(app.screen).split("\n")[1])  # the rest of it stands there
        await pilot.press("right")
        await until(pilot, lambda: bar.input.value == "workflow:")
        await until(pilot, lambda: "flow-0  flow-1  flow-2" in text_of(app.screen))
        for key, value in (("tab", "flow-"), ("tab", "flow-0"), ("tab", "flow-1"), ("shift+tab", "flow-0")):
            await pilot.press(key)
            await until(pilot, lambda value=value: bar.input.value == f"workflow:{value}")
        await pilot.press("shift+tab")
        await until(pilot, lambda: bar.input.value == "workflow:flow-2")
        await until(pilot, lambda: app.home.run_list.lines == 333)
        await pilot.press("space", *"status:zz")
        await until(pilot, lambda: "'zz' is none of" in text_of(app.screen))
        typed, below = text_of(app.screen).split("\n")[1:3]
        assert below.index("^") == typed.index("status:zz")
        assert below.count("^") == len("status:zz")
        await until(pilot, lambda: app.home.run_list.query.message)
        await pilot.press(*["backspace"] * 2, *"comp")  # which goes on to a status: no mistake yet, and no filter
        await until(pilot, lambda: app.home.run_list.query.text == "workflow:flow-2" and app.home.run_list.lines == 333)
        assert "^" not in text_of(app.screen).split("\n")[2]
        await until(pilot, lambda: "status:completed" in text_of(app.screen).split("\n")[1])
        await pilot.press("right")
        await until(pilot, lambda: not app.home.run_list.query.message and app.home.run_list.lines == 333)


async def test_completions_that_come_too_late_change_nothing(app):
    async with app.run_test(size=(80, 24)) as pilot:
        bar = await at_filter(pilot)
        await pilot.press(*"workflow:fl")
        bar.complete(FilterBar.Completing("workflow:f", 10, 1), ["flow-0", "flow-1"])
        assert bar.input.value == "workflow:fl"
        bar.complete(FilterBar.Completing("workflow:fl", 11, 1), [])
        assert bar.input.value == "workflow:fl"
        bar.complete(FilterBar.Completing("workflow:fl", 11, 1), ["flow-2"])
        assert bar.input.value == "workflow:flow-2 "


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("status:", ""),
        ("workflow:flow-1 status:", "workflow:flow-1 "),
        ("workflow:flow-1 -status:fail", "workflow:flow-1 "),
        ("status:failed|lo", ""),
        ("(tag:a | model:gp", "(tag:a | "),
        ('session:"my se', ""),
        ('"two words" cost>', '"two words" '),
    ],
)
def test_the_term_that_is_begun_is_left_out(text, rest):
    assert without(text, len(text)) == rest


@pytest.mark.parametrize(
    ("text", "found", "begun"),
    [
        ("workflow:tri", ["triage"], True),
        ("workflow:triage", ["triage", "triage-2"], False),  # which is one by itself
        ("status:fai", ["failed"], True),
        ("since:2", ["24h"], True),
        ("name:inv", ["invoice"], False),  # by which runs are found as it stands
        ("log:retr", ["retrying"], False),
        ("workflow:zz", [], False),
        ("tri", ["triage"], False),
    ],
)
def test_what_is_begun_and_what_is_whole(text, found, begun):
    assert is_begun(unfinished(text, len(text)), found) is begun


async def test_nothing_is_hidden_for_a_value_that_is_only_half_there(app):
    """The list went empty under whoever typed `status:`, and again at each letter."""
    async with app.run_test(size=(120, 36)) as pilot:
        bar, found = await at_filter(pilot), pilot.app.home.run_list
        await pilot.press(*"workflow:flow-1")
        await until(pilot, lambda: found.lines == 333)
        await pilot.press("space", *"status:")
        await until(pilot, lambda: bar.wanted.text == "workflow:flow-1" and found.ready)
        assert found.lines == 333
        await pilot.press(*"fai")
        await until(pilot, lambda: "failed" in text_of(app.screen).split("\n")[1])
        await until(pilot, lambda: bar.wanted.text == "workflow:flow-1" and found.ready and found.lines == 333)
        await pilot.press("enter")  # whoever wants it so has it as it stands, and is told
        await until(pilot, lambda: found.query.text == "workflow:flow-1 status:fai")
        assert "'fai' is none of" in found.query.message


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("st", ["status:", "step:", "step_error:", "started<", "steps>"]),
        ("workflow:x -STA", ["status:", "started<"]),
        ("status", ["status:"]),
        ("pinned", []),  # which is whole
        ("stax", []),
        ("status:st", []),
        ('"st', []),
        ("", []),
    ],
)
def test_which_keys_a_word_may_become(text, keys):
    assert keys_begun(text, len(text)) == keys


async def test_a_word_that_begins_a_key_hides_nothing_until_it_is_searched_for(app):
    """The list went empty under whoever typed `sta` on the way to `status:`."""
    async with app.run_test(size=(80, 24)) as pilot:
        bar, found = await at_filter(pilot), pilot.app.home.run_list
        sent = []
        send, bar._set = bar._set, lambda text: (sent.append(text), send(text))
        everything = found.lines
        await pilot.press(*"status")
        await until(pilot, lambda: "status:" in text_of(app.screen).split("\n")[2])
        assert "tab completes  enter searches status" in text_of(app.screen).split("\n")[2]
        await until(pilot, lambda: bar._due.when() < asyncio.get_running_loop().time())
        await pilot.pause()
        assert sent == [] and found.lines == everything
        await pilot.press("x")  # no key begins so: it is looked for
        await until(pilot, lambda: found.query.text == "statusx" and found.ready)
        await pilot.press("backspace", "enter")
        await until(pilot, lambda: found.query.text == "status" and found.ready)
        assert "completes" not in text_of(app.screen)
        await pilot.press("slash", "space", *"wor")  # and a finished word stays
        await until(pilot, lambda: bar._due.when() < asyncio.get_running_loop().time())
        await pilot.pause()
        assert bar.wanted.text == "status"


@pytest.mark.parametrize("width", [20, 38, 77, 117])
@pytest.mark.parametrize("word", ["s", "status", "co"])
def test_the_line_below_a_word_that_begins_a_key_has_whole_words(width, word):
    keys = keys_begun(word, len(word))
    line = "".join(piece for piece, _ in begun_line(word, keys, width))
    assert line.endswith(f"enter searches {word} ") or width < 40
    assert set(line.partition("tab")[0].split()) <= set(keys)


@pytest.mark.parametrize("width", [78, 80, 98, 100, 118, 120, 130, 240])
def test_the_help_below_is_whole_words(width):
    """At 120 cells its last example was cut in the middle, against the keys."""
    line = "".join(piece for piece, _ in help_line(width))
    examples, keys = line.split("tab completes")
    assert examples.endswith("  ") and "…" not in line and keys.endswith("esc clears ")
    assert all(word in EXAMPLES for word in examples.split()[2:])
    assert width < 130 or len(examples.split()) == 2 + len(EXAMPLES)
