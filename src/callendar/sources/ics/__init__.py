"""iCalendar feeds and files: calendars that somebody publishes at an address."""

from callendar.sources.ics.adapter import IcsSource, register

__all__ = ["IcsSource", "register"]
