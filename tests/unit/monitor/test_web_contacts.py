"""Whom to call about a booth: its own people, else its place's; written by those who act."""

from __future__ import annotations

from sqlalchemy import Engine
from starlette.testclient import TestClient

from monitor.store import contacts
from monitor.store.contacts import Contact
from tests.unit.monitor.test_web_accounts import client, engine  # noqa: F401  (fixtures)
from tests.unit.monitor.test_web_api import bearer


def test_the_nearest_contact_is_the_booth_s(engine: Engine) -> None:  # noqa: F811
    with engine.begin() as connection:
        for of, who, name in (
            ("vn", "technician", "An"),
            ("vn/hue", "technician", "Bình"),
            ("vn/hue", "booth", "Chi"),
            ("HU0001", "booth", "Dũng"),
        ):
            contacts.put(connection, Contact(of, who, name, "0900"))
        found = contacts.of_booth(connection, "HU0001", "vn/hue/phu-xuan")
        assert {who: one.name for who, one in found.items()} == {
            "booth": "Dũng",
            "technician": "Bình",
        }
        contacts.put(connection, Contact("HU0001", "booth", "", ""))
        assert contacts.of_booth(connection, "HU0001", "vn/hue/phu-xuan")["booth"].name == "Chi"
        assert contacts.of_booth(connection, "HN0001", "vn/ha-noi")["technician"].name == "An"


def test_there_is_no_form_for_a_booth_that_is_not_there(client: TestClient) -> None:  # noqa: F811
    for who in ("lan", "canbo"):
        assert client.get("/booth/XX0001/contacts", headers=bearer(client, who)).status_code == 404
        answer = client.post("/booth/XX0001/contacts", headers=bearer(client, who))
        assert answer.status_code == 404
