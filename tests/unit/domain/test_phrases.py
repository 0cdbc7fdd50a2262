"""Sentences about claims and gaps (B8); those about bookings stand in `test_claiming.py`."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from callendar.domain.claim import Claim
from callendar.domain.phrases import say_claim, say_gap, say_times
from callendar.domain.reason import ReasonCode
from tests.bookings import at, company

STOCKHOLM = ZoneInfo("Europe/Stockholm")
COMPANY = company()


def claim(**more: Any) -> Claim:
    given: dict[str, Any] = {"reason": ReasonCode("lunch"), "end": at("12:00"), "text": "with Bo", **more}
    return Claim(key="k", start=at("11:00"), kind="referred", **given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (claim(origin="phone"), "Lunch, set by phone, 12:00-13:00"),
        (claim(origin="app", set_by="Anna"), "Lunch, set by Anna, 12:00-13:00"),
        (claim(origin="telephonist", set_by="Karin"), "Lunch, set by a telephonist, Karin, 12:00-13:00"),
        (claim(origin="api", planned=True), "Lunch, set by a program, planned, 12:00-13:00"),
        (
            claim(origin="autoreply", end=None),
            "Lunch, by the mailbox's automatic reply, from 2026-11-23 12:00 without end",
        ),
        (claim(reason=None), "Referred, from a calendar, 12:00-13:00"),
    ],
)
def test_a_claim_in_a_sentence(given: Claim, said: str) -> None:
    """Reason, who and how, and when by the zone's clock; never the text."""
    assert say_claim(given, COMPANY, STOCKHOLM) == said


def test_the_text_only_when_asked_for() -> None:
    """§10: the text is for level `text`."""
    given = claim(origin="phone")
    assert say_claim(given, COMPANY, STOCKHOLM, with_text=True) == "Lunch (with Bo), set by phone, 12:00-13:00"
    assert say_claim(structs.replace(given, text=None), COMPANY, STOCKHOLM, with_text=True).startswith("Lunch, set")


def test_the_label_is_in_the_companys_language() -> None:
    """A company's people know its own labels."""
    swedish = structs.replace(COMPANY, language="fi")
    assert say_claim(claim(origin="phone"), swedish, STOCKHOLM).startswith("Lounas, ")


def test_times_of_two_days_have_dates() -> None:
    """Case 11: a return on another day is shown with its date."""
    assert say_times(at("21:00"), at("01:00", 1), STOCKHOLM) == "2026-11-23 22:00 to 2026-11-24 02:00"


def test_a_gap_has_a_why_too() -> None:
    """B8: each state says why, also available."""
    assert say_gap() == "nothing is set and nothing that counts is booked"
