"""Budgets for the demo and the pictures: small, as what the scripted agents spend is."""

LIVE = """\
budgets:
  - {per: day, max: 1.00}
  - {per: month, max: 5.00, query: "workflow:triage"}
"""
"""Of `flightlog demo`: the first is near its end after some minutes."""

STAGED = """\
budgets:
  - {per: day, max: 0.50}
  - {per: week, max: 0.45, query: "workflow:research", warn: 0.75}
  - {per: month, max: 0.16, query: "workflow:triage"}
  - {per: run, max: 0.10}
"""
"""Of the pictures."""
