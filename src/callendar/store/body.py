"""Bodies: domain values as JSON bytes, equal values giving equal bytes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import structs

from callendar.domain.booking import Booking, Calendar, Connection
from callendar.domain.hand import AppMark, Orders, Referral, Silence
from callendar.domain.person import Person
from callendar.domain.row import PlannedWith, Row
from callendar.domain.rules import Company

_encoder = msgspec.json.Encoder(order="deterministic")

T = TypeVar("T")


class Body(Generic[T]):
    """How one type is kept; keys of dicts are sorted, so that bytes can be compared."""

    def __init__(self, type_: type[T]) -> None:
        self._decoder = msgspec.json.Decoder(type_)

    def encode(self, value: T) -> bytes:
        """As it is kept."""
        return _encoder.encode(value)

    def decode(self, data: bytes) -> T:
        """As it is handed out."""
        return self._decoder.decode(data)


COMPANY = Body(Company)
PERSON = Body(Person)
ROW = Body(Row)
PLANNED_WITH = Body(PlannedWith)
CONNECTION = Body(Connection)
CALENDAR = Body(Calendar)
REFERRAL = Body(Referral)
SILENCE = Body(Silence)
MARK = Body(AppMark)
ORDERS = Body(Orders)
FAULTS = Body(tuple[str, ...])
DETAIL = Body(dict[str, str])

# JSON has one kind of text, so `occurrence` (instant or date) is read as text first.
_KeptBooking = msgspec.defstruct(
    "_KeptBooking",
    [
        (each.name, str | None if each.name == "occurrence" else each.type, each.default)
        if each.default is not msgspec.NODEFAULT
        else (each.name, each.type)
        for each in structs.fields(Booking)
    ],
    kw_only=True,
    frozen=True,
    gc=False,
)
_bookings = msgspec.json.Decoder(list[_KeptBooking])


def encode_bookings(bookings: Iterable[Booking]) -> bytes:
    """Bookings of one object; the same bookings in another order give the same bytes."""
    return b"[" + b",".join(sorted(map(_encoder.encode, bookings))) + b"]"


def decode_bookings(data: bytes) -> list[Booking]:
    """What `encode_bookings` was given, in an order of its own."""
    return [_booking(structs.asdict(kept)) for kept in _bookings.decode(data)]


def _booking(fields: dict[str, Any]) -> Booking:
    if fields["occurrence"] is not None:
        fields["occurrence"] = _instant_or_date(fields["occurrence"])
    return Booking(**fields)


def _instant_or_date(text: str) -> datetime | date:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
