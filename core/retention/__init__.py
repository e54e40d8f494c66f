"""Retention: what a policy would do to every run, and why. Pure rules; nothing here changes a store."""
