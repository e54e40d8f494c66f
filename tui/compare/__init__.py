"""Runs beside each other, as a screen and a page show them."""

NAMES = ("facts", "inputs", "steps", "metrics", "costs", "states")
"""What there is of a comparison, in its order: the tabs of the screen, the parts of the verb."""

LEAST, MOST = 2, 5
"""Runs that are compared at once."""
