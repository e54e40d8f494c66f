"""Runs and comparisons as pages of HTML: one file each, that fetches nothing and runs nothing."""
