"""Feeds cut into objects; what is no calendar is refused, never taken for one without bookings."""

import time

import pytest

from callendar.formats.feed import MAX_ZONES, NotACalendar, check_is_calendar, split_feed
from callendar.formats.lines import unfold
from tests.unit.formats.reading import calendar, event, read, specimen, times

AN_HOUR = ("DTSTART:20261124T100000Z", "DURATION:PT1H")
TWO = (event(*AN_HOUR, uid="a"), event(*AN_HOUR, uid="b"))


def etags(body: bytes) -> dict[str, str]:
    return {ref: cut.etag for ref, cut in split_feed(body).objects.items()}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"", "does not begin", id="empty"),
        pytest.param(b"<!DOCTYPE html><html>Please sign in</html>", "web page", id="sign-in-page"),
        pytest.param(b"\n\n  <html>BEGIN:VCALENDAR</html>", "web page", id="a-page-that-speaks-of-calendars"),
        pytest.param(b'{"error": "BEGIN:VCALENDAR"}', "does not begin", id="json"),
        pytest.param(b"BEGIN:VEVENT\nEND:VEVENT\n", "does not begin", id="an-event-alone"),
        pytest.param(b"BEGIN:VCALENDARS\nEND:VCALENDAR\n", "does not begin", id="another-word"),
        pytest.param(calendar(*TWO)[:-20], "breaks off", id="cut-in-its-last-line"),
        pytest.param(calendar(*TWO)[:120], "breaks off", id="cut-in-an-event"),
        pytest.param(calendar(*TWO) + b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "breaks off", id="a-second-one-cut"),
    ],
)
def test_case_37_what_is_no_whole_calendar_is_refused(body: bytes, says: str) -> None:
    """A page to sign in, a body that breaks off: a failure in words, not an empty calendar."""
    with pytest.raises(NotACalendar, match=says):
        check_is_calendar(body)
    with pytest.raises(NotACalendar, match=says):
        split_feed(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(calendar(), id="without-events"),
        pytest.param(b"\xef\xbb\xbf" + calendar(*TWO), id="byte-order-mark"),
        pytest.param(b"\r\n\r\n" + calendar(*TWO) + b"\r\n\r\n", id="blank-lines"),
        pytest.param(calendar(*TWO).decode().encode("utf-16"), id="utf-16"),
        pytest.param(calendar(*TWO).replace(b"\r\n", b"\n"), id="line-feeds"),
        pytest.param(calendar(*TWO).replace(b"\r\n", b"\r"), id="carriage-returns"),
        pytest.param(calendar(*TWO).rstrip(), id="no-last-line-end"),
        pytest.param(calendar(*TWO).lower(), id="lower-case"),
    ],
)
def test_calendars_are_taken_as_they_come(body: bytes) -> None:
    """Line ends, marks and blank lines do not matter."""
    check_is_calendar(body)
    assert len(split_feed(body).objects) in (0, 2)
    assert all(read(cut.data).bookings for cut in split_feed(body).objects.values())


def test_one_changed_object_is_one_changed_etag() -> None:
    """So that it alone is expanded."""
    before = etags(calendar(*TWO))
    after = etags(calendar(TWO[0], event(*AN_HOUR, "SUMMARY:New", uid="b")))
    assert before["a"] == after["a"]
    assert before["b"] != after["b"]


@pytest.mark.parametrize(
    "line", ["DTSTAMP:2026112{}T000000Z", "DTSTAMP;X-ODD=1:2026112{}T000000Z"], ids=["plain", "odd"]
)
def test_stamps_made_anew_change_nothing(line: str) -> None:
    """DTSTAMP, PRODID and line ends are no content; Microsoft's own properties are."""
    first = calendar(event(*AN_HOUR, line.format(1)))
    second = calendar(event(*AN_HOUR, line.format(2))).replace(b"-//test//", b"-//newer//").replace(b"\r\n", b"\n")
    third = calendar(event(*AN_HOUR, line.format(1), "X-MICROSOFT-CDO-BUSYSTATUS:OOF"))
    assert etags(first) == etags(second) != etags(third)


def test_what_concerns_all_objects_changes_all() -> None:
    """METHOD and the calendar's zone stand in every object; its name does not."""
    plain = etags(calendar(*TWO))
    assert etags(calendar(*TWO, head=("X-WR-CALNAME:Anna",))) == plain
    for line in ("METHOD:CANCEL", "X-WR-TIMEZONE:Asia/Tokyo"):
        assert not set(etags(calendar(*TWO, head=(line,))).values()) & set(plain.values())


def test_a_series_stays_with_its_exceptions() -> None:
    """By UID, wherever they stand; also a UID that is folded."""
    long = "x" * 100
    folded = event(*AN_HOUR, "RRULE:FREQ=DAILY;COUNT=2", uid=f"{long[:60]}\r\n {long[60:]}")
    moved = event("RECURRENCE-ID:20261125T100000Z", "DTSTART:20261126T100000Z", uid=long)
    (cut,) = split_feed(
        calendar(folded, TWO[0].replace("UID:a", f"UID:{long}").replace("VEVENT", "VTODO"), moved)
    ).objects.values()
    assert [begins for begins, _ in times(read(cut.data))] == ["2026-11-24 10:00", "2026-11-26 10:00"]


def test_an_objects_alarms_have_names_of_their_own() -> None:
    """The UID of a VALARM is not its event's, wherever it stands."""
    alarm = "BEGIN:VALARM\r\nUID:alarm\r\nTRIGGER:-PT5M\r\nEND:VALARM"
    late = "\r\n".join(("BEGIN:VEVENT", alarm, "UID:late", *AN_HOUR, "END:VEVENT", ""))
    assert set(etags(calendar(event(*AN_HOUR, alarm, uid="early"), late))) == {"early", "late"}


def test_zones_go_with_the_objects_that_name_them() -> None:
    """A description that is needed comes along; one of a zone that everybody knows does not."""
    cut = split_feed(specimen("outlook-customized-zone"))
    ((ref, only),) = cut.objects.items()
    assert ref.endswith("66778899")
    assert b"BEGIN:VTIMEZONE" in only.data
    assert times(read(only.data)) == [("2026-11-24 08:00", "2026-11-24 09:00")]
    known = specimen("outlook-customized-zone").replace(b"Customized Time Zone", b"Europe/Berlin")
    assert b"BEGIN:VTIMEZONE" not in next(iter(split_feed(known).objects.values())).data


def test_calendars_one_after_another() -> None:
    """Each with its own head; one UID in two of them is one object."""
    tokyo = calendar(event("DTSTART:20261124T090000", uid="a"), head=("X-WR-TIMEZONE:Asia/Tokyo", "X-WR-CALNAME:First"))
    york = calendar(
        event("DTSTART:20261124T090000", uid="b"),
        event("RECURRENCE-ID:20261124T000000Z", "DTSTART:20261125T090000", uid="a"),
        head=("X-WR-TIMEZONE:America/New_York",),
    )
    cut = split_feed(tokyo + york)
    assert cut.name == "First"
    assert times(read(cut.objects["b"].data)) == [("2026-11-24 14:00", "2026-11-24 14:00")]
    assert times(read(cut.objects["a"].data)) == [("2026-11-25 14:00", "2026-11-25 14:00")]


def test_an_event_that_never_ends_harms_no_other() -> None:
    """It is left out and told."""
    cut = split_feed(calendar(TWO[0].replace("END:VEVENT\r\n", ""), TWO[1]))
    assert set(cut.objects) == {"b"}
    assert cut.faults == ("a component that does not end was left out",)


def test_nameless_events_keep_their_ref() -> None:
    """Named by their times, so that one that changes its subject is still the same one; it has a UID for the rules."""
    nameless = event(*AN_HOUR, "SUMMARY:{}").replace("UID:one\r\n", "")
    first, second = (split_feed(calendar(nameless.format(subject))) for subject in ("Old", "New"))
    assert list(first.objects) == list(second.objects)
    ((ref, cut),) = first.objects.items()
    assert [booking.uid for booking in read(cut.data).bookings] == [ref]


def test_free_and_busy_times_are_objects_too() -> None:
    """VFREEBUSY under its UID, or under a name of its content."""
    block = "BEGIN:VFREEBUSY\r\n{}FREEBUSY:20261124T100000Z/PT1H\r\nEND:VFREEBUSY\r\n"
    assert list(etags(calendar(block.format("UID:fb\r\n")))) == ["fb"]
    ((ref, _),) = etags(calendar(block.format("DTSTAMP:20261124T000000Z\r\n"))).items()
    assert ref.startswith("freebusy-")
    assert ref in etags(calendar(block.format("DTSTAMP:20261125T000000Z\r\n")))


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        pytest.param((), None, id="nothing-said"),
        pytest.param(("REFRESH-INTERVAL;VALUE=DURATION:PT12H",), 43_200, id="rfc-7986"),
        pytest.param(("X-PUBLISHED-TTL:PT1H",), 3_600, id="outlook"),
        pytest.param(("X-PUBLISHED-TTL:PT1H", "REFRESH-INTERVAL:P1D"), 86_400, id="the-longer"),
        pytest.param(("X-PUBLISHED-TTL:soon", "REFRESH-INTERVAL:-PT1H"), None, id="nonsense"),
    ],
)
def test_how_often_the_publisher_wants_to_be_read(head: tuple[str, ...], seconds: int | None) -> None:
    """REFRESH-INTERVAL and X-PUBLISHED-TTL."""
    assert split_feed(calendar(*TWO, head=head)).refresh_seconds == seconds


def test_ten_thousand_events_are_cut_quickly() -> None:
    """In a second on a busy machine; a tenth or two of it usually."""
    body = calendar(
        *(event(*AN_HOUR, "BEGIN:VALARM", "TRIGGER:-PT5M", "END:VALARM", uid=f"{n}") for n in range(10_000))
    )
    began = time.perf_counter()
    assert len(split_feed(body).objects) == 10_000
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize(
    "filler",
    [
        pytest.param(b"\r\n" * 500_000, id="blank-lines"),
        pytest.param(b"X;" + b"TZID=:;" * 100_000 + b"\r\n", id="parameters"),
        pytest.param(b"UID;" * 200_000 + b"\r\n", id="names"),
        pytest.param(b"BEGIN:X\r\n" * 50_000, id="nesting"),
        pytest.param(b"BEGIN:VTIMEZONE\r\nTZID:z\r\nEND:VTIMEZONE\r\n" * 20_000, id="zones"),
    ],
)
def test_hostile_feeds_take_no_longer_than_their_size(filler: bytes) -> None:
    """No pattern runs away; checked also with the object that comes of it."""
    body = calendar("").replace(b"END:VCALENDAR", event(*AN_HOUR).encode() + b"END:VCALENDAR")
    body = (
        body.replace(b"END:VEVENT", filler + b"END:VEVENT", 1)
        if b"ZONE" not in filler
        else body.replace(b"BEGIN:VEVENT", filler + b"BEGIN:VEVENT", 1)
    )
    began = time.perf_counter()
    split_feed(body)
    unfold(body)
    assert time.perf_counter() - began < 3


def test_zones_without_number_are_cut_off() -> None:
    """No calendar means so many."""
    zone = "BEGIN:VTIMEZONE\r\nTZID:z{}\r\nEND:VTIMEZONE\r\n"
    cut = split_feed(calendar(*(zone.format(n) for n in range(MAX_ZONES + 1)), *TWO))
    assert cut.faults == (f"more than {MAX_ZONES} time zones are described; the rest is not used",)


def test_a_zone_that_all_events_name_is_not_copied_for_each() -> None:
    """Nor used at all when it is longer than any real one: twenty thousand copies would fill the memory."""
    zone = "BEGIN:VTIMEZONE\r\nTZID:E\r\n{}END:VTIMEZONE\r\n"
    cut = split_feed(calendar(zone.format("X-A:b\r\n" * 1000), *TWO))
    first, second = cut.objects.values()
    assert any(one is other for one in first.parts for other in second.parts if b"VTIMEZONE" in one)
    long = split_feed(calendar(zone.format("X-A:b\r\n" * 20_000), *TWO))
    assert long.faults == ("a time zone whose description is very long is not used",)
    assert not any(b"VTIMEZONE" in each.data for each in long.objects.values())


def test_a_feed_has_at_most_so_many_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are left out, and it says so."""
    monkeypatch.setattr("callendar.formats.feed.MAX_OBJECTS", 1)
    cut = split_feed(calendar(*TWO))
    assert len(cut.objects) == 1
    assert cut.faults == ("more than 1 entries; the rest of the feed was left out",)


def test_a_name_longer_than_the_standard_allows_is_cut_to_one_that_is_as_good() -> None:
    """The same in a feed and in its bookings, and another for another name."""
    events = [f"BEGIN:VEVENT\r\nUID:{'u' * 5000}{n}\r\nDTSTART:20261123T1{n}0000Z\r\nEND:VEVENT\r\n" for n in (0, 1)]
    refs = list(split_feed(calendar(*events)).objects)
    assert len(set(refs)) == 2
    assert all(len(ref) <= 255 for ref in refs)
