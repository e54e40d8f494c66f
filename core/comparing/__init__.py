"""Runs beside each other: which of their steps belong together, what differs, which number is the best."""
