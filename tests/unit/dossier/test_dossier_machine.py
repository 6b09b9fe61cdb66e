"""A dossier led through everything that ``allowed`` allows, in any order, with crashes between."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from controller.dossier.actions import Action
from controller.dossier.state import Dossier, Outcome, Stage
from controller.policy import CapturePolicy
from controller.rules import allowed, captures_complete, needs, papers_due
from controller.stages.fingers.stage import next_position
from controller.state import State, books
from edge.journal import events as e
from tests.unit.station.hand_made import DIGEST, HandMade

POLICY = CapturePolicy()
POSITIONS = st.sampled_from(e.Position)


def way_out(state: State, dossier_id: str, seq: int) -> Outcome | None:
    """End the dossier with allowed actions alone; its outcome when that came to CLOSED."""
    booth = HandMade()
    booth.state = state
    booth.events = [None] * seq  # type: ignore[list-item]  # only their number matters here
    for _ in range(40):
        dossier = state.dossiers.get(dossier_id)
        if dossier is None:
            return state.ended[-1].outcome
        actions = allowed(dossier, POLICY)
        due = papers_due(dossier, intake_form=True)
        if Action.CLOSE in actions:
            booth.record(e.DossierClosed(0), dossier=dossier_id)
        elif Action.SEAL in actions:
            booth.record(e.Sealed(DIGEST, 1, 1), dossier=dossier_id)
        elif Action.CONFIRM in actions:
            confirmed = e.Confirmed(e.ConfirmedBy.SCREEN, e.Delivery.IN_PERSON)
            booth.record(confirmed, dossier=dossier_id)
        elif due:
            booth.record(e.Printed(1, due[0]), dossier=dossier_id)
        elif Action.TAKE_FINGER in actions and (position := next_position(dossier, POLICY)):
            missing = e.FingerMissing(position, e.MissingReason.WORN)
            booth.record(missing, dossier=dossier_id)
        elif Action.TAKE_PORTRAIT in actions:
            booth.record(e.PortraitTaken(DIGEST, 50, 4), dossier=dossier_id)
        elif Action.ABANDON in actions:
            booth.record(e.DossierAbandoned(e.AbandonReason.ILL), dossier=dossier_id)
        else:
            return None
    return None


class DossierMachine(RuleBasedStateMachine):
    @initialize()
    def somebody_comes(self) -> None:
        self.booth = HandMade()
        self.id = self.booth.open()
        self.best: dict[e.Position, int] = {}

    @property
    def dossier(self) -> Dossier | None:
        return self.booth.state.dossiers.get(self.id)

    def may(self, action: Action) -> bool:
        return self.dossier is not None and action in allowed(self.dossier, POLICY)

    def record(self, *bodies: e.AnyBody) -> None:
        self.booth.clock.advance(1)
        self.booth.record(*bodies, dossier=self.id)

    def released(self) -> list[e.DeviceReleased]:
        return [
            e.DeviceReleased(device) for device in (self.dossier.holding if self.dossier else ())
        ]

    # ---- what may happen -----------------------------------------------------------------

    @precondition(lambda self: self.may(Action.IDENTIFY))
    @rule()
    def identify(self) -> None:
        self.record(*self.released())
        self.booth.identify(self.id)

    @precondition(lambda self: bool(self.dossier and needs(self.dossier, POLICY)))
    @rule(data=st.data())
    def take_a_device(self, data: st.DataObject) -> None:
        assert self.dossier is not None
        if not self.dossier.holding:
            device = data.draw(st.sampled_from(sorted(needs(self.dossier, POLICY))))
            self.record(e.DeviceTaken(device))

    @rule()
    def release(self) -> None:
        self.record(*self.released())

    @precondition(lambda self: self.may(Action.TAKE_PORTRAIT))
    @rule(quality=st.integers(0, 100))
    def portrait(self, quality: int) -> None:
        assert self.dossier is not None
        if self.dossier.portrait is not None:
            self.record(e.PortraitReopened())
        self.record(e.PortraitTaken(DIGEST, quality, 4))

    @precondition(lambda self: self.may(Action.TAKE_FINGER))
    @rule(quality=st.integers(0, 100), good=st.booleans(), same=st.booleans())
    def present_a_finger(self, quality: int, good: bool, same: bool) -> None:
        """As the station judges it: the best of the tries is what a capture carries."""
        assert self.dossier is not None
        position = next_position(self.dossier, POLICY)
        assert position is not None
        if same:
            self.record(e.FingerRejected(position, e.FingerProblem.SAME_FINGER, quality))
            return
        self.best[position] = max(quality, self.best.get(position, -1))
        best = self.best[position]
        tries = self.dossier.finger(position).tries + 1
        if good or tries >= POLICY.finger_tries:
            self.record(e.FingerCaptured(position, best, tries, f"{best:064x}"))
        else:
            rejected = e.FingerRejected(
                position, e.FingerProblem.LOW_QUALITY, quality, f"{quality:064x}"
            )
            self.record(rejected)

    @precondition(lambda self: self.may(Action.CORRECT))
    @rule(position=POSITIONS)
    def missing(self, position: e.Position) -> None:
        assert self.dossier is not None
        if not self.dossier.finger(position).done:
            self.record(e.FingerMissing(position, e.MissingReason.BANDAGED))
            self.best.pop(position, None)

    @precondition(lambda self: self.may(Action.CORRECT))
    @rule(position=POSITIONS)
    def take_again(self, position: e.Position) -> None:
        self.record(e.FingerReopened(position))
        self.best.pop(position, None)

    @precondition(lambda self: self.may(Action.CORRECT))
    @rule()
    def all_the_rest(self) -> None:
        assert self.dossier is not None
        while position := next_position(self.dossier, POLICY):
            self.record(e.FingerMissing(position, e.MissingReason.WORN))
            self.best.pop(position, None)

    @precondition(lambda self: self.may(Action.CORRECT))
    @rule()
    def correct(self) -> None:
        assert self.dossier is not None
        before = deepcopy((self.dossier.portrait, self.dossier.fingers))
        self.record(e.IdentityCorrected(DIGEST))
        assert (self.dossier.portrait, self.dossier.fingers) == before

    @precondition(lambda self: self.may(Action.REFER))
    @rule()
    def refer(self) -> None:
        self.record(*self.released(), e.DossierReferred(e.ReferralReason.DATA_DISPUTED))

    @precondition(lambda self: self.may(Action.ABANDON))
    @rule()
    def abandon(self) -> None:
        self.record(*self.released(), e.DossierAbandoned(e.AbandonReason.LEFT))

    @precondition(lambda self: self.may(Action.CONFIRM))
    @rule()
    def confirm(self) -> None:
        assert self.dossier is not None
        assert captures_complete(self.dossier, POLICY)
        self.record(*self.released(), e.Confirmed(e.ConfirmedBy.BUTTON, e.Delivery.POST))

    @precondition(lambda self: self.may(Action.SEAL))
    @rule()
    def seal(self) -> None:
        self.record(e.Sealed(DIGEST, 1, 1))

    @precondition(lambda self: bool(self.dossier and papers_due(self.dossier, intake_form=True)))
    @rule(dropped=st.booleans())
    def paper(self, dropped: bool) -> None:
        assert self.dossier is not None
        paper = papers_due(self.dossier, intake_form=True)[0]
        self.record(e.PrintDropped(1, paper) if dropped else e.Printed(1, paper))

    @precondition(lambda self: self.may(Action.CLOSE))
    @rule()
    def close(self) -> None:
        self.record(e.DossierClosed(0))

    @rule()
    def crash(self) -> None:
        self.booth.power_cut(20)
        if self.dossier is not None:
            assert self.dossier.holding == {}

    # ---- what always holds ---------------------------------------------------------------

    @invariant()
    def the_journal_alone_gives_the_same_state(self) -> None:
        assert self.booth.replayed() == self.booth.state

    @invariant()
    def there_is_always_a_way_to_the_end(self) -> None:
        state = deepcopy(self.booth.state)
        outcome = way_out(state, self.id, len(self.booth.events))
        assert outcome is not None
        if self.dossier is not None and self.dossier.outcome is not None:
            assert outcome is self.dossier.outcome  # nothing turns one end into another

    @invariant()
    def the_best_try_is_kept(self) -> None:
        for position, finger in (self.dossier.fingers if self.dossier else {}).items():
            if finger.missing is None and finger.best_quality >= 0:
                assert finger.best_quality == self.best[position]
                assert finger.best_sealed == f"{finger.best_quality:064x}"
                assert 1 <= finger.best_try <= finger.tries <= POLICY.finger_tries

    @invariant()
    def a_confirmed_dossier_is_complete(self) -> None:
        if self.dossier and self.dossier.stage in (Stage.CONFIRMED, Stage.SEALED):
            assert captures_complete(self.dossier, POLICY)
            assert self.dossier.person is not None

    @invariant()
    def it_holds_at_most_one_device_and_needs_none_at_its_end(self) -> None:
        if self.dossier is not None:
            assert len(self.dossier.holding) <= 1
            if self.dossier.outcome is not None or self.dossier.stage is Stage.CONFIRMED:
                assert not self.dossier.holding
                assert needs(self.dossier, POLICY) == set()

    @invariant()
    def the_books_balance(self) -> None:
        assert books(self.booth.state).lost == 0


DossierMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestDossier = DossierMachine.TestCase
