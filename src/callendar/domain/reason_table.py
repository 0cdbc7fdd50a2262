"""The reasons that a company starts with (`rules.md` §3)."""

from __future__ import annotations

from typing import Final, Literal

from callendar.domain.reason import Ends, Reason, ReasonCode

LANGUAGES: Final = ("en", "sv", "nb", "da", "fi", "de")


def _in_six(row: str) -> dict[str, str]:
    """What stands in a row between its dots, by language."""
    return dict(zip(LANGUAGES, (cell.strip() for cell in row.split("·")), strict=True))


def _reason(
    code: str,
    phone: int,
    when: Literal["time", "day"],
    icon: str,
    color: str,
    weight: int,
    ends: Ends,
    *,
    labels: str,
    keywords: str,
    sensitive: bool = False,
) -> Reason:
    return Reason(
        code=ReasonCode(code),
        labels=_in_six(labels),
        keywords={
            language: tuple(word.strip() for word in words.split(",")) for language, words in _in_six(keywords).items()
        },
        phone=phone,
        when=when,
        icon=icon,
        color=color,
        weight=weight,
        ends=ends,
        sensitive=sensitive,
    )


_AN_HOUR = Ends(kind="minutes", minutes=60)
_RUNNING = Ends(kind="running_booking", minutes=60)
_CLOSING = Ends(kind="closing")
_OPENING = Ends(kind="opening")
_WORKING = Ends(kind="working_opening")
_OPEN = Ends(kind="none")

REASONS: Final[tuple[Reason, ...]] = (
    _reason(
        "meeting", 1, "time", "users", "#c62828", 30, _RUNNING,
        labels="Meeting · Möte · Møte · Møde · Kokous · Besprechung",
        keywords="m, meeting · möte · møte · møde · kokous · besprechung",
    ),
    _reason(
        "lunch", 2, "time", "utensils", "#c62828", 20, _AN_HOUR,
        labels="Lunch · Lunch · Lunsj · Frokost · Lounas · Mittagspause",
        keywords="lunch · lunch · lunsj · frokost · lounas · mittag",
    ),
    _reason(
        "gone", 3, "day", "door", "#c62828", 35, _OPENING,
        labels="Gone for the day · Gått för dagen · Gått for dagen · Gået for i dag · Lähtenyt · Feierabend",
        keywords="gone · gått · gått · gået · lähtenyt · feierabend",
    ),
    _reason(
        "trip", 4, "day", "suitcase", "#c62828", 60, _WORKING,
        labels="Business trip · Tjänsteresa · Tjenestereise · Tjenesterejse · Työmatka · Dienstreise",
        keywords="trip · resa, tjänsteresa · reise · rejse · matka · dienstreise",
    ),
    _reason(
        "course", 5, "day", "book", "#c62828", 50, _CLOSING,
        labels="Course · Kurs · Kurs · Kursus · Kurssi · Schulung",
        keywords="course · kurs, utbildning · kurs · kursus · kurssi · schulung",
    ),
    _reason(
        "out", 6, "time", "sign-out", "#c62828", 55, _CLOSING,
        labels="Out of office · Ute · Ute · Ude af huset · Ulkona · Außer Haus",
        keywords="out · ute · ute · ude · ulkona · auswärts",
    ),
    _reason(
        "holiday", 7, "day", "sun", "#c62828", 80, _OPEN,
        labels="Holiday · Semester · Ferie · Ferie · Loma · Urlaub",
        keywords="h, holiday, vacation · semester · ferie · ferie · loma · urlaub",
    ),
    _reason(
        "sick", 8, "day", "neutral", "#c62828", 90, _OPEN,
        labels="Sick · Sjuk · Syk · Syg · Sairas · Krank",
        keywords="sick · sjuk · syk · syg · sairas · krank",
        sensitive=True,
    ),
    _reason(
        "sick_child", 9, "day", "neutral", "#c62828", 88, _WORKING,
        labels="Sick child · Vård av barn · Sykt barn · Barns sygedag · Lapsi sairas · Kind krank",
        keywords="sick child · vab · sykt barn · barns sygedag · lapsi sairas · kind krank",
        sensitive=True,
    ),
    _reason(
        "leave", 10, "day", "neutral", "#c62828", 70, _OPEN,
        labels="Leave · Ledig · Permisjon · Orlov · Vapaalla · Freigestellt",
        keywords="leave · ledig, tjänstledig · permisjon · orlov · vapaa · frei",
        sensitive=True,
    ),
    _reason(
        "part_time", 11, "day", "clock", "#c62828", 40, _WORKING,
        labels="Part time · Deltid · Deltid · Deltid · Osa-aikatyö · Teilzeit",
        keywords="part time · deltid · deltid · deltid · osa-aika · teilzeit",
    ),
    _reason(
        "away", 12, "time", "calendar", "#c62828", 10, _AN_HOUR,
        labels="Away · Borta · Borte · Væk · Poissa · Weg",
        keywords="away · borta · borte · væk · poissa · weg",
    ),
)  # fmt: skip
