"""Invalid field: which field of what was asked for cannot stand, its value, and the mend."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import inspect

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
        raise invalid_field(error, given, wanted) from None


def invalid_field(error: msgspec.ValidationError, given: Any, wanted: type[Any]) -> InvalidField:
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
    choices = _choices(wanted, field)
    mend = f"there is no {value!r}; give one of {', '.join(choices)}" if choices else what[0].lower() + what[1:]
    return InvalidField(field, value, mend)  # pyright: ignore[reportUnknownArgumentType]


def _choices(wanted: type[Any], field: str) -> tuple[str, ...]:
    """The words that may stand in a field, where it takes certain ones alone."""
    found: inspect.Type = inspect.type_info(wanted)
    for part in field.split("."):
        if isinstance(found, inspect.StructType):
            found = next((each.type for each in found.fields if each.encode_name == part), inspect.AnyType())
        elif isinstance(found, inspect.ListType | inspect.VarTupleType):
            found = found.item_type
        else:
            return ()
    return tuple(str(each) for each in found.values) if isinstance(found, inspect.LiteralType) else ()
