"""Accounts as a page: administrators manage those of their branch, and nobody gives more than they
have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, insert, select
from starlette.testclient import TestClient

from edge.report.orders import Role
from monitor import access
from monitor.access import Account, Refused
from monitor.store.database import open_store
from monitor.store.schema import audit, place
from monitor.web.app import build
from tests.unit.monitor.test_web_api import NOW, PASSWORD, bearer

PLACES = {"vn": "Việt Nam", "vn/hue": "Huế", "vn/hue/phu-xuan": "Phú Xuân", "vn/ha-noi": "Hà Nội"}
ACCOUNTS = (
    ("lan", Role.ADMINISTRATOR, ""),
    ("hue", Role.ADMINISTRATOR, "vn/hue"),
    ("canbo", Role.OPERATOR, "vn/hue"),
    ("hanoi", Role.OPERATOR, "vn/ha-noi"),
)


@pytest.fixture
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{tmp_path_factory.mktemp('accounts') / 'region.db'}")
    with engine.begin() as connection:
        connection.execute(insert(place), [{"path": p, "name": n} for p, n in PLACES.items()])
    for name, role, branch in ACCOUNTS:
        access.add_account(engine, name, PASSWORD, role, branch, by="setup", now=NOW)
    yield engine
    engine.dispose()


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    with TestClient(build(engine, None, clock=lambda: NOW), follow_redirects=False) as client:
        while client.get("/tree").status_code == 503:
            pass
        yield client


def post(client: TestClient, path: str, who: str, form: dict[str, str]) -> tuple[int, str]:
    answer = client.post(f"{path}?lang=en", data=form, headers=bearer(client, who))
    return answer.status_code, answer.text


def of(engine: Engine, name: str) -> Account | None:
    with engine.connect() as connection:
        found = access.account_of(connection, name)
    return None if found is None else found[0]


def test_the_page_shows_the_accounts_of_the_branch(client: TestClient) -> None:
    text = client.get("/accounts?lang=en", headers=bearer(client, "hue")).text
    assert 'id="account-canbo"' in text
    assert "account-hanoi" not in text
    assert "account-lan" not in text


@pytest.mark.parametrize("path", ["/accounts", "/accounts/new", "/accounts/lan/remove"])
def test_it_is_for_administrators(client: TestClient, path: str) -> None:
    assert client.get(path, headers=bearer(client, "canbo")).status_code == 404
    assert client.post(path, headers=bearer(client, "canbo")).status_code in (404, 405)


def test_an_account_is_added_and_signs_in(client: TestClient, engine: Engine) -> None:
    form = {"name": "moi", "password": PASSWORD, "role": "operator", "branch": "vn/hue/phu-xuan"}
    assert post(client, "/accounts/new", "hue", form)[0] == 303
    assert access.check(engine, "moi", PASSWORD, NOW) == Account(
        "moi", Role.OPERATOR, "vn/hue/phu-xuan"
    )
    with engine.connect() as connection:
        who = connection.scalars(select(audit.c.who).where(audit.c.target == "moi"))
        assert "hue" in list(who)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "short"}, "10 characters"),
        ({"name": "canbo"}, "There is an account canbo already"),
        ({"name": "Có Dấu"}, "small letters"),
        ({"branch": "vn/ha-noi"}, "outside your own"),
        ({"branch": ""}, "outside your own"),
        ({"branch": "vn/hue/nowhere"}, "has no vn/hue/nowhere"),
        ({"role": "king"}, "Choose a role"),
    ],
)
def test_an_unfit_account_is_refused_on_the_form_that_keeps_what_was_typed(
    client: TestClient, engine: Engine, change: dict[str, str], said: str
) -> None:
    form = {"name": "moi", "password": PASSWORD, "role": "viewer", "branch": "vn/hue"} | change
    status, text = post(client, "/accounts/new", "hue", form)
    assert status == 422
    assert said in text
    assert f'value="{form["name"]}"' in text
    assert PASSWORD not in text
    assert of(engine, "moi") is None


def test_password_role_and_branch_are_changed_and_sessions_end(
    client: TestClient, engine: Engine
) -> None:
    old = bearer(client, "canbo")
    assert post(client, "/accounts/canbo/password", "hue", {"password": "battery staple"})[0] == 303
    assert client.get("/alarms", headers=old).status_code == 303
    assert isinstance(access.check(engine, "canbo", PASSWORD, NOW), Refused)
    form = {"role": "viewer", "branch": "vn/hue/phu-xuan"}
    assert post(client, "/accounts/canbo/change", "hue", form)[0] == 303
    assert of(engine, "canbo") == Account("canbo", Role.VIEWER, "vn/hue/phu-xuan")


def test_an_account_is_removed(client: TestClient, engine: Engine) -> None:
    old = bearer(client, "canbo")
    assert post(client, "/accounts/canbo/remove", "lan", {})[0] == 303
    assert of(engine, "canbo") is None
    assert client.get("/alarms", headers=old).status_code == 303


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/accounts/hanoi/remove", {}),
        ("/accounts/hanoi/password", {"password": PASSWORD + "!"}),
        ("/accounts/lan/change", {"role": "viewer", "branch": "vn/hue"}),
        ("/accounts/canbo/change", {"role": "administrator", "branch": ""}),
        ("/accounts/hue/remove", {}),
        ("/accounts/nobody/remove", {}),
    ],
)
def test_nobody_reaches_beyond_their_branch_nor_removes_themselves(
    client: TestClient, engine: Engine, path: str, form: dict[str, str]
) -> None:
    before = [of(engine, name) for name, _, _ in ACCOUNTS]
    status, _ = post(client, path, "hue", form)
    assert status in (404, 422)
    assert [of(engine, name) for name, _, _ in ACCOUNTS] == before
    assert isinstance(access.check(engine, "hanoi", PASSWORD, NOW), Account)
