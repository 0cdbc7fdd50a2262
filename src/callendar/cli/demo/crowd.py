"""More people than the cast, for a large demo: made up, always the same."""

from __future__ import annotations

from collections.abc import Iterator

from callendar.cli.demo.cast import Member

FIRST = (
    *("Arvid", "Astrid", "Axel", "Birgit", "Björn", "Cecilia", "Dag", "Ebba", "Einar", "Elias", "Emma", "Frida"),
    *("Gustav", "Hedda", "Henrik", "Inga", "Ivar", "Jonas", "Kaisa", "Lars", "Lena", "Linnea", "Magnus", "Maja"),
    *("Mårten", "Nils", "Nora", "Olav", "Petra", "Ragnar", "Signe", "Sigrid", "Sven", "Tove", "Ulf", "Viggo", "Åsa"),
)
LAST = (
    *("Andersson", "Berge", "Björk", "Dahlgren", "Eklund", "Ekström", "Falk", "Fors", "Granberg", "Hagen", "Hedlund"),
    *("Isaksson", "Jensen", "Johansson", "Kivi", "Kjellberg", "Laine", "Lindgren", "Lundqvist", "Madsen", "Nyström"),
    *("Olsen", "Palm", "Qvist", "Rosén", "Sandberg", "Strøm", "Sundin", "Thorsen", "Ulriksen", "Vik", "Wallin"),
    *("Ytterberg", "Zetterlund", "Åberg", "Ärlig", "Öström"),
)
DEPARTMENTS = ("Sales", "Management", "Finance", "People", "Operations", "IT support")
ZONES = ("Europe/Stockholm", "Europe/Stockholm", "Europe/Oslo", "Europe/Copenhagen", "Europe/Helsinki")


def crowd(count: int) -> Iterator[Member]:
    """So many people beside the cast, in six-digit extensions of their own."""
    for n in range(max(0, count)):
        first, last = FIRST[n % len(FIRST)], LAST[(n // len(FIRST) + n) % len(LAST)]
        yield Member(
            user=f"person{n:05d}",
            name=f"{first} {last}",
            extension=f"{200000 + n}",
            department=DEPARTMENTS[n % len(DEPARTMENTS)],
            title=f"Desk {n % 97 + 1}",
            zone=ZONES[n % len(ZONES)],
        )
