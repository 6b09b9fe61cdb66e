"""What may happen next to a dossier: pure functions of its state and the policy."""

from __future__ import annotations

from controller import stages
from controller.dossier.actions import Action
from controller.dossier.state import Dossier, Outcome, Stage
from controller.policy import CapturePolicy
from edge.journal.events import Device, Paper


def captures_complete(dossier: Dossier, policy: CapturePolicy) -> bool:
    return all(stage.done(dossier, policy) for stage in stages.named(policy.stages))


def papers_due(dossier: Dossier, *, intake_form: bool) -> tuple[Paper, ...]:
    """Papers that the dossier's end needs and that have not been printed (or given up)."""
    due: tuple[Paper, ...]
    if dossier.outcome is Outcome.REFUSED:
        due = (Paper.REFUSAL,)
    elif dossier.outcome is Outcome.REFERRED:
        due = (Paper.CORRECTION,)
    elif dossier.stage is Stage.SEALED:
        due = (Paper.INTAKE_FORM,) if intake_form else ()
        due += (Paper.APPOINTMENT,)
    else:
        due = ()
    return tuple(paper for paper in due if paper not in dossier.printed)


def allowed(dossier: Dossier, policy: CapturePolicy, *, intake_form: bool = True) -> set[Action]:
    """Every action that makes sense now. Anything else is refused before it touches the journal."""
    actions: set[Action] = set()
    if dossier.outcome is Outcome.ABANDONED and dossier.stage is not Stage.CLOSED:
        return {Action.CLOSE}
    match dossier.stage:
        case Stage.CHECKED_IN:
            actions = {Action.IDENTIFY, Action.REFER, Action.ABANDON}
        case Stage.IDENTIFIED:
            actions = {Action.CORRECT, Action.REFER, Action.ABANDON}
            for stage in stages.named(policy.stages):
                actions |= stage.allowed(dossier, policy)
            if captures_complete(dossier, policy):
                actions.add(Action.CONFIRM)
        case Stage.CONFIRMED:
            actions = {Action.SEAL, Action.ABANDON}
        case Stage.SEALED | Stage.TURNED_AWAY:
            if not papers_due(dossier, intake_form=intake_form):
                actions = {Action.CLOSE}
        case Stage.CLOSED:
            pass
    return actions


def needs(dossier: Dossier, policy: CapturePolicy) -> set[Device]:
    """Devices that this dossier still has to pass."""
    if dossier.outcome is not None:
        return set()
    if dossier.stage is Stage.CHECKED_IN:
        return {Device.SCANNER}
    if dossier.stage is not Stage.IDENTIFIED:
        return set()
    return {
        stage.device
        for stage in stages.named(policy.stages)
        if not stage.done(dossier, policy) and stage.may_begin(dossier, policy)
    }


def check_digit(number: str) -> int:
    """Luhn digit (ISO/IEC 7812-1 Annex B) over the digits of ``number``: catches mistyping."""
    total = 0
    for index, digit in enumerate(reversed([int(c) for c in number if c.isdigit()])):
        doubled = digit * 2 if index % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10


def dossier_id(station: str, number: int) -> str:
    """``TH0417-000123-6``: station code, running number, check digit."""
    stem = f"{station}-{number:06d}"
    return f"{stem}-{check_digit(stem)}"
