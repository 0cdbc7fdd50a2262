"""The one careful HTTP client: where it connects, how much it takes, whom it tells the password, and what its failures
are called."""

from callendar.net.address import CheckedNetwork
from callendar.net.answer import Answer, refusal
from callendar.net.client import Credentials, HttpClient, Limits
from callendar.net.url import InvalidUrl, parse_url, spoken_url

__all__ = [
    "Answer",
    "CheckedNetwork",
    "Credentials",
    "HttpClient",
    "InvalidUrl",
    "Limits",
    "parse_url",
    "refusal",
    "spoken_url",
]
