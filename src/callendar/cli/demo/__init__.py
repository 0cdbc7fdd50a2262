"""The demo: a company of thirty with calendars full relative to today, kept in a real CalDAV server."""
