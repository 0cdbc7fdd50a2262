"""Bodies: what is kept comes back, and equal values are equal bytes."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from callendar.domain.booking import Booking
from callendar.domain.span import Days, Span
from callendar.store.body import PERSON, decode_bookings, encode_bookings
from tests.clock import START
from tests.contracts.store_cast import cast

seconds = st.integers(min_value=-(10**9), max_value=10**9)
instants = seconds.map(lambda each: START + timedelta(seconds=each))
days = seconds.map(lambda each: (START + timedelta(seconds=each)).date())
spans = st.builds(Span, instants, instants) | st.builds(Days, days, days)
bookings = st.builds(
    Booking,
    when=spans,
    uid=st.none() | st.text(),
    occurrence=st.none() | instants | days,
    subject=st.none() | st.text(),
    categories=st.lists(st.text(), max_size=3).map(tuple),
    updated=st.none() | instants,
)


@given(st.lists(bookings, max_size=5))
def test_bookings_come_back(given_: list[Booking]) -> None:
    """Whatever they are, in whatever order, none lost and none doubled."""
    kept = encode_bookings(given_)
    assert sorted(decode_bookings(kept), key=repr) == sorted(given_, key=repr)
    assert encode_bookings(reversed(given_)) == kept


def test_order_of_keys_does_not_matter() -> None:
    """Grants given in another order are the same grants."""
    anna = cast().anna
    one = structs.replace(anna, grants={"t_1": "time", "t_2": "text"})
    other = structs.replace(anna, grants={"t_2": "text", "t_1": "time"})
    assert PERSON.encode(one) == PERSON.encode(other)
    assert PERSON.decode(PERSON.encode(one)) == one
