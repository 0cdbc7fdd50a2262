"""The root of every error Callendar raises on purpose, and those of the domain itself."""


class CallendarError(Exception):
    """Something that a caller can act on; the message names the thing, the value and the mend.

    `code` is stable for programs (`api.md`: the `error` of an answer).
    """

    code = "error"


class Refused(CallendarError):
    """An order by hand that the rules do not allow; the message is for the person who gave it."""

    code = "refused"


class InvalidValue(CallendarError):
    """A value from outside that cannot be what it claims to be."""

    code = "invalid"
