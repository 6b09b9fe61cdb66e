"""The drawing of two hands shows each finger's state, mirrored right."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from controller.stages.fingers.hands import hands_svg
from edge.journal.events import Position

SVG = "{http://www.w3.org/2000/svg}"


def drawn(states: dict[str, str], next_position: str | None) -> ET.Element:
    svg = hands_svg(states, next_position, "label", ("Left", "Right"))
    return ET.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def classes(svg: ET.Element) -> list[str]:
    return [
        rect.attrib["class"] for rect in svg.iter(f"{SVG}rect") if "finger" in rect.attrib["class"]
    ]


def test_ten_fingers_are_drawn_and_only_the_next_is_marked() -> None:
    found = classes(drawn({}, "left_index"))
    assert len(found) == 10
    assert found.count("finger next") == 1


def test_captured_and_missing_differ_by_shape_not_by_colour_alone() -> None:
    states = {p.value: "captured" for p in Position} | {"right_ring": "missing"}
    svg = drawn(states, None)
    assert classes(svg).count("finger captured") == 9
    marks = {path.attrib["d"].count("m") for path in svg.iter(f"{SVG}path")}
    assert len(marks) == 2


def test_the_right_hand_is_the_mirror_of_the_left() -> None:
    groups = [g for g in drawn({"right_thumb": "captured"}, None) if g.tag == f"{SVG}g"]
    left, right = groups
    assert "scale(-1 1)" in right.attrib["transform"]
    assert "finger captured" not in [r.attrib.get("class") for r in left.iter(f"{SVG}rect")]
    assert "finger captured" in [r.attrib.get("class") for r in right.iter(f"{SVG}rect")]
