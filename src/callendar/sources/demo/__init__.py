"""Calendars that are made up: for large demos, and as the template for other sources."""

from callendar.sources.demo.adapter import DemoSource, register

__all__ = ["DemoSource", "register"]
