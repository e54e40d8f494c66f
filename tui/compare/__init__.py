"""Runs beside each other, as a screen and a page show them."""
