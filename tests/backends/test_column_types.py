"""What becomes of values on their way into columns: of one as of a thousand."""

from flightlog.backends.sql import column_types as types
from flightlog.backends.sql.storable import all_storable, storable
from hypothesis import given
from hypothesis import strategies as st

TEXTS = st.none() | st.text(st.characters()) | st.sampled_from(["", "plain", "\0", "a\1b", "\ud800", "é", "never"])
NUMBERS = st.none() | st.booleans() | st.integers() | st.sampled_from([0, 2**63, -(2**63), 2**63 - 1])
PLAIN = st.lists(st.text(st.characters(codec="ascii")), max_size=9) | st.lists(st.integers(-9, 9), max_size=9)
COLUMNS = st.one_of(PLAIN, st.lists(TEXTS, max_size=9), st.lists(NUMBERS, max_size=9))


@given(COLUMNS | st.lists(TEXTS | NUMBERS | st.floats() | st.binary(), max_size=9))
def test_all_values_of_a_column_become_what_each_of_them_would(values):
    assert repr(list(all_storable(values))) == repr([storable(value) for value in values])
    for kind in (types.String, types.Text, types.Integer, types.BigInteger, types.Boolean, types.Told):
        for variant in kind._variant_mapping.values():
            assert repr(list(variant.all_taken(values))) == repr([variant.taken(value) for value in values])
