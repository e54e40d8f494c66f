"""The keep rules mean what those of restic's `forget` mean, where they bear the same names.

Reference: restic's manual, "Removing snapshots according to a policy"
(https://restic.readthedocs.io/en/stable/060_forget.html). The sets below were written by hand from its sentences:
`last n` keeps the n most recent; `hourly`, `daily`, `weekly`, `monthly` and `yearly n` keep, for the last n periods
that have any, the most recent one of each, by natural boundaries (weeks begin on Monday); `within` keeps what lies in
that time; a snapshot that any of them keeps is kept.

Where we differ: `within` counts from now, and not from the latest one (the tests below let it be now); periods are
those of UTC; the oldest one is not kept on top where there are fewer periods than asked for.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from flightlog.core.clock import to_seconds
from flightlog.core.retention.catalogue import Catalogue
from flightlog.core.retention.plan import plan
from flightlog.core.retention.policy import Block, Keep, Policy
from flightlog.core.runs import Run
from flightlog.core.units import time_text


def kept(moments: list[str], keep: Keep) -> list[str]:
    runs = tuple(
        Run(id=moment, workflow="w", status="completed", started=moment, finished=moment) for moment in moments
    )
    policy = Policy(blocks=(Block(match="", keep=keep, then="archive"),), minimum=0)
    now = datetime.fromtimestamp(max(map(to_seconds, moments)), UTC)
    found = plan(Catalogue(runs=runs), policy, now)
    return sorted(one.run.id for one in found.decisions if one.action == "keep")


def texts(moments: list[str]) -> list[str]:
    return [f"{moment}.000000Z" for moment in moments]


# Two on a Saturday, three on a Sunday of which two in one hour, three on the Monday after, one on its Tuesday.
# 2026-11-09 and 2026-11-16 are Mondays.
DAYS = texts(
    [
        "2026-10-31T12:00:00",  # Saturday
        "2026-11-01T00:00:00",  # Sunday, midnight: a new day and month, the same week
        "2026-11-08T23:59:59",  # Sunday
        "2026-11-09T00:00:00",  # Monday: one second later, a new week
        "2026-11-14T10:00:00",  # Saturday
        "2026-11-14T22:00:00",
        "2026-11-15T08:00:00",  # Sunday
        "2026-11-15T09:10:00",
        "2026-11-15T09:50:00",
        "2026-11-16T01:00:00",  # Monday
        "2026-11-16T02:00:00",
        "2026-11-16T12:00:00",
        "2026-11-17T06:00:00",  # Tuesday
    ]
)


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        (Keep(last=3), [10, 11, 12]),
        (Keep(last=100), list(range(13))),
        (Keep(hourly=3), [10, 11, 12]),
        (Keep(hourly=5), [8, 9, 10, 11, 12]),
        (Keep(hourly=6), [6, 8, 9, 10, 11, 12]),
        (Keep(daily=1), [12]),
        (Keep(daily=3), [8, 11, 12]),
        (Keep(daily=4), [5, 8, 11, 12]),
        (Keep(daily=6), [2, 3, 5, 8, 11, 12]),
        (Keep(weekly=1), [12]),
        (Keep(weekly=2), [8, 12]),
        (Keep(weekly=3), [2, 8, 12]),
        (Keep(weekly=4), [1, 2, 8, 12]),
        (Keep(monthly=1), [12]),
        (Keep(monthly=2), [0, 12]),
        (Keep(yearly=1), [12]),
        (Keep(within="1d"), [11, 12]),
        (Keep(within="18h"), [11, 12]),
        (Keep(within="2d"), [6, 7, 8, 9, 10, 11, 12]),
        (Keep(last=1, daily=2), [11, 12]),
        (Keep(daily=2, weekly=3), [2, 8, 11, 12]),
        (Keep(last=2, within="1d", monthly=2), [0, 11, 12]),
    ],
)
def test_the_same_timestamps_are_kept(keep, expected):
    assert kept(DAYS, keep) == [DAYS[place] for place in expected]


def test_the_manuals_twelve_sundays():
    first = date(2019, 9, 1)
    sundays = texts([f"{first + timedelta(weeks=n)}T11:00:00" for n in range(12)])
    wanted = ["2019-10-27", "2019-11-03", "2019-11-10", "2019-11-17"]
    assert kept(sundays, Keep(daily=4)) == texts([f"{day}T11:00:00" for day in wanted])


def test_the_manuals_hundred_years_of_days():
    end = datetime(2025, 12, 10, 11, tzinfo=UTC)  # a Wednesday in the middle of a month
    days = [time_text(end - timedelta(days=n)) for n in range(36_525)]
    found = {moment[:10] for moment in kept(days, Keep(daily=7, weekly=5, monthly=12, yearly=75))}
    daily = {f"2025-12-{day:02d}" for day in range(4, 11)}
    sundays = {"2025-12-07", "2025-11-30", "2025-11-23", "2025-11-16"}  # this week's newest is the 10th
    months = {"2025-11-30", "2025-10-31", "2025-09-30", "2025-08-31", "2025-07-31", "2025-06-30"} | {
        "2025-05-31", "2025-04-30", "2025-03-31", "2025-02-28", "2025-01-31"
    }  # fmt: skip
    years = {f"{year}-12-31" for year in range(1951, 2025)}
    assert found == daily | sundays | months | years
    assert len(found) == 7 + 3 + 10 + 74  # a Sunday is one of the days, a month's end one of the Sundays
