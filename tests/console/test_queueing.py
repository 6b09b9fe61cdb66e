"""Tickets beyond the usual: moved between kinds and desks, and those of scheduled groups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

from tests.console.operator import Operator

SCHOOL = "THPT Sông Lô 12A"


def test_a_ticket_is_moved_to_another_kind_and_to_another_desk(operator: Operator) -> None:
    page, url = operator.page, operator.house.url
    page.locator(".button.queue").click()
    operator.button("Vãng lai").click()
    waiting = page.locator(".row-item", has=page.get_by_text("Sang Ưu tiên"))
    expect(waiting).to_have_count(1)
    number = waiting.locator("b").inner_text()
    ticket = page.locator(".row-item", has=page.get_by_text(number, exact=True))
    operator.button("Sang Ưu tiên").click()
    expect(ticket.locator("> span")).to_have_text("Ưu tiên")
    operator.button("Sang Vãng lai").click()
    expect(ticket.locator("> span")).to_have_text("Vãng lai")

    second = Operator(operator.house, page.context.new_page())
    second.page.goto(f"{url}/?desk=2")
    second.button("Mở bàn 2").click()  # the station calls to a free desk by itself
    assert second.called_number() == int(number)
    expect(ticket).to_contain_text("Bàn 2")
    operator.button("Sang bàn 1").click()
    assert operator.called_number() == int(number)
    expect(second.page.locator(".called")).to_have_count(0)

    second.page.locator(".button.queue").click()
    second.button("Đóng bàn 2").click()
    expect(second.button("Mở bàn 2")).to_be_visible()
    operator.button("Vắng mặt").click()
    expect(page.locator(".called")).to_have_count(0)


def test_a_schedule_is_imported_and_each_touch_issues_a_ticket_of_the_group(
    operator: Operator,
) -> None:
    page, house = operator.page, operator.house
    page.goto(f"{house.url}/technician")
    schedule = f"group,name,day,time,people\nG12,{SCHOOL},{house.today()},07:30,3\n"
    choose(page, schedule.encode("cp1258", "ignore"))
    expect(page.locator(".advice")).to_contain_text("UTF-8")
    choose(page, schedule.replace("07:30", "7 giờ").encode())
    expect(page.locator(".advice")).to_contain_text("dòng 2: ")
    expect(page.locator(".schedule tr")).to_have_count(0)
    choose(page, schedule.encode("utf-16"))
    expect(page.locator(".advice")).to_have_count(0)
    expect(page.locator(".schedule .good")).to_contain_text("name = “name”")
    listed = page.locator(".schedule tr", has_text=SCHOOL)
    expect(listed).to_contain_text("đã cấp 0/3 số")

    operator.at_desk()
    page.locator(".button.queue").click()
    group = page.locator(".group", has_text=f"07:30 {SCHOOL}")
    group.locator("button").first.click()
    expect(group).to_contain_text("đã cấp 1/3 số")
    operator.button("Cấp hết 2 số còn lại").click()
    expect(group).to_contain_text("đã cấp 3/3 số")
    expect(group.locator("button")).to_have_count(1)  # nobody is left
    expect(page.locator(".row-item > span", has_text="Đoàn G12")).to_have_count(3)
    page.goto(f"{house.url}/technician")
    expect(listed).to_contain_text("đã cấp 3/3 số")

    operator.at_desk()
    page.locator(".button.queue").click()
    tickets = page.locator(".row-item", has_text="Đoàn G12")
    for _ in range(3):  # they went home; other tests want an empty queue
        tickets.first.get_by_text("Gọi", exact=True).click()
        operator.called_number()
        operator.button("Vắng mặt").click()
        expect(page.locator(".called")).to_have_count(0)


def test_a_touch_is_not_lost_when_somebody_else_comes_while_the_finger_is_down(
    operator: Operator,
) -> None:
    page, pico = operator.page, operator.house.hands["pico"]
    queue = page.locator(".button.queue")
    queue.click()
    operator.button("Vãng lai").click()
    rows = page.locator(".row-item", has=page.get_by_text("Gọi", exact=True))
    expect(rows).to_have_count(1)
    number = rows.locator("b").inner_text()
    ticket = page.locator(".row-item", has=page.get_by_text(number, exact=True))

    with touch(page, ticket.get_by_text("Sang Ưu tiên")):
        pico.do("press", button="ticket")
        expect(rows).to_have_count(2)
    expect(ticket.locator("> span")).to_have_text("Ưu tiên")
    with touch(page, queue):
        operator.button("Vãng lai").dispatch_event("click")  # at the other desk
        expect(queue).to_contain_text("3 người chờ")
    expect(rows).to_have_count(0)

    queue.click()
    with touch(page, ticket.get_by_text("Gọi", exact=True)):
        operator.button("Ưu tiên").dispatch_event("click")
        expect(rows).to_have_count(4)
    assert operator.called_number() == int(number)
    with touch(page, operator.button("Vắng mặt")):
        # At the other desk: a second press of the button so soon would be taken for the first.
        operator.button("Vãng lai").dispatch_event("click")
        expect(rows).to_have_count(4)
    expect(page.locator(".called")).to_have_count(0)
    for left in (3, 2, 1, 0):  # they went home
        rows.first.get_by_text("Gọi", exact=True).click()
        operator.called_number()
        operator.button("Vắng mặt").click()
        expect(page.locator(".called")).to_have_count(0)
        expect(rows).to_have_count(left)


def test_a_touch_on_a_dossier_is_not_lost_when_another_one_begins(operator: Operator) -> None:
    page, chips = operator.page, operator.page.locator(".chip")
    first = operator.open_without_ticket()
    operator.open_without_ticket()
    expect(page.locator(".who small")).not_to_contain_text(first)
    beside = Operator(operator.house, page.context.new_page()).at_desk()
    with touch(page, chips.first):
        beside.open_without_ticket()
        expect(chips).to_have_count(3)
    expect(page.locator(".who small")).to_contain_text(first)
    expect(page.locator(".chip.chosen")).to_have_count(1)
    for _ in range(3):
        operator.end_dossier()
    expect(chips).to_have_count(0)


@contextmanager
def touch(page: Page, target: Locator) -> Iterator[None]:
    """A finger on ``target``; what happens until it is lifted happens within."""
    target.hover()
    page.mouse.down()
    yield
    page.mouse.up()


def choose(page: Page, content: bytes) -> None:
    file = {"name": "lich-doan.csv", "mimeType": "text/csv", "buffer": content}
    page.locator(".schedule input[type=file]").set_input_files(file)  # type: ignore[arg-type]
