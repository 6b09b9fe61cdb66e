"""Light, dark and paper; numbers that are never cut off; states that need no eye for colours."""

from __future__ import annotations

import re
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert, update

from monitor.store.schema import alarm, hour, station
from tests.console_monitor.conftest import DESK, PHONE, WALL, Opened, Site


def luminance(page: Page, selector: str) -> float:
    """Relative luminance of an element's background, 0…1 (WCAG 2.2)."""
    colour: str = page.eval_on_selector(selector, "e => getComputedStyle(e).backgroundColor")
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("scheme", "bright"), [("light", True), ("dark", False)])
def test_light_or_dark_is_the_system_s_choice(
    opened: Opened, scheme: Literal["light", "dark"], bright: bool
) -> None:
    page = opened("/", size=DESK)
    page.emulate_media(color_scheme=scheme)
    assert (luminance(page, "body") > 0.5) is bright
    # Deuteranopia makes red and amber one hue: these two differ in lightness, in both themes.
    light, dark = luminance(page, ".of.s2 .t"), luminance(page, ".of.s0 .t")
    assert (light + 0.05) / (dark + 0.05) > 3
    assert (
        page.locator("#n-standing")
        .evaluate("e => getComputedStyle(e, '::before').content")
        .startswith('"!')
    )


@pytest.mark.parametrize("path", ["/report/vn/thanh-hoa", "/progress/vn/thanh-hoa", "/ledger"])
def test_paper_is_white_and_has_no_buttons(opened: Opened, path: str) -> None:
    page = opened(path, size=DESK)
    page.emulate_media(media="print", color_scheme="dark")
    assert luminance(page, "body") > 0.95
    for selector in (".bar", ".exports", ".button", "main form"):
        assert page.locator(f"{selector}:visible").count() == 0, selector
    if path.startswith("/report"):
        expect(page.locator(".signatures div:visible")).to_have_count(2)
    ink: str = page.eval_on_selector("h1", "e => getComputedStyle(e).color")
    assert max(int(part) for part in re.findall(r"\d+", ink)[:3]) < 100


@pytest.mark.parametrize("size", [PHONE, DESK, WALL], ids=["phone", "desk", "wall"])
def test_a_tile_never_cuts_its_numbers_off(opened: Opened, size: Any) -> None:
    page = opened("/", size=size)
    seen = """tiles => tiles.filter(tile => {
        const box = tile.getBoundingClientRect();
        return box.top >= 0 && box.bottom < innerHeight;
    })"""
    assert page.eval_on_selector_all(".wall .t", f"tiles => ({seen})(tiles).length") >= 6
    cut = page.eval_on_selector_all(
        ".wall .t",
        f"""tiles => ({seen})(tiles).filter(tile => {{
            const box = tile.getBoundingClientRect();
            return [...tile.querySelectorAll('i, u, span')].some(e => {{
                const its = e.getBoundingClientRect();
                return its.right > box.right + 0.5 || e.scrollWidth > e.clientWidth + 1;
            }}) || tile.querySelector('small').clientWidth < 20;
        }}).map(tile => tile.id)""",
    )
    assert cut == []


def test_the_wall_says_who_has_an_alarm(opened: Opened, region: Site) -> None:
    code = region.made.booths[200].code
    with region.engine.begin() as connection:
        connection.execute(
            insert(alarm).values(
                kind="supply_low",
                place="vn",
                station=code,
                severity=1,
                raised_at=region.now(),
                device="",
                held=False,
                detail='{"millivolt": 10600}',
                acknowledged_at=region.now(),
                acknowledged_by="thanh",
            )
        )
    page = opened("/", size=WALL, language="en")
    expect(page.locator(f"#{code}")).to_contain_text("thanh has it")
    expect(page.locator(f"#{code}")).to_contain_text("10.6 V")
    with region.engine.begin() as connection:
        mine = update(alarm).where(alarm.c.station == code, alarm.c.kind == "supply_low")
        connection.execute(mine.values(cleared_at=region.now()))


def test_news_leave_the_focus_where_it_is(opened: Opened, region: Site) -> None:
    made = region.made.booths[5]
    page = opened(f"/booth/{made.code}", language="en")
    button = page.locator("[data-with=report_now]")
    button.focus()
    shown = page.locator(".figure", has_text="sealed today").locator("b")
    expect(shown).to_have_text(str(made.sealed))
    mine = hour.c.station == made.code
    with region.engine.begin() as connection:
        connection.execute(
            update(hour)
            .where(mine, hour.c.at >= region.made.midnight)
            .values(sealed=hour.c.sealed + 1)
        )
        connection.execute(
            update(station).where(station.c.station == made.code).values(changed_at=region.now())
        )
    expect(shown).not_to_have_text(str(made.sealed))
    expect(button).to_be_focused()
