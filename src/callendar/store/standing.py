"""Standing: whether the database can be used, as the last uses tell; the log hears of it at the edges alone."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from structlog import get_logger

from callendar.contracts.store import StoreAway, StoreLocked

log = get_logger()


class Standing:
    """Of one database, as this process finds it.

    well ──StoreAway──▶ lost (logged once for each kind of fault) ──something written──▶ well (logged)
    """

    def __init__(self) -> None:
        self.fault: StoreAway | None = None
        """The last one; None while all is well."""
        self.locked_out = 0
        """How often somebody waited in vain for another program: whoever waited behind him has waited long enough."""

    @contextmanager
    def watched(self) -> Generator[None]:
        """Note what goes wrong in the block."""
        try:
            yield
        except StoreAway as error:
            if type(error) is not type(self.fault):
                log.error("store_lost", error=error.code, said=str(error))
            if isinstance(error, StoreLocked):
                self.locked_out += 1
            self.fault = error
            raise

    def note_written(self) -> None:
        """Something was kept."""
        if self.fault is not None:
            log.warning("store_back", after=self.fault.code)
            self.fault = None

    def raise_if_locked_out(self, since: int) -> None:
        """Raise the fault of whoever waited in vain since `locked_out` was this."""
        if self.locked_out != since and isinstance(self.fault, StoreLocked):
            raise StoreLocked(str(self.fault))
