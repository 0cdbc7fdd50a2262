"""Bytes of calendars into bookings, without any network."""
