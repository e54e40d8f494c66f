"""The retention plan of 100,000 runs, with the policy of the manual and with one that compares amounts."""

from datetime import UTC, datetime, timedelta

import pytest
from flightlog.core.retention.catalogue import Catalogue
from flightlog.core.retention.plan import plan
from flightlog.core.retention.policy import Block, Keep, Policy
from flightlog.core.runs import Run
from flightlog.core.units import time_text
from measure import in_turn, say, told

pytestmark = [pytest.mark.bench, pytest.mark.timeout(200)]

RUNS = 100_000
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

KEEP = Keep(last=50, within="14d", hourly=24, daily=30, weekly=12, monthly=12)
USUAL = Policy(
    blocks=(
        Block(match="status:completed", keep=KEEP, then="archive"),
        Block(match="status:failed", keep=Keep(within="90d"), then="archive"),
        Block(match="archived", keep=Keep(within="365d"), then="trash"),
    ),
    max_size="5GB",
)
AMOUNTS = Policy(blocks=(Block(match="size>10kB finished>30d", keep=KEEP, then="archive"), *USUAL.blocks))


def catalogue() -> Catalogue:
    """Runs of 40 workflows over two years, a tenth of them failed, a tenth in the archive."""
    runs = []
    for number in range(RUNS):
        moment = time_text(NOW - timedelta(minutes=number * 7919 % RUNS * 10.5))
        status = "failed" if number % 10 == 3 else "completed"
        runs.append(
            Run(
                id=f"r{number:06d}",
                workflow=f"w{number % 40}",
                status=status,
                started=moment,
                finished=moment,
                size_bytes=number % 50_000,
                archived=number % 10 == 7,
            )
        )
    return Catalogue(runs=tuple(runs))


def test_a_plan_of_100_000_runs():
    runs = catalogue()
    assert len(plan(runs, USUAL, NOW).taken) > RUNS / 3
    usual, amounts = in_turn(lambda: plan(runs, USUAL, NOW), lambda: plan(runs, AMOUNTS, NOW), rounds=3)
    say(0, "plan of 100k runs, usual policy", usual, 0.5, told(usual), "s")
    say(0, "plan of 100k runs, amounts and ages compared", amounts, 2, told(amounts), "s")
