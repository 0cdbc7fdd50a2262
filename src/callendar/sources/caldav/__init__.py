"""CalDAV servers: Nextcloud, iCloud, Fastmail, Radicale, SOGo and their kin."""

from callendar.sources.caldav.adapter import CaldavSource, register

__all__ = ["CaldavSource", "register"]
