"""What the screens show of the signature."""

from __future__ import annotations

from controller.console.desk import Desk
from controller.console.frame import Frame
from controller.console.panels import Panel
from controller.console.parts import Tag
from controller.views import DossierView, StationView


class SignaturePanel(Panel):
    label = "Signature"
    place = "Pad"
    go_to = "Sign on the pad"
    span = "Until the signature"
    device = "Signature pad"

    def draw(self, desk: Desk, id: str, mode: str) -> None:
        Tag("p", desk.say("The person signs now."), "signing")
        super().draw(desk, id, mode)

    def sheet(self, page: Frame[StationView], dossier: DossierView) -> list[tuple[str, str]]:
        return [(self.label, page.say("taken"))]


PANEL = SignaturePanel()
