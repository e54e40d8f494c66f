"""Carrying what one store holds into another: what cannot be derived, the runs, the versions."""
