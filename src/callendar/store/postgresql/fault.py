"""Faults of PostgreSQL, by SQLSTATE (Appendix A of its manual), and of the way to it."""

# asyncpg comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from ssl import SSLError

from callendar.contracts.store import Conflict, NotFound, StoreAway, StoreError, StoreFull, StoreLocked
from callendar.store.place import ServerPlace

_LOST = (
    StoreAway,
    "the connection to {place} was lost, as when the server restarts; what was being written was not kept: try again",
)
_UNKNOWN = (
    StoreAway,
    "the connection to {place} was lost while it kept something; whether it did is not known: look before repeating it",
)
_AWAY = (
    StoreAway,
    "no PostgreSQL answers at {place}; see that it runs there, and that it may be reached from here",
)
_SLOW = StoreAway, "{place} did not answer in time; see what the server does, or whether the network is broken"
_REFUSED = (
    StoreAway,
    "{place} refuses the user; see that user and password are right and that pg_hba.conf lets them in from here",
)
_WORDS: dict[str, tuple[type[StoreError], str]] = {
    "08": _LOST,
    "28": _REFUSED,
    "3D000": (StoreAway, "there is no such database as {place}; make it: CREATE DATABASE {database} OWNER …"),
    "42501": (
        StoreAway,
        "the user of {place} lacks a right; make it the owner: ALTER DATABASE {database} OWNER TO …, and the tables'",
    ),
    "53300": (
        StoreAway,
        "the server of {place} has no connection left; end some that are not needed, or raise max_connections",
    ),
    "53100": (StoreFull, "the disk that holds {place} is full; free some space, nothing already answered is lost"),
    "53": (StoreAway, "the server of {place} has run out of something; its log says of what"),
    "57P03": (StoreAway, "the server of {place} is starting or stopping; try again in a moment"),
    "57P": _LOST,
    "57014": _SLOW,
    "25006": (
        StoreAway,
        "{place} cannot be written: it is a standby, or set read-only; give the address of the primary",
    ),
    "25P": _LOST,
    "55P03": (
        StoreLocked,
        "somebody else holds what is to be written in {place} for too long; see who in pg_stat_activity, and try again",
    ),
    "40": (StoreAway, "two changes to {place} were in each other's way, and this one was not kept; try again"),
    "42P01": (StoreError, "tables are missing in {place}; stop Callendar, restore a backup, or run: callendar migrate"),
    "58": (StoreAway, "the disk that holds {place} fails to read or write; look at the disk and at the server's log"),
    "XX": (StoreError, "{place} is damaged, or the server broke; its log says more; restore a backup"),
}
"""By the longest beginning of the state: the reaction, and the words."""


def tell(error: BaseException, place: ServerPlace, *, committing: bool = False) -> StoreError:
    """The error of ours that stands for one of the driver's, or for the network's."""
    state: str = getattr(error, "sqlstate", None) or ""
    if state == "23503":
        return NotFound("what was to be kept names a company, person, connection or calendar that is not there")
    if state.startswith("23"):
        return Conflict("something with this id is kept already")
    found = next((_WORDS[state[:length]] for length in (5, 3, 2) if state[:length] in _WORDS), _without_state(error))
    if found is None:
        return StoreError(f"{place} could not be used: {state or type(error).__name__}; look at the log of the server")
    if committing and found in (_LOST, _SLOW):
        found = _UNKNOWN
    family, words = found
    return family(words.format(place=place, database=place.database))


def tell_unreachable(error: BaseException, place: ServerPlace) -> StoreError:
    """The same for an error in connecting."""
    if isinstance(error, SSLError):
        return StoreAway(
            f"{place} cannot be reached under TLS; see that the server speaks it and that its certificate is trusted "
            "here (sslmode, sslrootcert in the address)"
        )
    if isinstance(error, ValueError):
        from asyncpg import ClientConfigurationError

        # Only the driver's own words about options: those of other errors may repeat the password.
        why = f" ({str(error).splitlines()[0]})" if isinstance(error, ClientConfigurationError) else ""
        return StoreError(f"the address {place} has a part that cannot be used{why}; see the options after its ?")
    told = tell(error, place)
    if isinstance(error, OSError) or str(told) == _LOST[1].format(place=place):
        return StoreAway(_AWAY[1].format(place=place))
    return told


def _without_state(error: BaseException) -> tuple[type[StoreError], str] | None:
    """Of what the driver or the network says by itself."""
    if isinstance(error, TimeoutError):
        return _SLOW
    # The driver's own words for a connection that is closed, or that was lost in the middle of something.
    if isinstance(error, OSError) or any(word in str(error).lower() for word in ("connection", "another operation")):
        return _LOST
    return None
