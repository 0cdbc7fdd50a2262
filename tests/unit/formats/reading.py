"""Short ways to say what an object holds and to read it, for the tests of `formats`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from callendar.domain.booking import Booking
from callendar.domain.mark import Keyword, Marks
from callendar.domain.reason import MEETING, ReasonCode
from callendar.domain.span import Days, Span
from callendar.formats.calendar_object import How, Read, read_object

SPECIMENS = Path(__file__).parents[2] / "specimens"

MARKS = Marks(
    keywords={
        "m": Keyword(folded="m", text="m", reason=MEETING, weight=30),
        "sick": Keyword(folded="sick", text="sick", reason=ReasonCode("sick"), weight=90),
    },
    diverts=frozenset(),
)
WINDOW = Span(datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 12, 28, tzinfo=UTC))
YEAR = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
ANNA = frozenset({"anna@example.org", "anna.berg@example.org"})


def event(*lines: str, uid: str = "one") -> str:
    """A VEVENT."""
    return "\r\n".join(("BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT", ""))


def calendar(*components: str, head: tuple[str, ...] = ()) -> bytes:
    """A VCALENDAR."""
    first = "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", *head, ""))
    return (first + "".join(components) + "END:VCALENDAR\r\n").encode()


def read(
    data: bytes,
    *,
    window: Span = WINDOW,
    zone: str = "Europe/Stockholm",
    calendar_zone: str | None = None,
    addresses: frozenset[str] = ANNA,
    max_bookings: int = 5_000,
) -> Read:
    """Read an object as Anna's, in Stockholm."""
    return read_object(
        data,
        How(
            window=window,
            zone=zone,
            calendar_zone=calendar_zone,
            addresses=addresses,
            marks=MARKS,
            max_bookings=max_bookings,
        ),
    )


def specimen(name: str) -> bytes:
    """The bytes of a specimen."""
    return (SPECIMENS / f"{name}.ics").read_bytes()


def one(result: Read) -> Booking:
    """The only booking."""
    (booking,) = result.bookings
    return booking


def at(*moment: int) -> datetime:
    """An instant, UTC."""
    return datetime(*moment, tzinfo=UTC)  # pyright: ignore[reportArgumentType]


def times(result: Read) -> list[tuple[str, str]]:
    """Starts and ends in order: UTC to the minute, days as they are."""
    return sorted((_told(booking, "start"), _told(booking, "end")) for booking in result.bookings)


def _told(booking: Booking, which: str) -> str:
    when = booking.when
    if isinstance(when, Days):
        day: date = when.first if which == "start" else when.until
        return day.isoformat()
    moment = when.start if which == "start" else when.end
    return f"{moment:%Y-%m-%d %H:%M}"
