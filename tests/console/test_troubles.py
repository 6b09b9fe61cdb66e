"""Devices fail, people err: a plain message says what to do, and the rest goes on."""

from __future__ import annotations

from playwright.sync_api import expect

from ground.clock import kernel_synchronised
from tests.console.operator import Operator
from tests.hil.premises import time_service


def test_a_printer_out_of_paper_is_told_and_prints_when_it_has_paper(operator: Operator) -> None:
    page, printer = operator.page, operator.house.hands["printer"]
    printer.do("paper", state="out")
    try:
        trouble = page.locator(".trouble")
        expect(trouble.first).to_contain_text("Máy in hết giấy")
        page.locator(".button.queue").click()
        operator.button("Ưu tiên").click()
        expect(page.get_by_text("Đang in", exact=True)).to_be_visible()
        expect(operator.button("Trao số").or_(operator.button("Đã trao số"))).to_be_visible()
    finally:
        printer.do("paper", state="in")
    expect(page.locator(".trouble")).to_have_count(0)
    expect(page.get_by_text("Đang in", exact=True)).to_have_count(0)


def test_a_camera_that_is_unplugged_is_told_and_tickets_go_on(operator: Operator) -> None:
    page, camera = operator.page, operator.house.hands["camera"]
    camera.do("fault", kind="disconnect")
    try:
        expect(page.locator(".trouble").first).to_contain_text("Máy ảnh")
        page.locator(".button.queue").click()
        expect(page.get_by_text("Cấp số mới")).to_be_visible()
    finally:
        camera.do("heal")
    expect(page.locator(".trouble")).to_have_count(0)


def test_a_clock_that_nobody_vouches_for_is_said_to_clerk_and_technician(
    operator: Operator,
) -> None:
    """Where the kernel's clock is synchronised, the kernel does vouch for it."""
    page, service = operator.page, time_service(operator.house.data)
    said = 0 if kernel_synchronised() else 1
    service.stop()
    try:
        box = page.locator(".trouble.clock")
        expect(box).to_have_count(said)
        page.goto(f"{operator.house.url}/technician")
        expect(box).to_have_count(said)
        if said:
            expect(box).to_contain_text("Đồng hồ của trạm chưa được chỉnh")
    finally:
        service.synchronise()
    expect(page.locator(".trouble.clock")).to_have_count(0)


def test_a_scan_that_is_no_card_is_answered_in_words(operator: Operator) -> None:
    page = operator.page
    operator.open_without_ticket()
    page.get_by_label("Số thẻ (CCCD hoặc CMND)").fill("12345")
    page.keyboard.press("Enter")
    alert = page.locator(".advice")
    expect(alert).to_contain_text("5 chữ số")
    operator.scan_text("123456789012|nonsense|")
    expect(alert).to_contain_text("Quét lại")
    assert "|" not in page.get_by_label("Số thẻ (CCCD hoặc CMND)").input_value()
    operator.end_dossier()


def test_a_scan_without_anybody_at_the_desk_is_said(operator: Operator) -> None:
    page = operator.page
    expect(page.get_by_text("Chưa có ai ở bàn")).to_be_visible()
    operator.scan_with_wedge(operator.house.rows[0])
    expect(page.locator(".advice")).to_contain_text("không ai đang làm thủ tục")


def test_the_technician_tests_a_device_and_reads_the_result(operator: Operator) -> None:
    page = operator.page
    page.goto(f"{operator.house.url}/technician")
    scanner = page.locator(".device", has=page.get_by_text("Máy lấy vân tay"))
    scanner.get_by_text("Kiểm tra ngay").click()
    expect(scanner).to_contain_text("Kiểm tra đạt")


def test_a_lock_at_one_screen_closes_the_desk_at_once(operator: Operator) -> None:
    """And after the unlock everybody is where they were, with the words for their step."""
    page = operator.page
    operator.open_without_ticket()
    prompt = page.locator(".prompt").inner_text()
    page.keyboard.press("F10")
    expect(page.get_by_text("Trạm đang khoá")).to_be_visible()
    expect(page.locator(".desk")).to_have_count(0)
    operator.sign_in()
    expect(page.locator(".prompt")).to_have_text(prompt)
    assert prompt.startswith("Quét mã QR trên thẻ")
    operator.end_dossier()


def test_what_is_typed_the_instant_a_page_is_there_is_heard(operator: Operator) -> None:
    page = operator.page
    for _ in range(12):
        page.keyboard.press("F10")
        expect(page.get_by_text("Trạm đang khoá")).to_be_visible()
        operator.sign_in()


def test_a_card_that_is_scanned_while_the_page_comes_is_heard(operator: Operator) -> None:
    page = operator.page
    for _ in range(5):
        page.goto(operator.house.url, wait_until="commit")
        page.locator("#scan-sink").wait_for(state="attached")
        operator.scan_with_wedge(operator.house.rows[0])
        expect(page.locator(".advice")).to_contain_text("không ai đang làm thủ tục")


def test_every_notice_stays_until_it_is_understood(operator: Operator) -> None:
    page, hands = operator.page, operator.house.hands
    told = page.locator(".notice li")
    if told.count():
        page.locator(".notice button").click()
        expect(told).to_have_count(0)
    hands["pico"].do("lid", open=True)
    expect(told).to_contain_text("Nắp buồng máy đã bị mở")
    hands["pico"].do("lid", open=False)
    hands["scanner"].do("scan", text="GIẤY LẠ")
    expect(told).to_have_count(2)
    expect(told.first).to_contain_text("Có thẻ vừa được quét")
    expect(told.last).to_contain_text("Nắp buồng máy")
    page.locator(".notice button").click()
    expect(told).to_have_count(0)
    operator.at_desk()
    expect(page.locator(".dossier-head, .centre h1").first).to_be_visible()
    expect(told).to_have_count(0)
