"""Three people whose dossiers end well, each with what only they have in ``data.json``."""

from __future__ import annotations

from dataclasses import dataclass

from controller import stages
from controller.config import Station
from controller.dossier.state import Dossier, Finger, Portrait, Stage
from controller.identity.birth import BirthDate
from controller.identity.card import Card
from controller.identity.person import Person, Sex
from controller.station.captured import written
from controller.station.record import Record
from edge.journal import events as e

SITE = Station(
    code="TH0417",
    name="Nhà văn hoá thôn Đông",
    region="vn/thanh-hoa/hau-loc",
    address="Thôn Đông, xã Hậu Lộc, tỉnh Thanh Hoá",
)
DAO = Person(
    number="038199012345",
    old_number="172345678",
    name="Nguyễn Thị Ánh Đào",
    birth=BirthDate(1999, 2, 28),
    sex=Sex.FEMALE,
    residence="Thôn Đông, xã Hậu Lộc, tỉnh Thanh Hoá",
    hamlet="Thôn Đông",
)
CARD = Card(
    number=DAO.number,
    old_number=DAO.old_number,
    name=DAO.name,
    birth=DAO.birth,
    sex=Sex.FEMALE,
    residence=DAO.residence,
    issued="2021-05-20",
    rest=("a", "", "Hậu Lộc", "7"),
)


@dataclass(frozen=True)
class Ended:
    """``stages`` is what the booth takes, in its order."""

    dossier: Dossier
    record: Record
    stages: tuple[str, ...]
    capture_class: str

    def written(self) -> bytes:
        """``data.json``."""
        taken = stages.named(self.stages)
        return written(self.dossier, self.record, SITE, taken, self.capture_class)


def _confirmed(id: str, at_ms: int, source: e.IdentitySource, outcome: e.RosterOutcome) -> Dossier:
    dossier = Dossier(id, at_ms - 90_000, 1, 17, 20261129, e.TicketKind.WALK_IN)
    dossier.stage, dossier.source, dossier.roster_outcome = Stage.CONFIRMED, source, outcome
    dossier.marks |= {"opened": at_ms - 90_000, "confirmed": at_ms}
    return dossier


def _taken(quality: int, tries: int) -> Finger:
    return Finger(tries, 0, True, None, quality, "0" * 64, tries)


def by_card() -> Ended:
    """Everything as in the database, both stages, nine fingers."""
    dossier = _confirmed(
        "TH0417-000123-7", 1_796_000_123_456, e.IdentitySource.QR_SCANNER, e.RosterOutcome.UNCHANGED
    )
    dossier.portrait = Portrait("1" * 64, 91, None)
    for position, code in e.FGP.items():
        dossier.fingers[position] = _taken(45 + code, 1 + code % 3)
    dossier.fingers[e.Position.LEFT_RING] = Finger(missing=e.MissingReason.AMPUTATED)
    record = Record("", DAO, DAO, CARD, None, e.IdentitySource.QR_SCANNER)
    return Ended(dossier, record, ("portrait", "fingers"), "single-finger-192x192-508dpi-4bit")


def from_papers() -> Ended:
    """Nobody in the database, half a birth date, fingers first, two of them missing, and a portrait
    that was forced; the card comes by post."""
    dossier = _confirmed(
        "TH0417-000124-5", 1_796_000_999_000, e.IdentitySource.TYPED, e.RosterOutcome.ABSENT
    )
    dossier.contradictions = (e.Contradiction.NUMBER_SEX, e.Contradiction.NUMBER_YEAR)
    dossier.portrait = Portrait("1" * 64, 40, e.ForcedReason.MEDICAL)
    dossier.fingers[e.Position.LEFT_THUMB] = _taken(0, 3)
    dossier.fingers[e.Position.RIGHT_INDEX] = Finger(missing=e.MissingReason.AMPUTATED)
    dossier.fingers[e.Position.RIGHT_LITTLE] = Finger(missing=e.MissingReason.WORN)
    person = Person(number="038199012345", name='Lò "Văn" Ỷ/\\\u2028', birth=BirthDate(1950))
    record = Record(
        "", person, None, None, person, e.IdentitySource.TYPED, e.Delivery.POST, "12 Phố Ngói\tKho"
    )
    return Ended(dossier, record, ("fingers", "portrait"), "test")


def without_fingers() -> Ended:
    """A booth that takes portraits only."""
    dossier = _confirmed(
        "TH0417-000125-2", 1_796_001_000_999, e.IdentitySource.SEARCH, e.RosterOutcome.CHANGED
    )
    dossier.contradictions = (e.Contradiction.RESIDENCE_DIFFERS,)
    dossier.portrait = Portrait("1" * 64, 100, None)
    record = Record("", DAO, DAO, None, None, e.IdentitySource.SEARCH)
    return Ended(dossier, record, ("portrait",), "none")


ENDED = {
    "by_card": by_card,
    "from_papers": from_papers,
    "without_fingers": without_fingers,
}
