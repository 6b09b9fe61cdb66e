"""Check-in and identification: card, number or search → finding → accepted, referred or refused."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from controller import commands as c
from controller.dossier.actions import Action
from controller.dossier.state import Dossier, Stage
from controller.identity import names
from controller.identity.card import Card, parse_card
from controller.identity.names import tidy
from controller.identity.person import Person
from controller.identity.rules import Finding, Proceed, Refer, Refuse, decide, register_key
from controller.identity.typed import parse_typed
from controller.rules import allowed, dossier_id
from controller.station.access import TURNED_AWAY, identity_name
from controller.station.core import Core
from controller.station.queueing import Queueing
from controller.station.record import Pending, Record, encode
from edge.journal import events as e
from ground.error import InputError, NotAllowed
from ground.text import N_

SCAN_CARD = N_("Scan the QR code of the card, or type its number, or search by name.")
READ_FINDING = N_("Read what was found to the person, then accept it.")


class Identification:
    def __init__(self, core: Core, queueing: Queueing) -> None:
        self._core = core
        self._queueing = queueing

    # ---- check-in ----------------------------------------------------------------------------

    async def open(self, command: c.OpenDossier) -> c.DossierRef:
        core = self._core
        core.open_keys()
        ticket = self._queueing.arrival(command.desk, command.ticket, command.day)
        kind = ticket.kind if ticket else e.TicketKind.WALK_IN
        day = ticket.day if ticket else core.today()[0]
        new = dossier_id(core.config.station.code, core.state.last_dossier + 1)
        core.record(e.DossierOpened(command.desk, command.ticket, day, kind), dossier=new)
        core.people[new] = Record()
        core.prompt(new, SCAN_CARD)
        return c.DossierRef(new)

    # ---- finding out who it is ---------------------------------------------------------------

    async def read_card(self, command: c.ReadCard) -> c.Done:
        self.scanned(command.dossier, command.text, command.source)
        return c.Done()

    def scanned(self, dossier_id: str, scan: bytes | str, source: e.IdentitySource) -> None:
        """A card was read for this dossier. Raises CardError, NotAllowed, InputError."""
        dossier = self._identifiable(dossier_id)
        with self._core.software(dossier.id):
            self._found(dossier, card=parse_card(scan), typed=None, source=source)

    async def enter_person(self, command: c.EnterPerson) -> c.Done:
        dossier = self._identifiable(command.dossier)
        typed = parse_typed(
            number=command.number,
            name=command.name,
            birth=command.birth,
            sex=command.sex,
            residence=command.residence,
            hamlet=command.hamlet,
        )
        with self._core.software(dossier.id):
            if command.source is e.IdentitySource.SEARCH:
                picked = self._picked(typed)
                self._found(dossier, card=None, typed=None, source=command.source, row=picked)
            else:
                self._found(dossier, card=None, typed=typed, source=command.source)
        return c.Done()

    def _found(
        self,
        dossier: Dossier,
        card: Card | None,
        typed: Person | None,
        source: e.IdentitySource,
        row: Person | None = None,
    ) -> None:
        core = self._core
        paper = card.person() if card else typed or Person()
        row = row or self._on_roster(paper)
        key = register_key(card, row, typed)
        numbers = {n for p in (paper, row or paper) for n in (p.number, p.old_number) if n}
        enrolled = self._enrolled_on(numbers | {key})
        finding = decide(
            card=card,
            on_roster=row,
            typed=typed,
            policy=core.policy.identity,
            today=core.local_time().date(),
            enrolled_on=enrolled,
        )
        before = core.people.get(dossier.id, Record())
        record = Record(
            key=key,
            person=finding.person,
            on_roster=row,
            card=card,
            typed=typed,
            source=source,
            delivery=before.delivery,
            address=before.address,
        )
        core.pending[dossier.id] = Pending(record, finding, enrolled)
        core.prompt(dossier.id, READ_FINDING)
        if (
            isinstance(finding, Proceed)
            and finding.outcome is e.RosterOutcome.UNCHANGED
            and not finding.contradictions
        ):
            self._accept(dossier, record, finding)

    def _on_roster(self, paper: Person) -> Person | None:
        roster = self._core.roster
        if roster is None:
            return None
        for number in (paper.number, paper.old_number):
            row = roster.by_number(number) if number else None
            if row is not None:
                return row
        return None

    def _picked(self, said: Person) -> Person:
        """The row of the roster that was picked from a search: by number, or, where it has none
        or shares it, by name and birth date."""
        roster = self._core.roster
        found: list[Person] = []
        if roster is not None and said.name:
            found = [
                row
                for row in roster.search(said.name, said.birth)
                if names.same(row.name, said.name)
                and row.birth == said.birth
                and said.number in (row.number, row.old_number)
            ]
        elif said.number and (row := self._on_roster(said)) is not None:
            found = [row]
        if len(found) != 1:
            raise InputError(
                f"{len(found)} rows for what was picked",
                N_(
                    "Several people on the roster could be this person. Type the data from a paper."
                ),
            )
        return found[0]

    def _enrolled_on(self, keys: set[str]) -> date | None:
        """When this station sealed a packet of the person, by any of their numbers."""
        core, vault = self._core, self._core.open_keys()
        for key in keys:
            at = core.state.enrolled.get(vault.person_digest(key))
            if at is not None:
                return datetime.fromtimestamp(at / 1000, core.zone).date()
        return None

    # ---- decisions ---------------------------------------------------------------------------

    async def accept(self, command: c.AcceptIdentity) -> c.Done:
        dossier = self._identifiable(command.dossier)
        pending = self._core.pending.get(dossier.id)
        if pending is None:
            raise NotAllowed("nothing found yet", SCAN_CARD)
        with self._core.software(dossier.id):
            self._accept(dossier, pending.record, pending.finding)
        return c.Done()

    def _accept(self, dossier: Dossier, record: Record, finding: Finding) -> None:
        match finding:
            case Proceed():
                self._proceed(dossier, record, finding)
            case Refer(reason=reason):
                self._refer(dossier, record, reason)
            case Refuse():
                self._refuse(dossier, record, finding)
        self._core.pending.pop(dossier.id, None)

    def _proceed(self, dossier: Dossier, record: Record, finding: Proceed) -> None:
        core = self._core
        if self._in_flight_elsewhere(dossier, record.key):
            raise NotAllowed(
                "person has another open dossier",
                N_("This person has another open dossier at this station."),
            )
        sealed = core.artefacts.put(
            dossier.id, identity_name(dossier.identity_no + 1), encode(record)
        )
        digest = core.open_keys().person_digest(record.key)
        body = e.Identified(finding.outcome, record.source, digest, sealed, finding.contradictions)
        core.record(*_released(dossier), body, dossier=dossier.id)
        core.people[dossier.id] = record

    def _in_flight_elsewhere(self, dossier: Dossier, key: str) -> bool:
        digest = self._core.open_keys().person_digest(key)
        return any(
            other.person == digest and other.id != dossier.id
            for other in self._core.state.dossiers.values()
        )

    def _refer(self, dossier: Dossier, record: Record, reason: e.ReferralReason) -> None:
        self._turn_away(dossier, record, e.DossierReferred(reason))

    def _refuse(self, dossier: Dossier, record: Record, finding: Refuse) -> None:
        record.turned_until = finding.date.isoformat()
        self._turn_away(dossier, record, e.DossierRefused(finding.reason))

    def _turn_away(
        self, dossier: Dossier, record: Record, body: e.DossierReferred | e.DossierRefused
    ) -> None:
        core = self._core
        core.artefacts.put(dossier.id, TURNED_AWAY, encode(record))
        core.record(*_released(dossier), body, dossier=dossier.id)
        core.people[dossier.id] = record

    async def forget(self, command: c.ForgetIdentity) -> c.Done:
        dossier = self._identifiable(command.dossier)
        self._core.pending.pop(dossier.id, None)
        self._core.prompt(dossier.id, SCAN_CARD)
        self._core.touch()
        return c.Done()

    async def refer(self, command: c.Refer) -> c.Done:
        dossier = self._allowed(command.dossier, Action.REFER)
        pending = self._core.pending.pop(dossier.id, None)
        record = pending.record if pending else self._core.people.get(dossier.id, Record())
        self._refer(dossier, record, command.reason)
        return c.Done()

    async def abandon(self, command: c.Abandon) -> c.Done:
        dossier = self._allowed(command.dossier, Action.ABANDON)
        abandoned = e.DossierAbandoned(command.reason)
        self._core.record(*_released(dossier), abandoned, dossier=dossier.id)
        return c.Done()

    # ---- corrections at the review -----------------------------------------------------------

    async def correct(self, command: c.CorrectIdentity) -> c.Done:
        """Judged again with what was typed: it may turn into a referral or refusal."""
        dossier = self._allowed(command.dossier, Action.CORRECT)
        core = self._core
        before = core.people[dossier.id]
        known = before.person or Person()
        said = parse_typed(
            name=command.name, birth=command.birth, sex=command.sex, residence=command.residence
        )
        typed = msgspec.structs.replace(
            known,
            name=said.name or known.name,
            birth=said.birth if said.birth.stated else known.birth,
            sex=said.sex or known.sex,
            residence=said.residence or known.residence,
            enrolled_on="",
        )
        finding = decide(
            card=None,
            on_roster=before.on_roster,
            typed=typed,
            policy=core.policy.identity,
            today=core.local_time().date(),
        )
        record = msgspec.structs.replace(before, person=finding.person, typed=typed)
        match finding:
            case Proceed():
                self.store(dossier, record, finding.contradictions)
            case Refer(reason=reason):
                self._refer(dossier, record, reason)
            case Refuse():
                self._refuse(dossier, record, finding)
        return c.Done()

    async def set_delivery(self, command: c.SetDelivery) -> c.Done:
        dossier = self._allowed(command.dossier, Action.CORRECT)
        record = msgspec.structs.replace(
            self._core.people[dossier.id],
            delivery=command.delivery,
            address=tidy(command.address),
        )
        self.store(dossier, record, dossier.contradictions)
        return c.Done()

    def store(
        self, dossier: Dossier, record: Record, contradictions: tuple[e.Contradiction, ...]
    ) -> None:
        core = self._core
        sealed = core.artefacts.put(
            dossier.id, identity_name(dossier.identity_no + 1), encode(record)
        )
        core.record(e.IdentityCorrected(sealed, contradictions), dossier=dossier.id)
        core.people[dossier.id] = record

    # ---- look-ups ----------------------------------------------------------------------------

    def _identifiable(self, dossier_id: str) -> Dossier:
        dossier = self._allowed(dossier_id, Action.IDENTIFY)
        assert dossier.stage is Stage.CHECKED_IN
        return dossier

    def _allowed(self, dossier_id: str, action: Action) -> Dossier:
        core = self._core
        core.open_keys()
        dossier = core.dossier(dossier_id)
        if action not in allowed(dossier, core.policy.capture):
            raise NotAllowed(
                f"{action.value} in stage {dossier.stage.value}",
                N_("This is not possible in the dossier's present stage."),
            )
        return dossier


def _released(dossier: Dossier) -> list[e.DeviceReleased]:
    return [e.DeviceReleased(device) for device in dossier.holding]
