"""What paper says to a citizen where a screen has a label: message ids of the catalogs."""

from __future__ import annotations

from edge.journal.events import (
    Contradiction,
    ReferralReason,
    TicketKind,
)
from ground.text import N_

TICKET_KIND = {
    TicketKind.WALK_IN: N_("Ordinary turn"),
    TicketKind.PRIORITY: N_("PRIORITY"),
    TicketKind.GROUP: N_("GROUP"),
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
