"""Who works at the demo company, and what stands in their calendars.

Times with `at` count from the moment the demo starts, so that it looks alike at any hour; `weekly` ones are wall times
in the person's zone. Those without anything before `QUIET` are the people to call.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

QUIET = 120
"""Minutes: at least five people have nothing within them, whenever the demo starts."""

Weekdays = tuple[Literal["MO", "TU", "WE", "TH", "FR"], ...]
DAILY: Weekdays = ("MO", "TU", "WE", "TH", "FR")


class Entry(Struct, frozen=True, kw_only=True):
    """One object in a calendar: single, weekly or all-day."""

    subject: str
    at: int | None = None
    """Start in minutes from now (rounded down to five); negative: already under way."""
    weekly: Weekdays = ()
    wall: str = "09:00"
    """Wall time of a weekly one."""
    minutes: int = 60
    day: int | None = None
    """All-day: first day counted from today."""
    days: int = 1
    show_as: Literal["BUSY", "FREE", "TENTATIVE", "OOF", "WORKINGELSEWHERE"] = "BUSY"
    private: bool = False
    invited: Literal["ACCEPTED", "DECLINED", "TENTATIVE", "NEEDS-ACTION"] | None = None
    """Somebody else's meeting, with her answer."""
    cancelled: bool = False
    """The next occurrence (or the single booking) is cancelled."""
    moved: int = 0
    """Minutes by which the next occurrence of a weekly one is moved."""


class Member(Struct, frozen=True, kw_only=True):
    """One person of the demo company; `user` names her calendar in the CalDAV server, and her address."""

    user: str
    name: str
    extension: str
    department: str
    title: str
    zone: str = "Europe/Stockholm"
    names: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()


def _at(minutes: int, length: int, subject: str, **more: object) -> Entry:
    return Entry(subject=subject, at=minutes, minutes=length, **more)  # pyright: ignore[reportArgumentType]


STANDUP = Entry(subject="Stand-up", weekly=DAILY, wall="08:45", minutes=15)
LUNCH = Entry(subject="lunch:", weekly=DAILY, wall="12:00", minutes=45)
FIKA = Entry(subject="Fika", weekly=("FR",), wall="14:30", minutes=30, show_as="FREE")

CAST: tuple[Member, ...] = (
    Member(
        user="anna",
        name="Anna Svensson",
        extension="101",
        department="Sales",
        title="Key account manager",
        names=("Ankan",),
        entries=(
            _at(180, 60, "m: Budget 2027"),
            _at(260, 45, "Read the tender"),
            _at(-1500, 60, "m: Yesterday's review"),
            _at(1500, 90, "m; Interview, do ring"),
            Entry(subject="h: Christmas leave", day=24, days=7, show_as="FREE"),
        ),
    ),
    Member(
        user="anders",
        name="Anders Holmberg",
        extension="102",
        department="Sales",
        title="Account manager",
        entries=(_at(200, 45, "m: Price list"), _at(1560, 60, "Pipeline"), FIKA),
    ),
    Member(
        user="ane",
        name="Ane Solberg",
        extension="103",
        department="Sales",
        title="Account manager, Oslo",
        zone="Europe/Oslo",
        entries=(_at(12, 60, "m: Tender review"), _at(90, 30, "lunsj: med Freja"), STANDUP),
    ),
    Member(
        user="erik",
        name="Erik Karlsson",
        extension="104",
        department="Sales",
        title="Sales engineer",
        names=("Carlsson",),
        entries=(_at(150, 30, "Call the printers"), _at(300, 60, "m: Demo for Region Gävle")),
    ),
    Member(
        user="freja",
        name="Freja Bruun",
        extension="105",
        department="Sales",
        title="Account manager, Copenhagen",
        zone="Europe/Copenhagen",
        entries=(_at(-30, 150, "m; Malmö office, do ring"), Entry(subject="rejse: Bergen", day=3, days=2)),
    ),
    Member(
        user="ida",
        name="Ida Rasmussen",
        extension="106",
        department="Sales",
        title="Sales support",
        zone="Europe/Copenhagen",
        entries=(_at(-20, 60, "møde: Kvartalsstatus"), _at(40, 60, "møde: Kunde"), STANDUP),
    ),
    Member(
        user="karin",
        name="Karin Lund",
        extension="110",
        department="Management",
        title="Telephonist",
        entries=(_at(240, 30, "lunch:"), STANDUP),
    ),
    Member(
        user="bo",
        name="Bo Åkesson",
        extension="111",
        department="Management",
        title="Managing director",
        entries=(Entry(subject="ledig: Föräldraledig", day=-3, days=20, show_as="OOF"),),
    ),
    Member(
        user="ingrid",
        name="Ingrid Nygaard",
        extension="112",
        department="Management",
        title="Finance director",
        zone="Europe/Oslo",
        entries=(_at(-45, 180, "møte: Board"), _at(160, 30, "Sign the accounts")),
    ),
    Member(
        user="mette",
        name="Mette Østergaard",
        extension="113",
        department="Management",
        title="Assistant",
        zone="Europe/Copenhagen",
        entries=(_at(37, 30, "møde: Rejsebestilling"), LUNCH),
    ),
    Member(
        user="christian",
        name="Christian Lund",
        extension="120",
        department="Finance",
        title="Controller",
        names=("Kristian",),
        entries=(_at(42, 60, "m: Month end"), STANDUP),
    ),
    Member(
        user="johan",
        name="Johan Lindqvist",
        extension="121",
        department="Finance",
        title="Accountant",
        entries=(_at(210, 60, "Reconciliation"), _at(1440, 45, "m: Auditor")),
    ),
    Member(
        user="marianne",
        name="Marianne Dahl",
        extension="122",
        department="Finance",
        title="Payroll",
        entries=(Entry(subject="kurs: Payroll rules 2027", day=0, days=2, show_as="OOF"),),
    ),
    Member(
        user="sofia",
        name="Sofia Holm",
        extension="123",
        department="Finance",
        title="Accounts receivable",
        entries=(_at(-15, 45, "Dentist", private=True), _at(75, 30, "Reminders run")),
    ),
    Member(
        user="elin",
        name="Elin Häggström",
        extension="130",
        department="People",
        title="Payroll and benefits",
        entries=(_at(190, 60, "Interviews", show_as="TENTATIVE"), _at(320, 30, "m: Onboarding")),
    ),
    Member(
        user="fanny",
        name="Fanny Strand",
        extension="131",
        department="People",
        title="Recruiter",
        entries=(Entry(subject="sjuk:", day=0, days=2, show_as="OOF"),),
    ),
    Member(
        user="lise",
        name="Lise Viklund",
        extension="132",
        department="People",
        title="Training",
        names=("Wiklund",),
        entries=(Entry(subject="vab:", day=0, show_as="FREE"), _at(90, 60, "m: Course plan", private=True)),
    ),
    Member(
        user="per",
        name="Per Wiklund",
        extension="140",
        department="Operations",
        title="Technician",
        names=("Viklund",),
        entries=(_at(130, 60, "Van service"), _at(400, 45, "m: Safety round")),
    ),
    Member(
        user="janerik",
        name="Jan-Erik Norén",
        extension="141",
        department="Operations",
        title="Shift lead",
        names=("Janne",),
        entries=(_at(-25, 55, "m: Shift handover"), _at(30, 45, "m: Rota"), LUNCH),
    ),
    Member(
        user="ketil",
        name="Ketil Moen",
        extension="142",
        department="Operations",
        title="Technician, Bergen",
        zone="Europe/Oslo",
        entries=(_at(280, 60, "møte: Leverandør"), _at(1600, 60, "Båten i land", show_as="OOF")),
    ),
    Member(
        user="kristian",
        name="Kristian Hansen",
        extension="143",
        department="Operations",
        title="Project manager",
        names=("Christian",),
        entries=(Entry(subject="reise: Bergen", day=-1, days=4, show_as="FREE"), _at(60, 60, "m: Site meeting")),
    ),
    Member(
        user="stefan",
        name="Stefan Öberg",
        extension="144",
        department="Operations",
        title="Planner",
        entries=(_at(-10, 75, "m; Rota, do ring"), _at(100, 30, "*m: Private errand")),
    ),
    Member(
        user="tuva",
        name="Tuva Berglund",
        extension="145",
        department="Operations",
        title="Night dispatcher",
        entries=(
            Entry(subject="m: Night handover", weekly=DAILY, wall="23:30", minutes=60),
            _at(-60, 100, "m: Route planning"),
        ),
    ),
    Member(
        user="daniel",
        name="Daniel Berg",
        extension="150",
        department="IT support",
        title="Helpdesk",
        entries=(_at(250, 60, "m: Patch window"), _at(1700, 60, "Disk swap")),
    ),
    Member(
        user="hanna",
        name="Hanna Mäkinen",
        extension="151",
        department="IT support",
        title="Network, Helsinki",
        zone="Europe/Helsinki",
        entries=(_at(-40, 65, "kokous: Change board"), _at(25, 30, "kokous: Change board, part two")),
    ),
    Member(
        user="janne",
        name="Janne Korhonen",
        extension="152",
        department="IT support",
        title="Systems, Turku",
        zone="Europe/Helsinki",
        entries=(_at(50, 60, "kokous: Vendor", invited="ACCEPTED"), _at(-30, 60, "All hands", invited="DECLINED")),
    ),
    Member(
        user="mikko",
        name="Mikko Virtanen",
        extension="153",
        department="IT support",
        title="Helpdesk, Helsinki",
        zone="Europe/Helsinki",
        entries=(
            _at(-5, 45, "palaveri"),
            Entry(subject="kokous: Team", weekly=("MO", "WE"), wall="10:00", minutes=60, moved=120),
            Entry(subject="kokous: Review", weekly=("TU", "TH"), wall="15:00", minutes=30, cancelled=True),
        ),
    ),
    Member(
        user="sanna",
        name="Sanna Niemi",
        extension="154",
        department="IT support",
        title="Service desk lead",
        zone="Europe/Helsinki",
        entries=(
            _at(27, 45, "kokous: Incident review"),
            _at(-20, 40, "Canceled: kokous: Supplier"),
            _at(140, 60, "m: Lease plan", invited="NEEDS-ACTION"),
        ),
    ),
    Member(
        user="oliver",
        name="Oliver Grant",
        extension="155",
        department="IT support",
        title="Systems, London",
        zone="Europe/London",
        entries=(
            Entry(subject="Working from home", day=0, days=5, show_as="WORKINGELSEWHERE"),
            _at(220, 30, "m: Capacity"),
        ),
    ),
    Member(
        user="susanne",
        name="Susanne Kjær",
        extension="107",
        department="Sales",
        title="Inside sales",
        zone="Europe/Copenhagen",
        entries=(_at(-10, 25, "frokost:"), _at(15, 60, "møde: Kampagne"), _at(75, 15, "møde: Opfølgning")),
    ),
)
