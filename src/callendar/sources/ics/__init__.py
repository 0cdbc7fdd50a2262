"""iCalendar feeds and files: calendars that somebody publishes at an address."""

from callendar.sources.ics.adapter import REF, IcsSource, register

__all__ = ["REF", "IcsSource", "register"]
