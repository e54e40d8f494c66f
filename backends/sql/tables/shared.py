"""What query tables have in common: where they belong, and columns that several have."""

from sqlalchemy import Column, MetaData

from ..column_types import BigInteger, Integer

derived = MetaData()
"""The query tables."""


def tokens() -> list[Column[int]]:
    """Numbers of tokens, by kind."""
    names = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
    return [Column(name, BigInteger, nullable=False, default=0) for name in names]


def money() -> list[Column[int]]:
    """Sums of money, and numbers of calls, by where their prices come from."""
    names = ("recorded_nanousd", "computed_nanousd", "calls_recorded", "calls_computed", "calls_unknown")
    return [Column(name, BigInteger, nullable=False, default=0) for name in names]


def count(name: str) -> Column[int]:
    """A number of something."""
    return Column(name, Integer, nullable=False, default=0)
