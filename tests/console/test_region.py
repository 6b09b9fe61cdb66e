"""What the region has set stands where people look: board, desk, shift page, technician's page."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Page, expect

from edge.refused import Peer
from edge.report import orders as o
from edge.standing import CONNECTED, Standing, write
from tests.console.operator import Operator
from tests.unit.region.orders_given import mailbox

PEER = Peer("broker.example", 8883, "uplink")
PAUSED = ("Tạm ngừng nhận số", "No new numbers for the moment")


def tell(data: Path, standing: Standing) -> None:
    """As the uplink does."""
    with closing(sqlite3.connect(data / "edge.db", isolation_level=None)) as db:
        write(db, standing)


def test_a_pause_target_and_hours_are_shown_in_the_words_of_each_page(
    operator: Operator, passer_by: Page
) -> None:
    page, url = operator.page, operator.house.url
    passer_by.goto(f"{url}/board")
    with mailbox(operator.house.data) as region:
        region.send(o.SetTarget(200, 390, 1440))
        region.send(o.PauseIntake())
        region.send(o.ResumeIntake(), role=o.Role.OPERATOR)

        for words in PAUSED:
            expect(passer_by.locator("header .closed")).to_contain_text(words)
            expect(passer_by.locator(".welcome", has_text=words)).to_have_count(1)
        expect(passer_by.locator("footer")).to_contain_text("06:30–24:00")

        note = page.locator(".rail .contradiction")
        expect(note).to_contain_text("Tạm ngừng nhận số theo lệnh của cấp trên")
        page.locator(".button.queue").click()
        operator.button("Vãng lai").click()
        expect(page.locator(".advice")).to_contain_text("hiện không cấp số mới")

        page.goto(f"{url}/shift")
        sealed = page.locator(".figure.good")
        expect(sealed).to_contain_text("Đã niêm phong, chỉ tiêu 200")
        expect(page.locator("header")).to_contain_text("mở cửa 06:30–24:00")

        page.goto(f"{url}/technician?lang=en")
        card = page.locator(".device.region")
        expect(card).to_contain_text("Target: 200 dossiers a day, open 06:30–24:00")
        expect(card).to_contain_text("No new numbers: the region has paused the intake.")
        rows = card.locator("tr")
        expect(rows).to_have_count(3)
        expect(rows.nth(0)).to_contain_text("Resume the intake")
        expect(rows.nth(0)).to_contain_text("refused: its sender may not")
        expect(rows.nth(1)).to_contain_text("done")
        passer_by.goto(f"{url}/technician?lang=en")
        expect(passer_by.locator(".device.region")).to_contain_text("Target: 200")
        expect(passer_by.locator(".device.region tr")).to_have_count(0)

        tell(operator.house.data, Standing.of(PEER.not_let_in("Not authorized")))
        expect(card.locator(".mend").nth(0)).to_contain_text(
            "The broker broker.example does not let this machine in: Not authorized.",
        )
        expect(card.locator(".mend").nth(1)).to_contain_text("correct uplink")
        tell(operator.house.data, Standing(True, CONNECTED, params={"host": PEER.host}))
        expect(card).to_contain_text("Connected to the region's broker")

        region.send(o.ResumeIntake())
        expect(card).to_contain_text("Tickets are being issued.")
        expect(rows).to_have_count(4)
        page.goto(f"{url}/?lang=vi")
        expect(page.locator(".notice")).to_contain_text("lại cấp số như thường")
        expect(page.locator(".rail .contradiction")).to_have_count(0)
        operator.button("Đã hiểu").click()
