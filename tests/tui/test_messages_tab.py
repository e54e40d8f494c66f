"""The messages tab as a conversation: edges and colours by agent, pairs, whole messages, steps; hostile names."""

from collections.abc import Iterator
from pathlib import Path

import flightlog
import pytest
from flightlog.core import clock
from flightlog.core.clock import from_seconds
from flightlog.core.runs import Message
from flightlog.core.store import Store
from flightlog.tui import format
from flightlog.tui.glyphs import UNICODE
from flightlog.tui.parts.said import Said
from flightlog.tui.parts.talk import SHORT, Cast, Talk
from flightlog.tui.parts.talk import spoken as spoken_of
from reading import SIZES, opened, screen_of, settled, text_of, wait
from recorded import NASTY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with flightlog.open(tmp_path / "data", storage="file") as store:
        yield store


def message(
    seq: int, sender: str, recipient: str, content: object = "word", at: float = 0.0, **more: object
) -> Message:
    t = from_seconds(1_790_000_000.0 + at)
    return Message(run="r", seq=seq, t=t, sender=sender, recipient=recipient, content=content, **more)


async def to_the_end(pilot) -> None:
    """Goes to the last of 900 messages, and waits until it has been read."""
    await pilot.press("G")
    await wait(pilot, lambda: screen_of(pilot).tab.current.content == "word 899")
    await settled(pilot)


def drawn(messages: list[Message], width: int = 80, talk: Talk | None = None) -> list[str]:
    nodes = (talk or Talk(UNICODE)).nodes(messages, Cast.of(messages), {}, width)
    return ["".join(text for text, _ in node.line).rstrip() for node in nodes]


def test_each_agent_speaks_from_his_own_edge_in_his_own_colour_whatever_comes_later():
    first = [message(1, "a", "b"), message(2, "b", "a", at=3.0), message(3, "c", "a", at=4.0)]
    cast = Cast.of(first)
    assert list(Cast.of([message(4, "z", "a")], cast).places) == ["a", "b", "c", "z"]
    assert len({cast.ink(name) for name in "abc"}) == 3
    lines = drawn(first)
    assert lines[0].startswith("a → b")
    assert lines[3].lstrip().startswith("b → a  answers after 0:03")
    edges = [len(line) - len(line.lstrip()) for line in lines if "word" in line]
    assert edges == sorted(set(edges))


def test_a_silence_is_drawn_and_who_goes_on_is_not_named_again():
    lines = drawn([message(1, "a", "b"), message(2, "a", "b", "more", 1.0), message(3, "a", "b", "late", 200.0)])
    assert sum("a → b" in line for line in lines) == 2
    assert any("3 min later" in line for line in lines)


def test_a_long_message_is_short_until_it_is_opened_and_wrapped_once():
    talk = Talk(UNICODE)
    long = [message(1, "a", "b", "\n".join(f"line {n}" for n in range(50)))]
    assert len(drawn(long, talk=talk)) == 1 + SHORT + 1
    assert "44 more lines" in drawn(long, talk=talk)[-1]
    talk.whole.add(1)
    assert len(drawn(long, talk=talk)) == 51
    assert len(talk._wrapped) == 2


def test_what_is_not_text_is_shown_as_what_it_is():
    assert spoken_of({"text": "hi", "type": "text"}) == ("hi", None)
    assert spoken_of([{"text": "hi"}, "you", {"tool": 1}]) == ("hi\nyou", [{"tool": 1}])
    assert spoken_of({"tool": "search"}) == ("", {"tool": "search"})


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_conversation_is_picked_read_whole_and_leads_to_its_step(store, size):
    with store.run("talk") as run:
        with run.step("asking") as step:
            run.message("planner", "searcher", "Look for eggs")
            run.message("searcher" + NASTY, "planner", "wrong " + NASTY, role="tool" + NASTY)
        run.message("planner", "writer", "\n".join(f"point {n}" for n in range(30)))
        run.message("searcher", "planner", {"text": "found", "hits": [1, 2]})
    async with opened(store, run.id, size, tab="messages") as pilot:
        tab = screen_of(pilot).tab
        assert "4 messages  4 agents" in text_of(pilot)
        assert not [sign for sign in text_of(pilot) if sign != "\n" and not sign.isprintable()]
        await pilot.press("J")
        await wait(pilot, lambda: screen_of(pilot).current == "steps")
        await settled(pilot)
        assert screen_of(pilot).tab.lines.current.node.target == step.id
        await pilot.press("m")
        await wait(pilot, lambda: screen_of(pilot).current == "messages")
        await pilot.press("n", "n")
        assert tab.current.recipient == "writer"
        await pilot.press("J")
        assert pilot.app.told == ["No step said it"]
        await pilot.press("enter")
        await wait(pilot, lambda: any("point 29" in part for row in tab.lines.rows for part, _ in row.node.line))
        await pilot.press("enter", "N", "N", "f")
        assert "only planner → searcher  2 of 4 read" in text_of(pilot)
        assert "point 1" not in text_of(pilot)
        await pilot.press("n")
        assert tab.current.content == {"text": "found", "hits": [1, 2]}
        assert "hits" in text_of(pilot)
        await pilot.press("escape")
        assert tab.pair is None
        assert tab.current.sender == "searcher"


async def test_messages_of_a_pair_are_looked_for_on_later_pages(store):
    with store.run("talk") as run:
        run.message("a", "b", "first")
        for n in range(450):
            run.message("c", "d", f"word {n}")
        run.message("b", "a", "last")
    async with opened(store, run.id, tab="messages") as pilot:
        await pilot.press("f", "G")
        tab = screen_of(pilot).tab
        tab.read_on()
        await wait(pilot, lambda: [one.content for one in tab.messages] == ["first", "last"])
        await settled(pilot)
        assert "2 of 452 read" in text_of(pilot)


def test_what_one_goes_on_to_say_is_told_with_its_time_alone_and_a_pause_not_twice():
    said = [message(n, "claude", "user", f"point {n}", 10.0 * n, role="assistant") for n in range(3)]
    lines = drawn([message(9, "user", "claude", at=-300.0), *said])
    assert sum("claude → user" in line for line in lines) == 1
    assert not any("assistant" in line or "answers after" in line for line in lines)
    when = format.clock(said[1].t)
    assert sum(line.strip() == when for line in lines) == 2
    assert sum("5 min later" in line for line in lines) == 1


def test_what_a_tool_printed_is_no_markdown_and_of_a_long_message_only_the_beginning_is_made():
    assert "│ # as it is" in drawn([message(1, "bash", "a", "# as it is", role="tool")])[1]
    talk = Talk(UNICODE)
    long = [message(1, "a", "b", "\n".join(f"line {n}" for n in range(100_000)))]
    assert "99,994 more lines, enter shows them" in drawn(long, talk=talk)[-1]
    assert talk.cut == {1}
    assert sum(len(lines) for lines, _ in talk._wrapped.values()) == SHORT
    assert "more of this line" in drawn([message(2, "a", "b", "x" * 5000)], talk=talk)[-1]


def test_a_message_that_was_cut_where_there_was_less_room_is_whole_where_there_is_more():
    talk, said = Talk(UNICODE), [message(1, "a", "b", "word " * 40)]
    drawn(said, talk=talk, width=24)
    assert talk.cut == {1}
    drawn(said, talk=talk, width=120)
    assert talk.cut == set()


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_what_was_said_is_searched_also_where_it_is_not_shown_or_not_read_yet(store, size):
    with store.run("talk") as run:
        run.message("user", "claude", "Please look.")
        run.message(
            "claude", "user", "\n".join([*(f"point {n}" for n in range(30)), "the needle", "and on", "a Needle"])
        )
        for n in range(450):
            run.message("claude", "user", f"word {n}")
        run.message("claude", "user", "needle at the end")
    async with opened(store, run.id, size, tab="messages") as pilot:
        tab = screen_of(pilot).tab
        await pilot.press("slash", *"needle", "enter")
        row = tab.lines.current
        assert "the needle" in "".join(text for text, _ in row.node.line)
        assert ("needle", "match") in row.node.line
        await pilot.press("n")
        assert "a Needle" in "".join(text for text, _ in tab.lines.current.node.line)
        await pilot.press("n")
        await wait(pilot, lambda: tab.current.content == "needle at the end")
        await settled(pilot)
        await pilot.press("n")
        assert pilot.app.told == ["needle is not found further on"]
        await pilot.press("N")
        assert "a Needle" in "".join(text for text, _ in tab.lines.current.node.line)
        await pilot.press("escape")
        assert not tab.word and not any(ink == "match" for row in tab.lines.rows for _, ink in row.node.line)
        assert screen_of(pilot).tab is tab


async def test_the_bottom_line_offers_what_helps_with_this_message(store):
    with store.run("talk") as run:
        run.message("user", "claude", "short")
        run.message("claude", "user", "long\n" * 30)
    async with opened(store, run.id, (80, 24), tab="messages") as pilot:
        bottom = text_of(pilot).splitlines()[-1]
        assert "enter" not in bottom and "these two" not in bottom and "/ search" in bottom
        await pilot.press("n")
        await pilot.pause()
        assert "enter whole" in text_of(pilot).splitlines()[-1]


async def test_the_end_of_a_long_conversation_is_one_key_away(store):
    with store.run("talk") as run:
        for n in range(900):
            run.message("user", "claude", f"word {n}")
    async with opened(store, run.id, tab="messages") as pilot:
        tab = screen_of(pilot).tab
        assert "200 read" in text_of(pilot)
        await to_the_end(pilot)
        assert len(tab.found.said.all) == 400 and "word 899" in text_of(pilot)  # its beginning, and its end
        await pilot.press("g")
        assert tab.current.content == "word 0"


async def test_the_cursor_goes_to_words_and_not_to_the_time_above_them(store):
    times = iter(range(1, 100))
    with store.run("talk") as run, clock.pretending(lambda: 10**18 + 10**10 * next(times)):
        run.message("claude", "user", "first")
        run.message("claude", "user", "second")
    async with opened(store, run.id, tab="messages") as pilot:
        tab = screen_of(pilot).tab
        await pilot.press("n")
        assert ("second", "text") in tab.lines.current.node.line


def said_by(store, count: int):
    run = store.run("talk")
    for n in range(count):
        run.message("user", "claude", f"word {n}")
    return run


def numbers(tab) -> list[int]:
    return [int(one.content.split()[1]) for one in tab.messages]


async def test_what_lies_between_the_beginning_and_the_end_is_read_from_either_side(store):
    run = said_by(store, 900)
    run.finish()
    async with opened(store, run.id, tab="messages") as pilot:
        tab = screen_of(pilot).tab
        await to_the_end(pilot)
        assert numbers(tab) == [*range(200), *range(700, 900)]
        assert "400 read, more between" in text_of(pilot)
        tab._go_to(tab.messages[200].seq)
        await pilot.pause()
        assert "500 messages not read yet" in text_of(pilot)
        await pilot.press("up")
        await wait(pilot, lambda: numbers(tab) == [*range(200), *range(500, 900)])
        await settled(pilot)
        assert tab.current.content == "word 699"
        tab._go_to(tab.messages[199].seq)
        await pilot.pause()
        await pilot.press("n")
        await wait(pilot, lambda: len(tab.messages) == 800)
        await settled(pilot)
        assert tab.current.content == "word 200"
        tab._go_to(tab.messages[400].seq)
        await pilot.pause()
        await pilot.press("N")
        await wait(pilot, lambda: numbers(tab) == [*range(900)])
        await settled(pilot)
        assert tab.current.content == "word 499" and "read, more" not in text_of(pilot)


async def test_a_long_conversation_that_goes_on_opens_at_its_newest(store):
    run = said_by(store, 450)
    async with opened(store, run.id, tab="messages") as pilot:
        tab = screen_of(pilot).tab
        await wait(pilot, lambda: tab.current is not None and tab.current.content == "word 449")
        assert numbers(tab) == [*range(250, 450)] and "200 read, more as you go up" in text_of(pilot)
        run.message("user", "claude", "word 450")
        pilot.app.changed()
        await wait(pilot, lambda: numbers(tab) == [*range(250, 451)])
        await pilot.press("g")
        await wait(pilot, lambda: tab.current is not None and tab.current.content == "word 0")
        await settled(pilot)
        assert numbers(tab) == [*range(200), *range(250, 451)]
    run.finish()


async def test_a_search_knows_also_what_lies_between(store):
    run = said_by(store, 900)
    run.finish()
    async with opened(store, run.id, tab="messages") as pilot:
        tab = screen_of(pilot).tab
        await to_the_end(pilot)
        await pilot.press("slash", *"word 45", "enter")
        await pilot.press("N")
        await wait(pilot, lambda: tab.current is not None and tab.current.content == "word 459")
        assert numbers(tab) == [*range(900)]


async def test_of_two_who_talk_all_is_read_also_what_lies_between(store):
    with store.run("talk") as run:
        for n in range(900):
            run.message("a" if n % 300 == 250 else "c", "b", f"word {n}")
    async with opened(store, run.id, tab="messages") as pilot:
        tab = screen_of(pilot).tab
        await to_the_end(pilot)
        tab._show_pair(frozenset({"a", "b"}))
        assert numbers(tab) == [850]
        await pilot.press("G")
        await wait(pilot, lambda: numbers(tab) == [250, 550, 850])


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 399, 400, 401, 1000])
def test_however_a_conversation_is_read_it_is_whole_in_the_end_and_each_reading_is_a_page(store, count):
    run = said_by(store, count)
    asked: list[int] = []

    def ask(**options):
        page = store.runs.messages(run.id, **options)
        asked.append(len(page.items))
        return page

    seqs = [one.seq for one in store.runs.messages(run.id, limit=10_000).items]
    for ways in ("on", "back", "both", "newest first"):
        said = Said().newest(ask) if ways in ("back", "newest first") else Said().on(ask)
        said = said.newest(ask) if ways == "both" else said
        for turn in range(20):
            if said.ends and not said.tail:
                break
            up = said.tail and (ways == "back" or (ways == "both" and turn % 2))
            said = said.back(ask) if up else said.on(ask)
        assert [one.seq for one in said.all] == seqs and said.ends and not said.tail, ways
        assert [one.seq for one in said.again(ask).all] == seqs
    assert max(asked, default=0) <= 200
    run.finish()
