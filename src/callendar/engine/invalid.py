"""Invalid field: which field of what was asked for cannot stand, its value, and the mend."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from callendar.domain.errors import InvalidValue

T = TypeVar("T")


class InvalidField(InvalidValue):
    """The message begins with the field; `field` and `value` are for programs."""

    def __init__(self, field: str, value: object, mend: str) -> None:
        super().__init__(f"{field}: {mend}" if field else mend)
        self.field = field
        self.value = value


def convert_checked(given: Any, wanted: type[T]) -> T:
    """What was given as plain values, as the type that it has to be.

    Raises:
        InvalidField: It cannot be; names the first field at fault as a path, `hours.0.from`.
    """
    try:
        return msgspec.convert(given, wanted)
    except msgspec.ValidationError as error:
        raise invalid_field(error, given) from None


def invalid_field(error: msgspec.ValidationError, given: Any) -> InvalidField:
    """A validation error of msgspec in our words; the value is looked up in what was given."""
    what, _, path = str(error).partition(" - at `$")
    field = path.rstrip("`").replace("[", ".").replace("]", "").strip(".")
    value: Any = given
    for part in field.split(".") if field else ():
        if isinstance(value, dict):
            value = value.get(part)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        elif isinstance(value, list | tuple) and part.isdecimal() and int(part) < len(value):  # pyright: ignore[reportUnknownArgumentType]
            value = value[int(part)]  # pyright: ignore[reportUnknownVariableType]
        else:
            value = None
    return InvalidField(field, value, what[0].lower() + what[1:])  # pyright: ignore[reportUnknownArgumentType]
