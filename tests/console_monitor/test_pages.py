"""Booth, alarms, progress, ledger, history: what they show, what one can do there, and who may."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from edge.report.orders import Locate, Role, SetTarget, verify
from monitor import access
from monitor.store.schema import account, alarm, audit, command, hour, station
from tests.console_monitor.conftest import DESK, PASSWORD, PHONE, WALL, Opened, Site, watched

ROOMS = (
    "/tree",
    "/progress/vn/thanh-hoa",
    "/compare/vn/thanh-hoa",
    "/report/vn",
    "/alarms",
    "/ledger",
    "/history",
    "/booth/TH0001",
    "/accounts",
    "/accounts/new",
)


def ordered(region: Site, code: str) -> Any:
    with region.engine.connect() as connection:
        query = select(command).where(command.c.station == code)
        return connection.execute(query.order_by(command.c.issued_at.desc())).first()


def test_a_booth_s_page_says_what_it_did_and_that_all_of_it_is_here(
    opened: Opened, region: Site
) -> None:
    made = region.made.booths[0]
    page = opened(f"/booth/{made.code}", language="en")
    expect(page.locator("h1")).to_contain_text("TH0001 Bỉm Sơn")
    expect(page.locator(".figure", has_text="sealed today").locator("b")).to_have_text(
        str(made.sealed)
    )
    ledger = page.locator(".card", has_text="Ledger")
    expect(ledger.locator(".good b")).to_have_text("0")
    expect(ledger).to_contain_text("the chain agrees")
    expect(page.locator(".devices .works")).to_have_count(5)
    expect(page.locator(".card", has_text="Last facts")).to_contain_text("sealed in")
    expect(page.locator(".pair", has_text="Fingers").locator("b")).to_contain_text(":")


def test_it_is_live(opened: Opened, region: Site) -> None:
    made = region.made.booths[1]
    page = opened(f"/booth/{made.code}", language="en")
    shown = page.locator(".figure", has_text="sealed today").locator("b")
    expect(shown).to_have_text(str(made.sealed))
    with region.engine.begin() as connection:
        at = connection.scalar(
            select(hour.c.at).where(hour.c.station == made.code, hour.c.at >= region.made.midnight)
        )
        connection.execute(
            update(hour)
            .where(hour.c.station == made.code, hour.c.at == at)
            .values(sealed=hour.c.sealed + 5)
        )
        connection.execute(
            update(station).where(station.c.station == made.code).values(changed_at=region.now())
        )
    expect(shown).to_have_text(str(made.sealed + 5))


def test_a_failed_device_is_named_with_its_fault(opened: Opened, region: Site) -> None:
    broken = next(b for b in region.made.booths if b.device == "printer")
    page = opened(f"/booth/{broken.code}", language="en")
    expect(page.locator(".booth-head")).to_contain_text("printer: out of paper")
    expect(page.locator(".devices .failed")).to_contain_text("Printer")


def test_a_command_is_asked_signed_sent_and_answered(opened: Opened, region: Site) -> None:
    page = opened("/booth/TH0001", language="en")
    page.click("[data-with=locate]")
    expect(page.locator(".ask")).to_contain_text("TH0001 lights up")
    page.click(".ask .main")
    expect(page.locator(".orders li").first).to_contain_text("waits to be sent")
    row = ordered(region, "TH0001")
    given = verify(row.wire, "TH0001", region.key.public_key())
    assert given.order == Locate(15)
    assert given.role is Role.ADMINISTRATOR
    assert given.expires_at > given.issued_at
    for values, said in (
        ({"sent_at": region.now()}, "sent, not answered yet"),
        ({"answered_at": region.now(), "outcome": "done"}, "done"),
    ):
        with region.engine.begin() as connection:  # as an ingest worker does
            connection.execute(update(command).where(command.c.id == row.id).values(**values))
            connection.execute(
                update(station).where(station.c.station == "TH0001").values(changed_at=region.now())
            )
        expect(page.locator(".orders li").first).to_contain_text(said)
    with region.engine.connect() as connection:
        note = connection.scalar(
            select(audit.c.note).where(audit.c.what == "command", audit.c.target == "TH0001")
        )
    assert note == f"locate {row.id}"


def test_a_command_that_was_not_confirmed_is_not_given(opened: Opened, region: Site) -> None:
    page = opened("/booth/HC0001", language="en")
    page.click("[data-with=pause_intake]")
    page.click(".ask >> text=Cancel")
    expect(page.locator(".ask")).to_have_count(0)
    assert ordered(region, "HC0001") is None


def test_target_and_hours_are_set_together(opened: Opened, region: Site) -> None:
    page = opened("/booth/HN0001", language="en")
    page.click("[data-with=set_target]")
    page.get_by_label("Dossiers a day").fill("310")
    page.get_by_label("Opens").fill("06:30")
    page.get_by_label("Closes").fill("23:00")
    page.click(".ask .main")
    expect(page.locator(".orders li").first).to_contain_text("Set target and hours")
    row = ordered(region, "HN0001")
    assert verify(row.wire, "HN0001", region.key.public_key()).order == SetTarget(310, 390, 1380)


def test_whom_to_call_is_written_down_and_shown(opened: Opened) -> None:
    page = opened("/booth/HU0002", who="lan", language="en")
    card = page.locator(".card", has_text="Whom to call")
    expect(card).to_contain_text("nobody is named")
    page.click("[aria-label='Change whom to call']")
    page.get_by_label("Technician: name").fill("Trần <b>Văn</b> A")
    page.get_by_label("Technician: telephone").fill("0912 345 678")
    page.click(".ask .main")
    expect(card).to_contain_text("Trần <b>Văn</b> A")
    expect(card.locator("a[href^='tel:']")).to_have_attribute("href", "tel:0912345678")
    viewer = opened("/booth/HU0002", who="man-hinh", language="en")
    expect(viewer.locator(".card", has_text="Whom to call")).to_contain_text("0912 345 678")
    assert viewer.locator("[aria-label='Change whom to call']").count() == 0


def test_an_alarm_is_acknowledged_with_name_and_note_for_all_to_see(
    opened: Opened, region: Site
) -> None:
    mine, other = opened("/alarms", language="en"), opened("/alarms", who="man-hinh", language="en")
    first = mine.locator(".alarm:not(.taken)").nth(2)
    id = first.get_attribute("id")
    first.locator(".button").click()
    mine.get_by_label("Note").fill("Technician is on the way <b>")
    mine.click(".ask .main")
    for page in (mine, other):
        taken = page.locator(f"#{id}.taken")
        expect(taken).to_contain_text("lan has it")
        expect(taken).to_contain_text("Technician is on the way <b>")
    mine.goto(f"{region.url}/alarms?kind=offline&lang=en")
    assert mine.locator(".alarm").count() >= 1
    texts = mine.locator(".alarm .what").all_inner_texts()
    assert all("No contact" in text for text in texts)
    mine.goto(f"{region.url}/alarms?branch=vn/ca-mau")
    assert all("Cà Mau" in t or "CM" in t for t in mine.locator(".alarm .where").all_inner_texts())
    with region.engine.connect() as connection:
        row = connection.execute(
            select(alarm).where(alarm.c.id == int(str(id).removeprefix("alarm-")))
        ).one()
    assert (row.acknowledged_by, row.note) == ("lan", "Technician is on the way <b>")
    assert row.cleared_at is None


def test_alarms_tell_a_flapping_one_and_put_the_outage_first(opened: Opened) -> None:
    page = opened("/alarms")
    expect(page.locator(".alarm").first).to_contain_text("Cà Mau")
    assert page.locator(".held").count() > 0


def test_progress_says_what_it_takes(opened: Opened) -> None:
    page = opened("/progress/vn/thanh-hoa", size=WALL, language="en")
    expect(page.locator(".verdict")).to_contain_text("to finish in time")
    chart = page.locator("svg.burn-up.for-wide")
    for part in (".done", ".way", ".band", ".target", ".due"):
        expect(chart.locator(part).first).to_be_attached()
    expect(chart).to_contain_text("due 06/01")
    box = chart.bounding_box()
    assert box is not None
    assert box["width"] > 900


def test_the_tree_goes_down_to_the_booths(opened: Opened) -> None:
    page = opened("/tree", language="en")
    expect(page.locator("h1")).to_have_text("Việt Nam")
    page.click("text=Thanh Hóa")
    expect(page.locator("h1")).to_have_text("Thanh Hóa")
    page.click("text=Bỉm Sơn")
    page.click("text=TH0001")
    expect(page.locator("h1")).to_contain_text("TH0001")


def test_the_ledger_says_missing_nothing_for_the_whole_region(opened: Opened) -> None:
    page = opened("/ledger", language="en")
    expect(page.locator(".verdict.good")).to_contain_text("Missing: 0.")


def test_history_shows_the_bad_days(opened: Opened) -> None:
    page = opened("/history/vn/ca-mau", language="en")
    assert page.locator("td.h1").count() > 0
    page.locator(".heat tbody a").first.click()
    expect(page.locator(".heat tbody a")).to_have_count(1)


# ---- who may see and do what --------------------------------------------------------------------


def test_an_operator_of_a_province_sees_nothing_else(opened: Opened, region: Site) -> None:
    page = opened("/", who="thanh")
    assert page.locator(".t").count() == sum(
        b.province == "vn/thanh-hoa" for b in region.made.booths
    )
    assert page.locator("#branches a").count() == 0
    for path in ("/booth/HN0001", "/tree/vn/ha-noi", "/progress/vn", "/history/vn/ha-noi"):
        response = page.goto(f"{region.url}{path}")
        assert response is not None
        assert response.status == 404, path
        assert "Hà Nội" not in page.content()
    page.goto(f"{region.url}/alarms")
    assert "Cà Mau" not in page.content()
    page.goto(f"{region.url}/ledger")
    assert page.locator("tbody tr").count() == 98


def test_a_role_has_its_own_buttons(opened: Opened) -> None:
    operator = opened("/booth/TH0001", who="thanh")
    kinds = operator.eval_on_selector_all("[data-with]", "b => b.map(x => x.dataset.with)")
    assert kinds == ["locate", "report_now", "send_logs"]
    viewer = opened("/booth/TH0001", who="man-hinh")
    expect(viewer.locator(".booth-head")).to_be_visible()
    assert viewer.locator("[data-with], main form").count() == 0


def test_whoever_sends_a_form_without_having_the_button_is_refused(
    opened: Opened, region: Site
) -> None:
    """The server decides: a viewer who sends the form by hand gets nothing, nor the form."""
    page = opened("/booth/HC0002", who="man-hinh", language="en")
    path = "/booth/HC0002/order/locate"
    status, text = page.evaluate(
        "async (path) => { const a = await fetch(path, {method: 'POST'});"
        " return [a.status, await a.text()]; }",
        path,
    )
    assert status == 403
    assert "Your role may not" in text
    page.goto(f"{region.url}{path}")
    expect(page.locator("h1")).to_contain_text("Your role may not")
    assert ordered(region, "HC0002") is None


def test_the_open_page_of_a_removed_administrator_ends_and_commands_nothing(
    opened: Opened, region: Site
) -> None:
    """The page stands open with its form filled in; the account goes; the form is sent."""
    name, now = "tam-thoi", region.now()
    access.add_account(region.engine, name, PASSWORD, Role.ADMINISTRATOR, "", by="lan", now=now)
    page = opened("/booth/HC0003", who=name, language="en")
    asked = page.context.new_page()
    asked.goto(f"{region.url}/booth/HC0003/order/pause_intake")
    wall = page.context.new_page()
    wall.goto(region.url)
    for one in (page, wall):
        one.bring_to_front()
    access.remove_account(region.engine, name, by="lan", now=now)
    asked.click(".ask button[type=submit]")
    expect(asked.locator(".signin")).to_be_visible()
    assert ordered(region, "HC0003") is None
    for one in (page, wall):
        one.bring_to_front()
        expect(one.locator(".signin")).to_be_visible()


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"branch": "vn/hue"}])
def test_an_account_that_has_another_role_or_branch_signs_in_anew(
    opened: Opened, region: Site, change: dict[str, str]
) -> None:
    name, now = f"doi-{next(iter(change))}", region.now()
    access.add_account(region.engine, name, PASSWORD, Role.OPERATOR, "", by="lan", now=now)
    page = opened("/alarms", who=name)
    with region.engine.begin() as connection:
        connection.execute(update(account).where(account.c.name == name).values(**change))
    expect(page.locator(".signin")).to_be_visible()


@pytest.mark.parametrize("path", ["/", *ROOMS])
def test_each_page_is_whole_without_scripts(browser: Browser, region: Site, path: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=DESK)
    try:
        page = watched(context.new_page(), region.url)
        page.goto(f"{region.url}/signin?next={path}&lang=en")
        page.fill("[name=name]", "lan")
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_load_state()
        assert page.locator("h1").count() == 1
        assert page.locator("main").inner_text().strip()
        assert page.locator(".banner:visible").count() == 0
    finally:
        context.close()


def test_without_scripts_one_finds_acknowledges_and_commands(
    browser: Browser, region: Site
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=DESK)
    try:
        page = watched(context.new_page(), region.url)
        page.goto(f"{region.url}/signin?lang=en")
        page.fill("[name=name]", "lan")
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_load_state()
        page.fill("#search", "bim son")
        page.click(".find")
        expect(page.locator(".t")).to_have_count(1)
        page.click(".t")
        page.click("[data-with=report_now]")
        page.click(".ask .main")
        expect(page.locator(".said")).to_contain_text("Sent")
        expect(page.locator(".orders li").first).to_contain_text("Report everything now")
        page.goto(f"{region.url}/alarms")
        first = page.locator(".alarm:not(.taken)").last
        id = first.get_attribute("id")
        first.locator(".button").click()
        page.click(".ask .main")
        expect(page.locator(f"#{id}.taken")).to_contain_text("lan has it")
    finally:
        context.close()


def test_nobody_gets_in_without_signing_in(opened: Opened, region: Site) -> None:
    page = opened("/alarms", who="")
    expect(page.locator(".signin")).to_be_visible()
    page.fill("[name=name]", "lan")
    page.fill("[name=password]", "wrong horse")
    page.click("button[type=submit]")
    expect(page.locator(".advice")).to_be_visible()
    page.fill("[name=password]", "correct horse")
    page.click("button[type=submit]")
    page.wait_for_url(f"{region.url}/alarms")
    page.click("text=Đăng xuất")
    expect(page.locator(".signin")).to_be_visible()
    page.goto(f"{region.url}/ledger")
    expect(page.locator(".signin")).to_be_visible()


def test_pages_are_in_both_languages(opened: Opened) -> None:
    page = opened("/ledger")
    expect(page.locator("h1")).to_have_text("Sổ cái")
    page.click("text=English")
    expect(page.locator("h1")).to_have_text("Ledger")


@pytest.mark.parametrize("path", ROOMS)
@pytest.mark.parametrize("size", [PHONE, DESK, WALL], ids=["phone", "desk", "wall"])
def test_every_page_fits_every_screen(opened: Opened, path: str, size: Any) -> None:
    page = opened(path, size=size)
    page.wait_for_selector("main.page")
    assert fits(page) <= size["width"]


def fits(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width
