"""What an operator types from somebody's papers."""

from __future__ import annotations

from controller.identity.birth import parse_birth
from controller.identity.names import fold, readable, tidy
from controller.identity.number import parse_number
from controller.identity.person import Person, Sex
from ground.error import InputError
from ground.text import N_

_SEXES = {"male": Sex.MALE, "nam": Sex.MALE, "female": Sex.FEMALE, "nu": Sex.FEMALE}


def parse_typed(
    *,
    number: str = "",
    name: str = "",
    birth: str = "",
    sex: str = "",
    residence: str = "",
    hamlet: str = "",
) -> Person:
    """A ``Person`` of the fields that were filled. InputError for the first that is wrong;
    NumberError (with ``repaired``) for the number."""
    if sex.strip() and fold(sex) not in _SEXES:
        raise InputError("sex", N_("Choose male or female."))
    for text in (name, residence, hamlet):
        if not readable(tidy(text)):
            raise InputError(
                "letters that no Vietnamese paper has",
                N_("Use Vietnamese letters, as the papers have them."),
            )
    return Person(
        number=parse_number(number) if number.strip() else "",
        name=tidy(name),
        birth=parse_birth(birth),
        sex=_SEXES.get(fold(sex)),
        residence=tidy(residence),
        hamlet=tidy(hamlet),
    )
