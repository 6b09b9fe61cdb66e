"""A person goes through the whole booth: by touch alone, and by keyboard and scanner alone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.console.operator import Operator


def test_a_whole_dossier_by_touch_only(touching: Operator) -> None:
    page, house = touching.page, touching.house
    row, sealed = house.next_person(), house.sealed()
    if touching.button("Mở bàn 1").count():
        touching.button("Mở bàn 1").tap()
        if house.board_numbers():
            touching.called_number()  # somebody of another test; the panel grows by that
    page.locator(".button.queue").tap()
    touching.button("Vãng lai").tap()
    number = touching.called_number()
    touching.button("Đã đến").tap()
    page.get_by_label("Số thẻ (CCCD hoặc CMND)").fill(row["number"])
    touching.button("Tra số").tap()
    accept = touching.button("Chấp nhận và tiếp tục")
    expect(accept.or_(page.get_by_text(row["name"])).first).to_be_visible()
    if accept.count():
        accept.tap()
    expect(page.locator(".who strong")).to_have_text(row["name"])
    touching.citizen_sits_and_gives_fingers(row)
    touching.button("Cho công dân xem").tap()
    expect(page.locator(".sheet dd.name")).to_have_text(row["name"])
    expect(page.locator(".sheet dd.number")).to_have_text(row["number"])
    touching.button("Thông tin đúng").tap()
    expect(page.locator(".desk")).to_be_visible()
    expect(touching.chip(number)).to_have_count(0)
    assert house.sealed() == sealed + 1


def test_a_whole_dossier_by_keyboard_and_scanner_only(operator: Operator) -> None:
    page, house = operator.page, operator.house
    row, sealed = house.next_person(), house.sealed()
    if operator.button("Mở bàn 1").count():
        page.keyboard.press("F2")
    house.hands["pico"].do("press", button="ticket")
    number = operator.called_number()
    page.keyboard.press("F3")
    expect(page.get_by_label("Số thẻ (CCCD hoặc CMND)")).to_be_visible()
    operator.scan_with_wedge(row)
    accept = operator.button("Chấp nhận và tiếp tục")
    expect(accept.or_(page.get_by_text(row["name"])).first).to_be_visible()
    if accept.count():
        page.keyboard.press("Enter")
    expect(page.locator(".who strong")).to_have_text(row["name"])
    operator.citizen_sits_and_gives_fingers(row)
    page.keyboard.press("Enter")
    expect(page.locator(".sheet dd.name")).to_be_visible()
    expect(page.locator(".sheet dd.name")).to_have_text(row["name"])
    page.keyboard.press("Enter")
    expect(page.locator(".desk")).to_be_visible()
    expect(operator.chip(number)).to_have_count(0)
    assert house.sealed() == sealed + 1
