"""`python -m flightlog`: the program, where its script is not on the path."""

from .tui.cli.start import start

start()
