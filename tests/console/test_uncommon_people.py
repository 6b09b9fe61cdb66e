"""People whose dossier is not the usual one: each has a way through."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.console.operator import WITHOUT_NUMBER, Operator


def test_portrait_forced_finger_missing_card_by_post_and_a_correction(operator: Operator) -> None:
    page, house = operator.page, operator.house
    row, sealed, before = house.next_person(), house.sealed(), house.shift()
    operator.open_without_ticket()
    operator.identify(row)
    bandaged = False
    for place in operator.places():
        if place == "portrait":
            operator.sit(row, eyes="closed")
            expect(page.locator(".advise.mend")).to_contain_text("mở")
            expect(page.locator(".prompt")).to_have_count(0)  # said once
            operator.button("Vẫn chụp").click()
            operator.button("Lý do sức khoẻ").click()
            expect(page.get_by_text("Vì sao vẫn chụp")).to_have_count(0)
            house.hands["camera"].do("leave")
        elif not bandaged:
            operator.button("Không lấy được ngón này").click()
            operator.button("Băng bó hoặc bị thương").click()
            expect(page.locator(".finger.missing")).to_have_count(1)
            bandaged = True
        else:
            operator.give_finger(row)

    operator.button("Nhận qua bưu điện").click()
    page.get_by_label("Địa chỉ nhận; để trống: nơi thường trú").fill("Số 5 phố Lê Lợi")
    operator.button("Gửi qua bưu điện").click()
    operator.button("Sửa thông tin").click()
    residence = page.get_by_label("Nơi thường trú")
    expect(residence).to_have_value(row["residence"])  # as a person looks before typing
    residence.fill("Xóm Mới, Tam Sơn")
    expect(residence).to_have_value("Xóm Mới, Tam Sơn")
    operator.button("Lưu phần sửa").click()
    expect(page.locator(".data dd", has_text="Xóm Mới, Tam Sơn")).to_be_visible()
    expect(page.locator(".finger.captured")).to_have_count(9)
    expect(page.locator(".finger.missing")).to_have_count(1)
    expect(page.locator(".progress li.done", has_text="Ảnh chân dung")).to_be_visible()

    operator.button("Cho công dân xem").click()
    sheet = page.locator(".sheet")
    for told in ("Xóm Mới, Tam Sơn", "9/10", "Băng bó", "Nhận qua bưu điện"):
        expect(sheet).to_contain_text(told)
    operator.citizen_presses_green()
    expect(page.locator(".desk")).to_be_visible()
    expect(page.locator(".chip")).to_have_count(0)
    after = house.shift()
    assert house.sealed() == sealed + 1
    assert after["forced"] == before["forced"] + 1
    assert after["missing_fingers"] == before["missing_fingers"] + 1
    assert after["without_ticket"] == before["without_ticket"] + 1
    assert after["lost"] == 0


def test_somebody_without_a_number_is_found_by_name_and_picked(operator: Operator) -> None:
    page = operator.page
    operator.open_without_ticket()
    operator.button("Tìm theo tên").click()
    page.get_by_label("Họ và tên, có dấu hoặc không dấu").fill("giang thi my")
    operator.button("Tìm").click()
    found = page.locator(".button.person", has_text=WITHOUT_NUMBER["name"])
    expect(found).to_contain_text("không có số")
    found.click()
    operator.accept(WITHOUT_NUMBER)
    operator.end_dossier()
