"""Who sees what: a row cut down to what a viewer may see, before it is sent (`rules.md` §10).

Rank of levels: `time` < `reason` < `text`. A row is cut by a `View`, never by a viewer, so that everybody with the same
view is sent the same bytes.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, structs

from callendar.domain.person import Person, PersonId, ViewerId
from callendar.domain.reason import AWAY, ReasonCode
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId, Level
from callendar.domain.timetable import Segment, merge

Role = Literal["colleague", "telephonist", "administrator"]

LEVELS: tuple[Level, ...] = ("time", "reason", "text")
"""From the least to the most."""


class Viewer(Struct, frozen=True, kw_only=True, gc=False):
    """A user or token who asks."""

    id: ViewerId
    company_id: CompanyId
    role: Role
    name: str
    """Shown as `set_by` on what the viewer sets."""
    person_id: PersonId | None = None


class View(Struct, frozen=True, kw_only=True, gc=False):
    """How much of one row one viewer is sent; rows encoded for equal views are equal, so encodings are kept by it."""

    level: Level
    sensitive: bool
    """Sensitive reasons are shown as they are."""
    claims: bool
    """Keys of the claims are sent: to those who may silence."""


CALLERS = View(level="reason", sensitive=False, claims=False)
"""What a caller may hear, and so what a switchboard is told, at the most."""


def view_of(viewer: Viewer, person: Person, company: Company) -> View:
    """How much of a person a viewer sees.

    The viewer's grant, else the person's level, else the company's; telephonists one more if the company says so. A
    person sees all of herself.
    """
    own = viewer.person_id == person.id
    if own:
        return View(level="text", sensitive=True, claims=True)
    level = person.grants.get(viewer.id) or person.privacy or company.rules.privacy
    telephonist = viewer.role == "telephonist"
    if telephonist and company.rules.telephonist_plus_one:
        level = LEVELS[min(LEVELS.index(level) + 1, len(LEVELS) - 1)]
    return View(level=level, sensitive=telephonist and level != "time", claims=may_set(viewer, person, company))


def named_by(person: Person) -> frozenset[ViewerId]:
    """Those whom a person has granted or delegated something. Of all others but herself, viewers of one role have the
    same view of her."""
    return frozenset(map(ViewerId, person.grants)) | frozenset(person.delegates)


def may_set(viewer: Viewer, person: Person, company: Company) -> bool:
    """Whether a viewer may give orders for a person: herself, telephonists, delegates, colleagues if the company lets
    them (`api.md`, Who may do what)."""
    return (
        viewer.person_id == person.id
        or viewer.role == "telephonist"
        or viewer.id in person.delegates
        or company.rules.colleagues_may_set
    )


def may_explain(viewer: Viewer, person: Person) -> bool:
    """Whether a viewer may ask why: the person, telephonists, delegates."""
    return viewer.person_id == person.id or viewer.role == "telephonist" or viewer.id in person.delegates


def redact(row: Row, view: View, company: Company) -> Row:
    """The row with everything taken out that the view does not allow; equal neighbours made one afterwards.

    Calendars, keywords, grants and the like are no part of what is sent (`web` leaves them out for everybody).
    """
    if view.level == "text" and view.sensitive and view.claims:
        return row
    hidden = frozenset(reason.code for reason in company.reasons if reason.sensitive and not view.sensitive)
    return structs.replace(row, timetable=merge(_cut(segment, view, hidden) for segment in row.timetable))


def shown_reason(code: ReasonCode | None, view: View, company: Company) -> ReasonCode | None:
    """The reason that stands for `code` in a view: itself, `away`, or None where there is none to hide."""
    if code is None or view.level == "time":
        return None if code is None else AWAY
    return AWAY if not view.sensitive and company.reason(code).sensitive else code


def _cut(segment: Segment, view: View, hidden: frozenset[ReasonCode]) -> Segment:
    keys = segment.keys if view.claims else ""
    if view.level == "time":
        return Segment(
            start=segment.start,
            end=segment.end,
            all_day=segment.all_day,
            kind=segment.kind,
            reason=AWAY if segment.reason else None,
            origin="calendar",
            back_at=segment.back_at,
            not_before=segment.not_before,
            next_free=segment.next_free,
            keys=keys,
        )
    concealed = segment.reason in hidden
    return Segment(
        start=segment.start,
        end=segment.end,
        all_day=segment.all_day,
        kind=segment.kind,
        reason=AWAY if concealed else segment.reason,
        text=segment.text if view.level == "text" and not concealed else None,
        divert_to=segment.divert_to,
        origin=segment.origin,
        planned=segment.planned,
        set_by=segment.set_by,
        back_at=segment.back_at,
        not_before=segment.not_before,
        then=_then(segment.then, view, hidden),
        next_free=segment.next_free,
        keys=keys,
    )


def _then(then: ReasonCode | None, view: View, hidden: frozenset[ReasonCode]) -> ReasonCode | None:
    """A hidden `then` is left out; so is `away` wherever something may be hidden, or its absence would tell (§10)."""
    return None if then in hidden or (then == AWAY and not view.sensitive) else then
