"""The signature as a stage: its device, its kind of row, its artefact, its fact and its figure."""

from __future__ import annotations

from controller.dossier.data import Part
from controller.dossier.names import Kept, numbered
from controller.dossier.state import Capture, Dossier
from controller.papers.facts import CaptureFacts
from controller.policy import CapturePolicy, LinePolicy
from controller.stages import Stage
from edge.journal import events as e
from edge.report.stages import NOT_CAPTURED, Tally, Told
from ground.config import line

PAD = e.bring_device("signature_pad")
FILE = "signature.png"


class SignatureTaken(e.Body, frozen=True, tag="signature_taken"):
    """``sealed`` None: it has to be taken again."""

    quality: e.Percent
    sealed: e.Digest | None = None


def signature_name(number: int) -> str:
    return numbered("signature", number, "png")


def _taken(tally: Tally, body: SignatureTaken) -> bool:
    tally.marks[0] = NOT_CAPTURED if body.sealed is None else body.quality
    tally.takes += body.sealed is not None
    return body.sealed is not None


class SignatureData(Part, frozen=True):
    ink: e.Percent


class SignaturePart(Part, frozen=True):
    signature: SignatureData


class SignatureStage(Stage):
    name = "signature"
    part = SignaturePart
    device = PAD
    events = frozenset({SignatureTaken})
    files = (FILE,)
    told = Told("signature", PAD, 1, {SignatureTaken: _taken}, figure="Today/Signatures")
    advice_else = "The signature pad does not work. Pull its cable and put it back."

    def assumed_s(self, policy: LinePolicy) -> float:
        return 10.0

    def apply(self, dossier: Dossier, event: e.Event) -> None:
        body = event.body
        assert isinstance(body, SignatureTaken)
        if body.sealed is None:
            del dossier.captures[self.name]
            return
        number = dossier.captures_no.get(self.name, 0) + 1
        dossier.captures_no[self.name] = number
        dossier.captures[self.name] = Capture(body.sealed, body.quality, number)
        dossier.marks[self.name] = event.at

    def may_begin(self, dossier: Dossier, policy: CapturePolicy) -> bool:
        """Who signs has been photographed."""
        return dossier.portrait is not None

    def done(self, dossier: Dossier, policy: CapturePolicy) -> bool:
        return self.name in dossier.captures

    def quality(self, dossier: Dossier) -> int | None:
        taken = dossier.captures.get(self.name)
        return taken.quality if taken else None

    def printed(self, dossier: Dossier) -> CaptureFacts:
        return CaptureFacts("Signature", line("ink {ink}", ink=self.quality(dossier)))

    def kept(self, dossier: Dossier) -> tuple[Kept, ...]:
        taken = dossier.captures.get(self.name)
        if taken is None:
            return ()
        return (Kept(signature_name(taken.no), taken.sealed, FILE, SignatureTaken(0)),)

    def data(self, dossier: Dossier) -> SignaturePart:
        return SignaturePart(SignatureData(ink=dossier.captures[self.name].quality))


SIGNATURE = SignatureStage()
