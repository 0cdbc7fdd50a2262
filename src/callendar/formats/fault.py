"""What in a calendar could not be used, told in sentences that hold no subject."""

from __future__ import annotations

MAX_FAULTS = 20
_QUOTED = 60


class Faults:
    """Sentences, each once, in the order of their coming; past `MAX_FAULTS` only that there were more."""

    def __init__(self) -> None:
        self._told: dict[str, None] = {}
        self._more = False
        self.private = False
        """What is read now is a private booking's: nothing of its words is quoted (`rules.md` §1.10)."""

    def quote(self, text: str) -> str:
        """A name out of the file, in quotes: printable and short; of a private booking none of it."""
        return "…" if self.private else _quoted(text)

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


def _quoted(text: str) -> str:
    shown = "".join(character if character.isprintable() else "?" for character in text[: _QUOTED + 1])
    return f'"{shown[:_QUOTED]}…"' if len(shown) > _QUOTED else f'"{shown}"'
