"""Accounts: who gets in, who is locked out, who sees which branch."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, func, insert, select, update

from edge.report.orders import Locate, PauseIntake, Role
from ground.serve.places import Busy
from monitor import access
from monitor.access import AccessError, Account, Refused
from monitor.store.database import writing
from monitor.store.schema import account, audit, place, session
from monitor.web.sessions import OF_ACCOUNT_MAX, SHIFT_MS, VIEWER_MS, Sessions
from tests.patience import CEILING_S

NOW = 1_800_000_000_000
GOOD = "correct horse"


@pytest.fixture
def region(engine: Engine) -> Engine:
    with engine.begin() as connection:
        connection.execute(
            insert(place), [{"path": "vn", "name": "Việt Nam"}, {"path": "vn/hue", "name": "Huế"}]
        )
    access.add_account(engine, "lan", GOOD, Role.OPERATOR, "vn/hue", by="setup", now=NOW)
    return engine


def what(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        return [(w, t) for w, t in connection.execute(select(audit.c.what, audit.c.target))]


def test_the_right_password_opens_and_is_nowhere_to_be_read(region: Engine) -> None:
    assert access.check(region, "lan", GOOD, NOW) == Account("lan", Role.OPERATOR, "vn/hue")
    assert access.check(region, " LAN ", GOOD, NOW) == Account("lan", Role.OPERATOR, "vn/hue")
    with region.connect() as connection:
        secret = connection.scalar(select(account.c.secret))
    assert secret is not None
    assert GOOD.encode() not in secret
    assert len(secret) == 16 + 64


def test_a_wrong_name_and_a_wrong_password_look_alike(region: Engine) -> None:
    assert access.check(region, "lan", "wrong horse", NOW) == Refused()
    assert access.check(region, "nobody", GOOD, NOW) == Refused()


def test_five_wrong_tries_lock_even_the_right_password_out_for_longer_and_longer(
    region: Engine,
) -> None:
    for _ in range(access.TRIES - 1):
        assert access.check(region, "lan", "wrong horse", NOW) == Refused()
    assert access.check(region, "lan", "wrong horse", NOW) == Refused(60)
    assert access.check(region, "lan", GOOD, NOW + 59_000) == Refused(1)
    assert access.check(region, "lan", "wrong horse", NOW + 60_000) == Refused(120)
    assert access.check(region, "lan", GOOD, NOW + 179_000) == Refused(1)
    assert isinstance(access.check(region, "lan", GOOD, NOW + 180_000), Account)
    assert access.check(region, "lan", "wrong horse", NOW + 181_000) == Refused()


def test_wrong_tries_from_one_address_lock_nobody_out_at_another(region: Engine) -> None:
    for n in range(40):
        access.check(region, "lan", f"guess {n}", NOW + n, "203.0.113.9")
    assert access.check(region, "lan", GOOD, NOW + 41, "203.0.113.9") == Refused(60)
    assert isinstance(access.check(region, "lan", GOOD, NOW + 42, "198.51.100.1"), Account)
    assert isinstance(access.check(region, "lan", GOOD, NOW + 43, "203.0.113.9"), Refused)
    rows = what(region)
    assert rows.count((access.REFUSED, "lan")) == access.TRIES


async def test_who_comes_when_the_queue_is_full_is_told_at_once_and_nothing_counts(
    region: Engine,
) -> None:
    """The store's one writer is ourselves, so that no try can end before all have come."""
    with writing(region):
        tries = [
            asyncio.create_task(access.sign_in(region, "lan", GOOD, NOW, f"10.0.{n // 8}.1"))
            for n in range(80)
        ]
        done, waiting = await asyncio.wait(tries, return_when=asyncio.FIRST_EXCEPTION)
        assert waiting
        told = [task.exception() for task in done]
        assert all(isinstance(error, Busy) for error in told)
        while len(done) < 80 - 24:  # the last eight places are kept for addresses that are known
            more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            done |= more
    ended = await asyncio.gather(*waiting)
    assert all(isinstance(one, Account) for one in ended)
    assert len(ended) == 24
    assert isinstance(await access.sign_in(region, "lan", GOOD, NOW, "10.0.9.1"), Account)


def test_guesses_sent_together_do_not_slip_past_the_lock(region: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        guesses = list(
            pool.map(lambda n: access.check(region, "lan", f"guess {n}", NOW), range(12))
        )
    assert all(isinstance(guess, Refused) for guess in guesses)
    wrong = [w for w, _ in what(region) if w == access.REFUSED]
    assert len(wrong) == access.TRIES


def test_a_new_password_frees_a_locked_account(region: Engine) -> None:
    for _ in range(access.TRIES):
        access.check(region, "lan", "wrong horse", NOW)
    access.set_password(region, "lan", "battery staple", by="chief", now=NOW + 1)
    assert isinstance(access.check(region, "lan", "battery staple", NOW + 2), Account)


@pytest.mark.parametrize(
    ("name", "password", "branch", "said"),
    [
        ("lan", GOOD, "", "There is an account lan already"),
        ("Lan Anh", GOOD, "", "small letters"),
        ("anh", "short", "", "10 characters"),
        ("anh", GOOD, "vn/nowhere", "has no vn/nowhere"),
    ],
)
def test_an_unfit_account_is_refused_with_what_to_do(
    region: Engine, name: str, password: str, branch: str, said: str
) -> None:
    with pytest.raises(AccessError, match=said):
        access.add_account(region, name, password, Role.VIEWER, branch, by="setup", now=NOW)


def test_every_change_of_an_account_is_in_the_audit(region: Engine) -> None:
    access.set_password(region, "lan", "battery staple", by="chief", now=NOW)
    access.remove_account(region, "lan", by="chief", now=NOW)
    with pytest.raises(AccessError):
        access.remove_account(region, "lan", by="chief", now=NOW)
    assert what(region) == [(access.ADDED, "lan"), (access.CHANGED, "lan"), (access.REMOVED, "lan")]


def test_a_role_and_a_branch_bound_what_is_seen_and_done() -> None:
    operator = Account("lan", Role.OPERATOR, "vn/hue")
    assert operator.sees("vn/hue/phu-xuan")
    assert not operator.sees("vn")
    assert not operator.sees("vn/hue-2")
    assert operator.may(Locate)
    assert not operator.may(PauseIntake)
    assert not Account("x", Role.VIEWER, "").may(Locate)
    assert not Account("x", Role.VIEWER, "").acknowledges


class Time:
    now = NOW

    def __call__(self) -> int:
        return self.now


def test_a_session_ends_after_a_shift_and_a_viewer_s_after_a_month(region: Engine) -> None:
    clock = Time()
    sessions = Sessions(region, clock)
    access.add_account(region, "wall", GOOD, Role.VIEWER, "", by="setup", now=NOW)
    shift, _ = sessions.open(Account("lan", Role.OPERATOR, "vn/hue"))
    month, _ = sessions.open(Account("wall", Role.VIEWER, ""))
    clock.now = NOW + SHIFT_MS - 1
    assert sessions.account(shift) is not None
    clock.now = NOW + SHIFT_MS
    assert sessions.account(shift) is None
    assert sessions.account(month) is not None
    clock.now = NOW + VIEWER_MS
    assert sessions.account(month) is None


def test_a_session_ends_with_its_account_or_its_password(
    region: Engine,
) -> None:
    access.add_account(region, "anh", GOOD, Role.OPERATOR, "", by="setup", now=NOW)
    sessions = Sessions(region, Time())
    lan, _ = sessions.open(Account("lan", Role.OPERATOR, "vn/hue"))
    anh, _ = sessions.open(Account("anh", Role.OPERATOR, ""))
    access.set_password(region, "lan", "battery staple", by="chief", now=NOW)
    access.remove_account(region, "anh", by="chief", now=NOW)
    assert sessions.account(lan) is None
    assert sessions.account(anh) is None


def test_a_restart_signs_nobody_out_and_the_store_holds_no_token(region: Engine) -> None:
    token, _ = Sessions(region, Time()).open(Account("lan", Role.OPERATOR, "vn/hue"))
    assert Sessions(region, Time()).account(token) == Account("lan", Role.OPERATOR, "vn/hue")
    with region.connect() as connection:
        (row,) = connection.execute(select(session))
    assert token not in str(row)


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"branch": "vn"}])
def test_a_session_ends_with_its_role_or_branch(region: Engine, change: dict[str, str]) -> None:
    sessions = Sessions(region, Time())
    token, _ = sessions.open(Account("lan", Role.OPERATOR, "vn/hue"))
    with region.begin() as connection:
        connection.execute(update(account).values(**change))
    assert sessions.account(token) is None


async def test_an_open_page_s_seat_is_empty_as_soon_as_the_account_is_gone(
    region: Engine,
) -> None:
    over = asyncio.Event()
    sessions = Sessions(region, Time(), over.set)
    looking = asyncio.create_task(sessions.run())
    access.add_account(region, "anh", GOOD, Role.ADMINISTRATOR, "", by="setup", now=NOW)
    lan, anh = (Account("lan", Role.OPERATOR, "vn/hue"), Account("anh", Role.ADMINISTRATOR, ""))
    with (
        sessions.seat(sessions.open(anh)[0], anh) as dismissed,
        sessions.seat(sessions.open(lan)[0], lan) as other,
    ):
        access.remove_account(region, "anh", by="chief", now=NOW)
        await asyncio.wait_for(over.wait(), CEILING_S)
        assert (dismissed.account, other.account) == (None, lan)
    looking.cancel()


def test_old_sessions_make_room(region: Engine) -> None:
    sessions, clock = Sessions(region, Time()), Time()
    first, _ = sessions.open(Account("lan", Role.OPERATOR, "vn/hue"))
    with region.begin() as connection:
        rows = [
            {
                "key": f"{n}",
                "account": "lan",
                "mark": "",
                "opened_at": NOW + 1,
                "ends_at": NOW + SHIFT_MS,
            }
            for n in range(OF_ACCOUNT_MAX)
        ]
        connection.execute(insert(session), rows)
    clock.now = NOW + 2
    last, _ = Sessions(region, clock).open(Account("lan", Role.OPERATOR, "vn/hue"))
    assert sessions.account(first) is None
    assert sessions.account(last) is not None
    with region.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(session)) == OF_ACCOUNT_MAX


def test_tokens_are_not_guessed_and_signing_out_ends_one(region: Engine) -> None:
    sessions = Sessions(region, Time())
    token, _ = sessions.open(Account("lan", Role.OPERATOR, "vn/hue"))
    assert sessions.account(None) is None
    assert sessions.account("") is None
    assert sessions.account(token + "x") is None
    assert sessions.close(token) is not None
    assert sessions.account(token) is None
