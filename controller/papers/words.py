"""How the journal's enumerations read on paper: message ids of the catalogs."""

from __future__ import annotations

from controller.texts import N_
from edge.journal.events import (
    Contradiction,
    ForcedReason,
    MissingReason,
    Position,
    ReferralReason,
    RosterOutcome,
    TicketKind,
)

SEX = {"male": N_("Male"), "female": N_("Female")}

TICKET_KIND = {
    TicketKind.WALK_IN: N_("Ordinary turn"),
    TicketKind.PRIORITY: N_("PRIORITY"),
    TicketKind.GROUP: N_("GROUP"),
}

OUTCOME = {
    RosterOutcome.UNCHANGED: N_("Unchanged"),
    RosterOutcome.CHANGED: N_("Changed"),
    RosterOutcome.ABSENT: N_("Not found"),
}

CONTRADICTION = {
    Contradiction.NAME_DIFFERS: N_("The name differs between card and database"),
    Contradiction.BIRTH_DIFFERS: N_("The birth date differs between card and database"),
    Contradiction.SEX_DIFFERS: N_("The sex differs between card and database"),
    Contradiction.RESIDENCE_DIFFERS: N_("The residence differs between card and database"),
    Contradiction.OLD_NUMBER_DIFFERS: N_("The old number differs between card and database"),
    Contradiction.NUMBER_SEX: N_("The number does not agree with the sex"),
    Contradiction.NUMBER_YEAR: N_("The number does not agree with the year of birth"),
    Contradiction.NUMBER_PROVINCE: N_("The number has an unknown province code"),
}

REFERRAL = {
    ReferralReason.BIRTH_INCOMPLETE: N_("Your birth date is incomplete."),
    ReferralReason.BIRTH_IMPOSSIBLE: N_("Your birth date is not possible."),
    ReferralReason.BIRTH_DIFFERS: N_("Your papers have different birth dates."),
    ReferralReason.DATA_DISPUTED: N_("You say that the recorded data are wrong."),
    ReferralReason.NOT_ON_ROSTER: N_("You are not in the population database."),
}

POSITION = {
    Position.RIGHT_THUMB: N_("right thumb"),
    Position.RIGHT_INDEX: N_("right index finger"),
    Position.RIGHT_MIDDLE: N_("right middle finger"),
    Position.RIGHT_RING: N_("right ring finger"),
    Position.RIGHT_LITTLE: N_("right little finger"),
    Position.LEFT_THUMB: N_("left thumb"),
    Position.LEFT_INDEX: N_("left index finger"),
    Position.LEFT_MIDDLE: N_("left middle finger"),
    Position.LEFT_RING: N_("left ring finger"),
    Position.LEFT_LITTLE: N_("left little finger"),
}

MISSING = {
    MissingReason.AMPUTATED: N_("amputated"),
    MissingReason.BANDAGED: N_("bandaged"),
    MissingReason.DEFORMED: N_("deformed"),
    MissingReason.WORN: N_("ridges worn off"),
}

FORCED = {
    ForcedReason.MEDICAL: N_("medical reason"),
    ForcedReason.DISABILITY: N_("disability"),
    ForcedReason.RELIGIOUS: N_("religious reason"),
    ForcedReason.EQUIPMENT: N_("equipment"),
}
