"""How fast money and tokens go, against values worked out by hand."""

from flightlog.core.clock import from_seconds
from flightlog.core.costs import NANO, Money, Spent, Tokens
from flightlog.core.numbers.rates import Meter, Rate, Rates

NOON = 1_800_000_000.0  # a whole minute


def priced(dollars: float) -> Money:
    return Money(recorded_nanousd=round(dollars * NANO), recorded=1)


UNKNOWN = Money(unknown=1)


def test_a_window_tells_what_was_spent_in_it_and_forgets_the_rest():
    meter = Meter(300)
    meter.add(NOON, 1000, priced(0.10))
    meter.add(NOON + 60, 500, priced(0.05))
    # $0.15 and 1,500 tokens in five minutes: $1.80 an hour, 300 tokens a minute
    rate = meter.rate(NOON + 61)
    assert (rate.nanousd_per_hour, rate.tokens_per_minute, rate.unknown) == (1_800_000_000, 300.0, False)
    rate = meter.rate(NOON + 300)  # the first call is five minutes old
    assert (rate.nanousd_per_hour, rate.tokens_per_minute) == (600_000_000, 100.0)
    assert meter.rate(NOON + 360).idle and meter.empty
    assert meter.rate(NOON + 360) == Rate(seconds=300)


def test_a_run_that_began_just_now_is_not_told_as_slower_than_it_is():
    meter = Meter(300)
    meter.add(NOON, 1000, priced(0.10))
    # In its first two minutes: $3.00 an hour. In its first seconds: as in a minute.
    assert meter.rate(NOON + 20, since=NOON - 100).nanousd_per_hour == 3_000_000_000
    assert meter.rate(NOON + 20, since=NOON - 100).tokens_per_minute == 500.0
    assert meter.rate(NOON + 20, since=NOON + 15).nanousd_per_hour == 6_000_000_000
    assert meter.rate(NOON + 20, since=NOON - 9000) == meter.rate(NOON + 20)
    assert meter.rate(NOON + 20, since=NOON + 9000).seconds == 60  # by a clock that goes ahead


def test_a_call_without_a_price_is_not_counted_as_nothing():
    meter = Meter(300)
    assert meter.rate(NOON).nanousd_per_hour is None
    meter.add(NOON, 700, UNKNOWN)
    rate = meter.rate(NOON)
    assert (rate.nanousd_per_hour, rate.unknown, rate.idle, rate.tokens_per_minute) == (None, True, False, 140.0)
    meter.add(NOON + 1, 0, priced(0.01))
    assert (meter.rate(NOON + 1).nanousd_per_hour, meter.rate(NOON + 1).unknown) == (120_000_000, True)
    # Its price is looked up: it is unknown no more, also when the call itself has left the window before its price.
    meter.add(NOON + 9, 0, Money(computed_nanousd=NANO // 100, computed=1) - UNKNOWN)
    assert (meter.rate(NOON + 9).nanousd_per_hour, meter.rate(NOON + 9).unknown) == (240_000_000, False)
    late = meter.rate(NOON + 305)
    assert (late.nanousd_per_hour, late.unknown, late.money.unknown) == (120_000_000, False, 0)


def test_what_comes_late_leaves_in_order_all_the_same():
    meter = Meter(300)
    meter.add(NOON + 100, 1, priced(1))
    meter.add(NOON, 1, priced(1))
    assert meter.rate(NOON + 350).tokens == 2
    assert meter.rate(NOON + 400).tokens == 0


def test_runs_have_their_own_rates_and_begin_with_what_they_spent_before():
    minute = from_seconds(NOON - 120)[:16]
    money = priced(0.02)
    spent = [
        Spent(t=minute, key="a", calls=2, tokens=Tokens(input=90, output=10), money=money),
        Spent(t=from_seconds(NOON)[:16], key="b", calls=1, tokens=Tokens(input=50), money=UNKNOWN),
        Spent(t="yesterday", key="b", calls=1, tokens=Tokens(input=50), money=priced(9)),
    ]
    rates = Rates(300)
    rates.begin(spent, NOON + 1)
    assert (rates.of("a", NOON + 1).tokens, rates.of("b", NOON + 1).unknown) == (100, True)
    rates.add("a", NOON + 2, 100, priced(0.03))
    # $0.05 in five minutes by `a`; what `b` costs comes on top
    assert rates.of("a", NOON + 2).nanousd_per_hour == 600_000_000
    total = rates.total(NOON + 2)
    assert (total.tokens_per_minute, total.nanousd_per_hour, total.unknown) == (50.0, 600_000_000, True)
    assert rates.of("nobody", NOON + 2).idle
    rates.forget(NOON + 2)
    assert set(rates._runs) == {"a", "b"}
    rates.forget(NOON + 301.5)
    assert set(rates._runs) == {"a"}
    rates.begin([], NOON + 302)
    assert rates.total(NOON + 302).idle


def test_what_a_run_spent_is_the_difference_of_what_it_had_spent():
    rates = Rates(300)
    rates.begin(
        [Spent(t=from_seconds(NOON)[:16], key="seeded", calls=1, tokens=Tokens(input=7), money=priced(1))], NOON
    )
    rates.see("new", NOON + 5, 100, priced(0.01), since=NOON)  # nobody has seen it: all of that is new
    rates.see("old", NOON + 5, 9000, priced(9), since=NOON - 9000)  # who knows when it spent that
    rates.see("seeded", NOON + 5, 7, priced(1), since=NOON - 10)
    assert [rates.of(run, NOON + 5).tokens for run in ("new", "old", "seeded")] == [100, 0, 7]
    for _ in range(2):  # to be told twice changes nothing
        rates.see("new", NOON + 6, 150, priced(0.03), since=NOON)
        rates.see("old", NOON + 6, 9010, Money(recorded_nanousd=9 * NANO, recorded=1, unknown=1), since=NOON - 9000)
    assert rates.of("new", NOON + 6).money == Money(recorded_nanousd=30_000_000, recorded=1)
    assert (rates.of("old", NOON + 6).tokens, rates.of("old", NOON + 6).nanousd_per_hour) == (10, None)
    assert rates.of("old", NOON + 6).unknown
    rates.forget(NOON + 400, keep={"old"})
    assert set(rates._seen) == {"old"}


def test_a_price_that_is_looked_up_after_the_begin_takes_its_unknown_call_away():
    rates = Rates(300)
    minute = from_seconds(NOON)[:16]
    spent = [Spent(t=minute, key=run, calls=1, tokens=Tokens(input=100), money=UNKNOWN) for run in ("new", "old")]
    rates.begin(spent, NOON + 60)
    found = Money(computed_nanousd=NANO // 100, computed=1)
    rates.see("new", NOON + 60, 100, found, since=NOON)  # all of it was told of
    assert (rates.of("new", NOON + 60).nanousd_per_hour, rates.of("new", NOON + 60).unknown) == (120_000_000, False)
    assert rates.of("new", NOON + 60).tokens == 100
    rates.see("old", NOON + 60, 9000, found, since=NOON - 9000)  # who knows what came before
    assert rates.of("old", NOON + 60).tokens == 100
    rates.see("new", NOON + 61, 150, found, since=NOON)
    assert rates.total(NOON + 61).tokens == 250


def test_the_end_of_a_day_is_estimated_from_what_goes_now():
    meter = Meter(300)
    assert meter.rate(NOON).by_then(priced(3), 3600) is None
    meter.add(NOON, 1, priced(0.25))
    # $3 an hour for another four hours, on top of $5
    assert meter.rate(NOON).by_then(priced(5), 4 * 3600) == 17 * NANO
    assert meter.rate(NOON).by_then(priced(5), -1) == 5 * NANO


def test_what_left_the_window_is_let_go_of_though_nobody_asks():
    rates = Rates()
    for n in range(100):
        rates.see(f"run {n}", NOON + n, 10, priced(0.01), NOON + n)
    rates.forget(NOON + 350)
    assert not rates._all.empty
    rates.forget(NOON + 500)
    assert rates._all.empty and not rates._runs and not rates._seen
