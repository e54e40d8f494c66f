"""The price book over the package genai-prices: what providers ask for tokens, and since when.

Loading it takes a moment (a table of thousands of models), so it is done at the first question, never on
an agent's path. Nothing is fetched from anywhere: the table is the installed package's. That has no
date of its own that could be trusted, so a price names the package's release, which fixes the table exactly.
"""

import logging
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from threading import Lock
from typing import Any

from ..core.clock import to_seconds
from ..core.costs import NANO, Extra, Price, PriceBook, PricedModel, Tokens

log = logging.getLogger("flightlog.prices")

_LONGEST_NAME = 200
_NUMBER = re.compile(r"\d+")
_REASONS = 1000
"""Models and reasons that are counted, of those whose calls have no price."""
_MAKERS = "/:"  # between maker and model, as in `openai/gpt-4o` and `openai:gpt-4o`


class GenaiPrices:
    """Prices of genai-prices, as of the time of the call. Thread-safe.

    Its convention is ours: input tokens count the cached ones, output tokens the reasoning ones. A model
    that the table prices otherwise than by tokens has no price here, for part of a price is none.
    """

    def __init__(self) -> None:
        self._refused: Counter[tuple[str, str]] = Counter()
        self._lock = Lock()

    def models(self) -> Sequence[PricedModel]:
        """See `PriceBook.models`."""
        from genai_prices.data_snapshot import get_snapshot

        now = datetime.now(UTC)
        found = []
        for provider in get_snapshot().providers:
            for model in provider.models:
                prices = model.get_prices(now)
                into, out = _base(prices.input_mtok), _base(prices.output_mtok)
                if into is not None and out is not None:
                    found.append(
                        PricedModel(provider=provider.id, model=model.id, input_nanousd=into, output_nanousd=out)
                    )
        return sorted(found, key=lambda one: (one.provider, one.model))

    def price(self, model: str, provider: str, tokens: Tokens, t: str, extra: Extra = Extra()) -> Price | None:
        """See `PriceBook.price`; None also for token counts that contradict each other and for an unreadable time."""
        from genai_prices import Usage

        if not 0 < len(model) <= _LONGEST_NAME or len(provider) > _LONGEST_NAME:
            return None
        try:
            moment = datetime.fromisoformat(t)
            to_seconds(t)
            found = _calculated(Usage(**_usage(tokens, extra)), model, provider, moment)
        except ValueError as error:
            self._tell(model, str(error))
            return None
        if found is None or not _covers(found.model_price, tokens, extra):
            return None
        nanousd = (found.total_price * NANO).to_integral_value(ROUND_HALF_EVEN)
        return Price(nanousd=int(nanousd), prices=_release())

    def _tell(self, model: str, why: str) -> None:
        """Says why a call has no price: of the first one, the tenth, the hundredth …, for who counts tokens in another
        way than the table does it at each call.
        """
        alike = (model, _NUMBER.sub("", why))
        with self._lock:
            if len(self._refused) >= _REASONS and alike not in self._refused:
                self._refused.clear()
            self._refused[alike] += 1
            calls = self._refused[alike]
        if calls == 1:
            log.warning("a call of model %r has no price: %s", model, why)
        elif str(calls).strip("0") == "1":
            log.warning("%s calls of model %r have no price so far, the newest: %s", f"{calls:,}", model, why)


@cache
def price_book() -> PriceBook:
    """The price book of this process."""
    return GenaiPrices()


def _usage(tokens: Tokens, extra: Extra) -> dict[str, int]:
    counts = {
        "input_tokens": tokens.input,
        "output_tokens": tokens.output,
        "cache_read_tokens": tokens.cache_read,
        "cache_write_tokens": tokens.cache_write,
        "cache_write_1h_tokens": extra.hour_writes,
        "output_reasoning_tokens": tokens.reasoning,
        "web_searches": extra.web_searches,
    }
    return {name: count for name, count in counts.items() if count or name in ("input_tokens", "output_tokens")}


def _calculated(usage: Any, model: str, provider: str, moment: datetime) -> Any:
    """The calculation for a model by its whole name, else by what follows its maker's name; None if unknown."""
    from genai_prices import calc_price

    for maker, name in _names(model, provider):
        try:
            return calc_price(usage, name, provider_id=maker, genai_request_timestamp=moment)
        except LookupError:
            continue
    return None


def _names(model: str, provider: str) -> list[tuple[str | None, str]]:
    names: list[tuple[str | None, str]] = [(provider or None, model)]
    for sign in _MAKERS:
        maker, found, name = model.partition(sign)
        if found and maker and name and (not provider or provider.lower() == maker.lower()):
            names.append((maker, name))
    return names


def _base(price: Any) -> int | None:
    """Nano-dollars for a million tokens, of a few; None if nothing is said."""
    asked = getattr(price, "base", price)
    return None if asked is None else int((asked * NANO).to_integral_value(ROUND_HALF_EVEN))


def _covers(price: Any, tokens: Tokens, extra: Extra) -> bool:
    """Whether the table asks something (be it nothing) for each kind of token that was used, and for what else was."""
    asked: list[tuple[int, Decimal | object | None]] = [
        (tokens.input, price.input_mtok),
        (tokens.output, price.output_mtok),
    ]
    more = [(extra.hour_writes, price.cache_write_1h_mtok), (extra.web_searches, price.web_searches_kcount)]
    is_told = any(price is not None for _, price in asked)
    return is_told and all(price is not None for count, price in asked + more if count)


@cache
def _release() -> str:
    from genai_prices import __version__

    return f"genai-prices {__version__}"
