"""Public holidays: which days a company does not work, by country and region, with its own days added and removed.

Source: the `holidays` library, categories `public` and `de_facto` where a country has them (`rules.md` §8).
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from holidays import HolidayBase, country_holidays

from callendar.domain.errors import InvalidValue
from callendar.domain.rules import PublicHolidays

CATEGORIES = ("public", "de_facto")
"""Legal ones, and the eves on which nobody works: Midsummer, Christmas and New Year's Eve in Sweden."""


class HolidayCalendar:
    """Answers for any day whether it is a public holiday. A day both added and removed is none."""

    __slots__ = ("_added", "_removed", "_standing")

    def __init__(self, holidays: PublicHolidays) -> None:
        """
        Raises:
            InvalidValue: There is no such country, or it has no such region.
        """
        self._standing = None if holidays.country is None else _of_country(holidays.country, holidays.region)
        self._added = frozenset(holidays.add)
        self._removed = frozenset(holidays.remove)

    def __contains__(self, day: date) -> bool:
        if day in self._removed:
            return False
        return day in self._added or (self._standing is not None and day in self._standing)


@lru_cache(maxsize=256)
def _of_country(country: str, region: str | None) -> HolidayBase:
    try:
        supported = country_holidays(country, subdiv=region).supported_categories
        kept = tuple(category for category in CATEGORIES if category in supported)
        return country_holidays(country, subdiv=region, categories=kept or None)
    except NotImplementedError as error:
        where = country if region is None else f"{country}, region {region}"
        raise InvalidValue(
            f"no public holidays are known for {where}; give ISO 3166 codes, as SE, or DE and BY"
        ) from error
