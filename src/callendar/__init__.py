"""A calendar connection for telephone switchboards: bookings in people's calendars become referrals."""

__version__ = "0.1.0"
