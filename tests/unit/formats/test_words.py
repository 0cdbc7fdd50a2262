"""What an event says of itself: show-as, response, privacy, orders (`rules.md` §1.10, §2)."""

import msgspec
import pytest

from callendar.domain.booking import Booking, Response, Sensitivity, ShowAs
from callendar.domain.reason import MEETING, ReasonCode
from tests.unit.formats.reading import at, calendar, event, one, read

AN_HOUR = ("DTSTART:20261124T100000Z", "DURATION:PT1H")
HER = "ATTENDEE;PARTSTAT={}:mailto:anna@example.org"


def booking(*lines: str, head: tuple[str, ...] = (), addresses: frozenset[str] | None = None) -> Booking:
    data = calendar(event(*AN_HOUR, *lines), head=head)
    return one(read(data) if addresses is None else read(data, addresses=addresses))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([], "busy", id="nothing-said"),
        pytest.param(["TRANSP:TRANSPARENT"], "free", id="transparent"),
        pytest.param(["X-MICROSOFT-CDO-BUSYSTATUS:OOF", "TRANSP:TRANSPARENT"], "oof", id="microsoft-first"),
        pytest.param(["X-MICROSOFT-CDO-BUSYSTATUS:FREE", "STATUS:TENTATIVE"], "free", id="microsoft-free"),
        pytest.param(["X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE"], "elsewhere", id="elsewhere"),
        pytest.param(["X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE"], "tentative", id="microsoft-tentative"),
        pytest.param(
            ["X-MICROSOFT-CDO-BUSYSTATUS:ODD", "TRANSP:TRANSPARENT"], "free", id="unknown-word-is-passed-over"
        ),
        pytest.param(["X-MICROSOFT-CDO-INTENDEDSTATUS:OOF"], "busy", id="the-organizers-wish-is-not-asked"),
        pytest.param(["STATUS:TENTATIVE"], "tentative", id="status"),
        pytest.param(["STATUS:TENTATIVE", "TRANSP:TRANSPARENT"], "free", id="free-before-tentative"),
        pytest.param([HER.format("TENTATIVE")], "tentative", id="her-answer"),
        pytest.param([HER.format("NEEDS-ACTION")], "busy", id="unanswered-is-no-show-as"),
    ],
)
def test_show_as(lines: list[str], expected: ShowAs) -> None:
    """Microsoft's property, then TRANSP, then STATUS or her own PARTSTAT."""
    assert booking(*lines).show_as == expected


@pytest.mark.parametrize(
    ("attendee", "expected"),
    [
        pytest.param(HER.format("ACCEPTED"), "accepted", id="accepted"),
        pytest.param(HER.format("TENTATIVE"), "tentative", id="tentative"),
        pytest.param(HER.format("NEEDS-ACTION"), "unanswered", id="needs-action"),
        pytest.param(HER.format("DECLINED"), "declined", id="declined"),
        pytest.param(HER.format("DELEGATED"), "delegated", id="delegated"),
        pytest.param(HER.format("X-ODD"), "none", id="unknown-answer"),
        pytest.param("ATTENDEE:MAILTO:Anna@Example.org", "unanswered", id="no-partstat-case-folded"),
        pytest.param('ATTENDEE;CN="Berg: Anna";PARTSTAT=ACCEPTED:mailto:anna.berg@example.org', "accepted", id="alias"),
        pytest.param("ATTENDEE;EMAIL=anna@example.org;PARTSTAT=ACCEPTED:urn:uuid:1", "accepted", id="email-parameter"),
        pytest.param("ATTENDEE;PARTSTAT=ACCEPTED:mailto:bert@example.org", "none", id="somebody-else"),
        pytest.param("ATTENDEE;PARTSTAT=ACCEPTED:mailto:joanna@example.org", "none", id="a-longer-name"),
    ],
)
def test_her_response(attendee: str, expected: Response) -> None:
    """Her own line among the attendees, by any of her addresses."""
    found = booking(attendee, "ORGANIZER:mailto:boss@example.org")
    assert found.response == expected
    assert found.has_organizer
    assert not found.is_organizer


def test_the_stronger_of_two_addresses_of_hers() -> None:
    """Accepted with one, unanswered with the other."""
    lines = (HER.format("NEEDS-ACTION"), "ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna.berg@example.org")
    assert booking(*lines, "ORGANIZER:mailto:boss@example.org").response == "accepted"


def test_organizer() -> None:
    """She is it by her address, or when no address of hers is known; nobody is where none stands."""
    hers = booking("ORGANIZER;CN=Anna:mailto:ANNA@example.org", HER.format("ACCEPTED"))
    assert (hers.is_organizer, hers.has_organizer, hers.response) == (True, True, "organizer")
    unknown = booking("ORGANIZER:mailto:boss@example.org", addresses=frozenset())
    assert (unknown.is_organizer, unknown.response) == (True, "organizer")
    nobodys = booking(addresses=frozenset())
    assert (nobodys.is_organizer, nobodys.has_organizer, nobodys.response) == (False, False, "none")


def test_an_organizer_who_declines_has_declined() -> None:
    """Her answer stands over her being the organizer."""
    assert booking("ORGANIZER:mailto:anna@example.org", HER.format("DECLINED")).response == "declined"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("X-OTHER:1", "normal", id="none"),
        pytest.param("CLASS:PUBLIC", "normal", id="public"),
        pytest.param("CLASS:private", "private", id="private"),
        pytest.param("CLASS:CONFIDENTIAL", "confidential", id="confidential"),
        pytest.param("CLASS:X-SOMETHING", "private", id="unknown-is-private"),
    ],
)
def test_sensitivity(line: str, expected: Sensitivity) -> None:
    """§1.10: an unknown CLASS is private."""
    assert booking(line).sensitivity == expected


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(("CLASS:PUBLIC", "CLASS:PRIVATE"), id="said-twice"),
        pytest.param(("BEGIN:VALARM", "ACTION:DISPLAY", "CLASS:PRIVATE"), id="swallowed-by-an-alarm-not-closed"),
        pytest.param(("CLA", " SS:PRIVATE"), id="folded"),
        pytest.param(('class ;X-WHY="a:b" : private',), id="spaces-and-parameters"),
    ],
)
def test_the_strictest_class_that_an_event_says_is_its_own(lines: tuple[str, ...]) -> None:
    """However odd the file."""
    found = booking("SUMMARY:m: Planted", *lines)
    assert found.sensitivity == "private"
    assert found.subject is None


def test_an_event_that_breaks_off_is_private() -> None:
    """Its CLASS may have stood in what was cut off."""
    whole = calendar(event(*AN_HOUR, "SUMMARY:m: Planted", "CLASS:PRIVATE"))
    assert one(read(whole[: whole.index(b"CLASS")])).subject is None
    assert one(read(whole[: whole.index(b"END:VEVENT")])).subject is None


@pytest.mark.parametrize(
    ("series", "exception", "told"),
    [
        pytest.param("CLASS:PRIVATE", "", False, id="says-nothing-of-a-private-series"),
        pytest.param("CLASS:PRIVATE", "CLASS:PUBLIC", True, id="says-that-it-is-public"),
        pytest.param("", "CLASS:PRIVATE", False, id="is-private-itself"),
        pytest.param("", "", True, id="neither"),
    ],
)
def test_an_exception_that_says_nothing_is_as_its_series(series: str, exception: str, told: bool) -> None:
    """Wherever in the file it stands; and neither gives the other's words away."""
    both = (
        event(*AN_HOUR, "RRULE:FREQ=DAILY;COUNT=2", "SUMMARY:PlantedSeries", *filter(None, [series])),
        event(*AN_HOUR, "RECURRENCE-ID:20261124T100000Z", "SUMMARY:PlantedException", *filter(None, [exception])),
    )
    for events in (both, both[::-1]):
        subjects = {booking.occurrence: booking.subject for booking in read(calendar(*events)).bookings}
        assert subjects == {
            at(2026, 11, 24, 10): "PlantedException" if told else None,
            at(2026, 11, 25, 10): None if series else "PlantedSeries",
        }


def test_nothing_of_a_private_booking_is_quoted_in_a_fault() -> None:
    """Nor of an exception, whose series may be private; of a public one what is wrong is named."""
    wrong = ("RRULE:FREQ=Planted", "EXDATE:Planted", "RDATE;TZID=Planted:20261124T090000")
    for private in (("CLASS:PRIVATE",), ("CLASS:Planted",), ("RECURRENCE-ID:20261124T100000Z",)):
        told = read(calendar(event(*AN_HOUR, *wrong, *private))).faults
        assert told
        assert "Planted" not in "".join(told)
    assert "Planted" in "".join(read(calendar(event(*AN_HOUR, *wrong))).faults)


def test_case_20_of_a_private_booking_only_the_order_is_kept() -> None:
    """No word of subject, place, body, categories or people is anywhere in it."""
    found = booking(
        "CLASS:PRIVATE",
        "SUMMARY:sick: Divorce lawyer",
        "LOCATION:Courthouse",
        "DESCRIPTION:Custody",
        "CATEGORIES:Family",
        "ORGANIZER;CN=Lawyer:mailto:lawyer@example.org",
        HER.format("ACCEPTED"),
    )
    assert found.private_order is not None
    assert found.private_order.reason == ReasonCode("sick")
    assert (found.subject, found.categories, found.show_as, found.response) == (None, (), "busy", "accepted")
    kept = msgspec.json.encode(found).decode().casefold()
    assert not [word for word in ("divorce", "courthouse", "custody", "family", "lawyer") if word in kept]


def test_a_private_bookings_category_may_order() -> None:
    """Where the subject does not; the subject's order comes first."""
    found = booking("CLASS:PRIVATE", "SUMMARY:Dinner", "CATEGORIES:Sick,Other")
    assert found.private_order is not None
    assert (found.private_order.reason, found.private_order.given_by) == (ReasonCode("sick"), "category")
    both = booking("CLASS:PRIVATE", "SUMMARY:m: Dinner", "CATEGORIES:Sick")
    assert both.private_order is not None
    assert both.private_order.reason == MEETING
    assert booking("CLASS:PRIVATE", "SUMMARY:Dinner").private_order is None


def test_a_public_subject_is_kept_but_for_what_it_hides() -> None:
    """Whole, so that it can be read again by other keywords; without what follows `//`."""
    found = booking("SUMMARY:m: Budget\\, part 2 //not for all", "CATEGORIES:Red,Blue\\, dark", "CATEGORIES:Green")
    assert found.subject == "m: Budget, part 2"
    assert found.private_order is None
    assert found.categories == ("Red", "Blue, dark", "Green")


@pytest.mark.parametrize("lines", [[], ["SUMMARY:"], ["SUMMARY:  "]], ids=["absent", "empty", "blank"])
def test_feeds_that_blank_every_subject(lines: list[str]) -> None:
    """A13: no subject is None; `Busy` is a subject like any other."""
    assert booking(*lines).subject is None
    assert booking("SUMMARY:Busy").subject == "Busy"


def test_case_19_a_cancelled_copy_that_stays() -> None:
    """STATUS, or the METHOD of the whole file."""
    assert booking("STATUS:CANCELLED", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY").cancelled
    assert booking("SUMMARY:Lunch", head=("METHOD:CANCEL",)).cancelled
    assert not booking("STATUS:CONFIRMED", head=("METHOD:PUBLISH",)).cancelled


def test_versions() -> None:
    """SEQUENCE, and LAST-MODIFIED before DTSTAMP; what cannot be read counts as not there."""
    found = booking("SEQUENCE:3", "DTSTAMP:20261101T000000Z", "LAST-MODIFIED:20261102T030405Z")
    assert (found.sequence, found.updated) == (3, at(2026, 11, 2, 3, 4, 5))
    stamped = booking("SEQUENCE:many", "DTSTAMP:20261101T000000Z", "LAST-MODIFIED:yesterday")
    assert (stamped.sequence, stamped.updated) == (0, at(2026, 11, 1))
    assert booking().updated is None


def test_old_letters_are_read() -> None:
    """A subject in Windows' western letters, and one folded inside a letter."""
    old = calendar(event(*AN_HOUR, "SUMMARY:Möte")).decode().encode("cp1252")
    assert one(read(old)).subject == "Möte"
    whole = calendar(event(*AN_HOUR, "SUMMARY:Möte"))
    folded = whole.replace("ö".encode(), b"\xc3\r\n \xb6")
    assert one(read(folded)).subject == "Möte"
