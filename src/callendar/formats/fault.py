"""What in a calendar could not be used, told in sentences that hold no subject."""

from __future__ import annotations

MAX_FAULTS = 20
_QUOTED = 60


class Faults:
    """Sentences, each once, in the order of their coming; past `MAX_FAULTS` only that there were more."""

    def __init__(self) -> None:
        self._told: dict[str, None] = {}
        self._more = False

    def add(self, sentence: str) -> None:
        """Tell something."""
        if sentence in self._told:
            return
        if len(self._told) < MAX_FAULTS:
            self._told[sentence] = None
        else:
            self._more = True

    def told(self) -> tuple[str, ...]:
        """All of them."""
        return (*self._told, "and more of the kind") if self._more else tuple(self._told)


def quote(text: str) -> str:
    """A name out of a file, in quotes: printable and short."""
    shown = "".join(character if character.isprintable() else "?" for character in text[: _QUOTED + 1])
    return f'"{shown[:_QUOTED]}…"' if len(shown) > _QUOTED else f'"{shown}"'
