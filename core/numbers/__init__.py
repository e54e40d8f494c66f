"""Arithmetic over what was recorded: sums, spreads, rates, and what chance explains of a difference."""
