"""Prices: amounts worked out by hand, and what is unknown stays unknown."""

import subprocess
import sys
import threading

import pytest
from flightlog.backends.prices import GenaiPrices, price_book
from flightlog.core.costs import Extra, Price, Tokens

NOW = "2026-11-01T12:00:00.000000Z"


def nanousd(model: str, provider: str = "", t: str = NOW, extra: Extra = Extra(), **tokens: int) -> int | None:
    found = price_book().price(model, provider, Tokens(**tokens), t, extra)
    return found.nanousd if found else None


def test_plain_models_by_hand():
    # gpt-4o: $2.50 a million input tokens, $10 a million output tokens.
    assert nanousd("gpt-4o", input=812, output=77) == 812 * 2_500 + 77 * 10_000
    # gpt-4o-mini: $0.15 and $0.60.
    assert nanousd("gpt-4o-mini", input=1000, output=100) == 1000 * 150 + 100 * 600
    # o1: $15 and $60; reasoning tokens are a part of the output and not paid twice.
    assert nanousd("o1", input=10, output=500, reasoning=400) == 10 * 15_000 + 500 * 60_000


def test_cached_tokens_are_a_part_of_the_input_and_cheaper():
    # gpt-4o reads its cache at $1.25.
    assert nanousd("gpt-4o", input=1000, cache_read=600) == 400 * 2_500 + 600 * 1_250
    # claude-haiku-4-5: $1, output $5, cache read $0.10, cache write $1.25.
    wanted = 1000 * 1_000 + 6000 * 100 + 3000 * 1_250 + 100 * 5_000
    assert nanousd("claude-haiku-4-5", input=10_000, output=100, cache_read=6000, cache_write=3000) == wanted


def test_what_is_kept_for_an_hour_costs_twice_the_input_and_a_search_by_itself():
    # claude-haiku-4-5: $1, output $5, cache write $1.25, for an hour $2; a web search $0.01.
    plain = 100 * 1_000 + 10 * 5_000
    wanted = plain + 600 * 1_250 + 300 * 2_000 + 2 * 10_000_000
    extra = Extra(hour_writes=300, web_searches=2)
    assert nanousd("claude-haiku-4-5", extra=extra, input=1000, output=10, cache_write=900) == wanted
    assert nanousd("claude-haiku-4-5", input=100, output=10) == plain


def test_what_the_table_asks_nothing_for_is_not_taken_for_free():
    # What openrouter asks for is told there of plain writes, and not of those for an hour nor of searches.
    model, provider, tokens = "anthropic/claude-sonnet-4.5", "openrouter", {"input": 1000, "cache_write": 900}
    assert nanousd(model, provider, **tokens) == 100 * 3_000 + 900 * 3_750
    assert nanousd(model, provider, extra=Extra(hour_writes=1), **tokens) is None
    assert nanousd(model, provider, extra=Extra(web_searches=1), **tokens) is None


def test_long_prompts_cost_their_tier():
    # gemini-2.5-pro: $1.25 and $10, above 200,000 input tokens $2.50 and $15.
    assert nanousd("gemini-2.5-pro", input=200_000, output=100) == 200_000 * 1_250 + 100 * 10_000
    assert nanousd("gemini-2.5-pro", input=200_001, output=100) == 200_001 * 2_500 + 100 * 15_000


def test_the_price_is_that_of_the_time_of_the_call():
    # o3 went from $10 to $2 a million input tokens on 2025-06-10.
    assert nanousd("o3", t="2025-06-01T00:00:00.000000Z", input=1000) == 1000 * 10_000
    assert nanousd("o3", t="2025-07-01T00:00:00.000000Z", input=1000) == 1000 * 2_000


def test_models_are_known_by_many_names():
    plain = nanousd("gpt-4o", input=1000, output=10)
    for model, provider in [
        ("gpt-4o-2024-08-06", ""),
        ("GPT-4o", "OpenAI"),
        ("gpt-4o", "openai"),
        ("openai/gpt-4o", ""),
        ("openai:gpt-4o", ""),
        ("openai/gpt-4o", "openai"),
    ]:
        assert nanousd(model, provider, input=1000, output=10) == plain


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("no-such-model", ""),
        ("", ""),
        ("/", ""),
        ("nobody/gpt-4o", ""),
        ("gpt-4o", "nobody"),
        ("openai/gpt-4o", "nobody"),
        ("claude-haiku-4-5", "openai"),
        ("x" * 100_000, ""),
        ("gpt-4o", "x" * 100_000),
        ("\ud800\0", ""),
    ],
)
def test_what_the_table_does_not_know_has_no_price(model, provider):
    assert nanousd(model, provider, input=1000) is None


def test_a_model_that_is_priced_otherwise_has_no_price_for_tokens():
    assert nanousd("whisper-large-v3", "groq", input=1000) is None


def test_contradicting_counts_and_unreadable_times_have_no_price(caplog):
    book = GenaiPrices()
    for tokens, t in (
        (Tokens(input=10, cache_read=1000), NOW),
        (Tokens(input=10), ""),
        (Tokens(input=10), "yesterday"),
    ):
        assert book.price("gpt-4o", "", tokens, t) is None
    assert len(caplog.records) == 3


def test_who_counts_cached_tokens_apart_is_told_so_once_and_then_how_often(caplog):
    book = GenaiPrices()
    for number in range(250):
        assert book.price("gpt-4o", "", Tokens(input=number, cache_read=1000 + number), NOW) is None
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 3
    assert "'gpt-4o' has no price" in said[0] and "cache_read_tokens (1000) cannot exceed input_tokens (0)" in said[0]
    assert said[1].startswith("10 calls") and said[2].startswith("100 calls of model 'gpt-4o' have no price so far")
    book.price("gpt-4.1", "", Tokens(input=1, cache_read=2), NOW)
    assert len(caplog.records) == 4  # another model's is news


def test_no_tokens_cost_nothing_where_the_model_is_known():
    assert nanousd("gpt-4o") == 0
    assert nanousd("no-such-model") is None


def test_a_price_names_the_table_it_is_from():
    from importlib.metadata import version

    found = price_book().price("gpt-4o", "", Tokens(input=1), NOW)
    assert found == Price(nanousd=2_500, prices=f"genai-prices {version('genai_prices')}")


def test_fractions_of_a_nano_dollar_are_rounded_to_even():
    # command-r7b: $0.0375 a million input tokens, 37.5 nano-dollars for one.
    assert [nanousd("command-r7b", "cohere", input=n) for n in (1, 2, 3, 1000)] == [38, 75, 112, 37_500]


def test_threads_may_ask_at_once():
    book, found = GenaiPrices(), []
    workers = [
        threading.Thread(target=lambda: found.append(book.price("gpt-4o", "", Tokens(input=1000), NOW)))
        for _ in range(8)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {price.nanousd for price in found} == {2_500_000}


def test_the_table_is_loaded_at_the_first_question_and_nothing_is_fetched():
    script = (
        "import sys, socket\n"
        "def refuse(*a, **k): raise OSError('no network')\n"
        "socket.socket.connect = refuse\n"
        "from flightlog.backends.prices import price_book\n"
        "from flightlog.core.costs import Tokens\n"
        "book = price_book()\n"
        "assert 'genai_prices' not in sys.modules\n"
        "assert book.price('gpt-4o', '', Tokens(input=1), '2026-11-01T00:00:00Z')\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_tables_models_are_told_with_what_a_million_tokens_cost():
    models = {(one.provider, one.model): one for one in price_book().models()}
    assert len(models) > 500
    mini = models["openai", "gpt-4o-mini"]
    assert (mini.input_nanousd, mini.output_nanousd) == (150_000_000, 600_000_000)
    tiered = models["google", "gemini-2.5-pro"]
    assert tiered.input_nanousd == 1_250_000_000
