"""Runs for a plan of retention, and the moment at which it is made."""

from datetime import UTC, datetime, timedelta

from flightlog.core.runs import FINISHED, Run
from flightlog.core.units import time_text

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def ago(**length: float) -> str:
    return time_text(NOW - timedelta(**length))


def run(id: str, days: float = 0, status: str = "completed", **facts) -> Run:
    moment = ago(days=days)
    facts = {"workflow": "triage", "started": moment, "finished": moment if status in FINISHED else None} | facts
    return Run(id=id, status=status, size_bytes=facts.pop("size", 100), **facts)
