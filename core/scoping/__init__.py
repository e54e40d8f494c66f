"""Stores that know the runs of one session or project alone."""
