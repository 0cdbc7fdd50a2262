"""Keywords as a company or a person may have them (`rules.md` §1.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from callendar.domain.mark import REPLY_PREFIXES, fold
from callendar.domain.reason import Reason
from callendar.domain.rules import Company
from callendar.engine.invalid import InvalidField

FORBIDDEN = ":;*>/"


def check_keyword(keyword: str, field: str) -> str:
    """The keyword as it is kept, a run of spaces made one.

    Raises:
        InvalidField: It could never stand in a mark, or would be read as something else.
    """
    tidy = " ".join(keyword.split())
    folded = fold(tidy)
    if not folded:
        raise InvalidField(field, keyword, "a keyword is empty; leave it out")
    if any(letter in FORBIDDEN for letter in folded):
        raise InvalidField(field, keyword, f"{keyword!r} has one of {' '.join(FORBIDDEN)} in it; leave that out")
    if not all(letter.isalnum() or letter in "- " for letter in folded):
        raise InvalidField(field, keyword, f"{keyword!r} may have only letters, digits, hyphens and spaces")
    if folded.replace(" ", "").replace("-", "").isdecimal():
        raise InvalidField(field, keyword, f"{keyword!r} is digits alone, which a time would be too; add a letter")
    if folded in REPLY_PREFIXES:
        raise InvalidField(field, keyword, f"{keyword!r} is what mail programs put before replies; choose another")
    return tidy


def check_company_keywords(reasons: Iterable[Reason]) -> None:
    """Refuse a keyword that belongs to two reasons of a company; languages of one reason may share it."""
    owners: dict[str, Reason] = {}
    for reason in reasons:
        for language, keywords in reason.keywords.items():
            for keyword in keywords:
                field = f"keywords.{language}"
                check_keyword(keyword, field)
                owner = owners.setdefault(fold(" ".join(keyword.split())), reason)
                if owner.code != reason.code:
                    raise InvalidField(
                        field, keyword, f"{keyword!r} belongs to {owner.code} already; a keyword has one reason"
                    )


def check_own_keywords(keywords: Mapping[str, Iterable[str]], company: Company) -> None:
    """Refuse keywords of a person for a reason that is not there, or one for two reasons."""
    codes = {reason.code for reason in company.reasons}
    owners: dict[str, str] = {}
    for code, words in keywords.items():
        if code not in codes:
            raise InvalidField(f"keywords.{code}", code, f"there is no reason {code!r}; there are {', '.join(codes)}")
        for word in words:
            folded = fold(check_keyword(word, f"keywords.{code}"))
            owner = owners.setdefault(folded, code)
            if owner != code:
                raise InvalidField(
                    f"keywords.{code}", word, f"{word!r} stands for {owner} too; a keyword has one reason"
                )
