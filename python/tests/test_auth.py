"""Protection of django.contrib.auth: who guesses is stopped, and no stranger locks an owner out.

The users are in a database, and are signed in by Django's own views. Time stands still.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import django.contrib.auth
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import User
from django.core import mail
from django.test import AsyncClient, Client, RequestFactory
from django.test.utils import override_settings, setup_databases, teardown_databases

from weir.django import auth, checks
from weir.django.refusal import Refused
from weir.django.test import override_limits

OWNER = "192.0.2.1"
STRANGER = "198.51.100.1"
RIGHT, WRONG = "right", "wrong"

SIGNED_IN, TOLD_NO, REFUSED = 302, 200, 429

FAST = "django.contrib.auth.hashers.MD5PasswordHasher"


@pytest.fixture(scope="module", autouse=True)
def users() -> Iterator[None]:
    hashers = override_settings(PASSWORD_HASHERS=[FAST])
    hashers.enable()
    databases = setup_databases(verbosity=0, interactive=False)
    for name in ("alice", "bob"):
        user = User(username=name, email=f"{name}@example.org")
        user.set_password(RIGHT)
        user.save()
    yield
    teardown_databases(databases, verbosity=0)
    hashers.disable()


@pytest.fixture(autouse=True)
def project(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = "sign_in_urls"
    settings.MIDDLEWARE = [*checks_middleware(), "weir.django.RateLimitMiddleware"]
    settings.AUTHENTICATION_BACKENDS = ["weir.django.auth.ModelBackend"]
    loader = ("django.template.loaders.locmem.Loader", {"form.html": "{{ form }}"})
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"loaders": [loader]},
        }
    ]
    settings.WEIR = {"API_KEY": {"VERIFY": None}}
    with override_limits():
        yield


def checks_middleware() -> list[str]:
    return [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]


def sign_in(
    password: str, address: str = OWNER, account: str = "alice", client: Client | None = None
) -> int:
    """The status of an attempt; from a device that nobody knows, unless a client is given."""
    form = {"username": account, "password": password}
    answer = (client or Client()).post("/sign-in", form, REMOTE_ADDR=address)
    return answer.status_code


def fail(times: int, *arguments: Any, **named: Any) -> list[int]:
    return [sign_in(WRONG, *arguments, **named) for _ in range(times)]


def known_device(address: str = OWNER) -> Client:
    """A browser that has signed in before and signed out."""
    client = Client()
    assert sign_in(RIGHT, address, client=client) == SIGNED_IN
    del client.cookies["sessionid"]
    return client


# Who guesses is stopped.


def test_refuses_the_sixth_failure_of_a_quarter_of_an_hour() -> None:
    assert fail(6) == [TOLD_NO] * 5 + [REFUSED]


def test_looks_at_no_password_while_refusing() -> None:
    fail(5)
    assert sign_in(RIGHT) == REFUSED


def test_says_when_to_come_back() -> None:
    fail(5)
    answer = Client().post("/sign-in", {"username": "alice", "password": RIGHT}, REMOTE_ADDR=OWNER)
    assert 800 <= int(answer["Retry-After"]) <= 920
    assert answer["Content-Type"] == "application/problem+json"


def test_admits_again_when_the_window_is_over() -> None:
    with override_limits() as clock:
        fail(5)
        clock.advance(916)
        assert sign_in(RIGHT) == SIGNED_IN


def test_success_is_given_back() -> None:
    assert [sign_in(RIGHT) for _ in range(12)] == [SIGNED_IN] * 12
    assert fail(6)[-2:] == [TOLD_NO, REFUSED]


def test_a_success_does_not_give_back_the_failures_before_it() -> None:
    fail(4)
    assert sign_in(RIGHT) == SIGNED_IN
    assert fail(2) == [TOLD_NO, REFUSED]


@pytest.mark.parametrize(
    "spelling", ["ALICE", " alice ", "\u00e1lice", "a\u0301lice", "\uff41lice", "alice\t"]
)
def test_no_spelling_of_an_account_makes_another_counter(spelling: str) -> None:
    fail(5)
    assert sign_in(WRONG, account=spelling) == REFUSED


def test_accounts_that_are_not_are_counted_alike() -> None:
    assert fail(6, account="nobody") == [TOLD_NO] * 5 + [REFUSED]


def test_one_network_may_fail_at_many_accounts_only_so_often() -> None:
    with override_limits({"sign-in-network": "7/15m"}):
        assert [sign_in(WRONG, STRANGER, f"user-{i}") for i in range(8)] == [TOLD_NO] * 7 + [429]
        assert sign_in(WRONG, OWNER, "user-9") == TOLD_NO


def test_addresses_of_one_customer_are_one_network() -> None:
    for i in range(5):
        assert sign_in(WRONG, f"2001:db8:7:{i}::1") == TOLD_NO
    assert sign_in(WRONG, "2001:db8:7:9::1") == REFUSED
    assert sign_in(WRONG, "2001:db8:8::1") == TOLD_NO


def test_many_networks_may_try_one_account_only_so_many() -> None:
    with override_limits({"sign-in-account": "3/h"}):
        for i in range(3):
            assert sign_in(WRONG, f"198.51.100.{i}") == TOLD_NO
        assert sign_in(RIGHT, "198.51.100.3") == REFUSED
        assert sign_in(WRONG, "198.51.100.0") == TOLD_NO, "a network that was seen already"
        assert sign_in(RIGHT, "198.51.100.3", account="bob") == SIGNED_IN


def test_an_api_that_tries_many_passwords_counts_each() -> None:
    answer = Client().post("/many", {"password": [WRONG] * 9 + [RIGHT]}, REMOTE_ADDR=OWNER)
    assert answer.status_code == REFUSED


def test_basic_authentication_is_held_to_the_same() -> None:
    def ask(password: str) -> int:
        pair = base64.b64encode(f"alice:{password}".encode()).decode()
        extra: Any = {"HTTP_AUTHORIZATION": f"Basic {pair}", "REMOTE_ADDR": OWNER}
        return Client().get("/api", **extra).status_code

    assert [ask(RIGHT) for _ in range(7)] == [200] * 7
    assert [ask(WRONG) for _ in range(6)] == [401] * 5 + [REFUSED]
    assert ask(RIGHT) == REFUSED


def test_two_backends_make_one_attempt(settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = [
        "test_auth.LimitedNobody",
        "weir.django.auth.ModelBackend",
        "sign_in_urls.Nobody",
    ]
    assert fail(6) == [TOLD_NO] * 5 + [REFUSED]


class LimitedNobody(auth.SignInLimits):
    """Knows nobody, and counts."""

    authenticate_below = None

    def authenticate(self, request: Any, **credentials: Any) -> None:
        self._attempt(request, credentials)


def test_an_attempt_that_succeeded_is_no_credit_for_another_backend() -> None:
    request = RequestFactory().post("/", REMOTE_ADDR=OWNER)
    with override_limits({"sign-in-pair": "1/h"}):
        assert auth.ModelBackend().authenticate(request, username="alice", password=RIGHT)
        LimitedNobody().authenticate(request, username="alice", password=WRONG)
        with pytest.raises(Refused):
            auth.ModelBackend().authenticate(
                RequestFactory().post("/", REMOTE_ADDR=OWNER), username="alice", password=RIGHT
            )


# No stranger locks an owner out.


def test_a_stranger_elsewhere_does_not_lock_the_owner_out() -> None:
    assert fail(9, STRANGER)[-1] == REFUSED
    assert sign_in(RIGHT, OWNER) == SIGNED_IN


def test_a_stranger_in_the_same_network_does_not_lock_a_known_device_out() -> None:
    browser = known_device()
    assert fail(9, OWNER)[-1] == REFUSED
    assert sign_in(RIGHT, OWNER) == REFUSED, "a device that nobody knows has to wait"
    assert sign_in(RIGHT, OWNER, client=browser) == SIGNED_IN


def test_a_hundred_networks_do_not_lock_a_known_device_out() -> None:
    browser = known_device()
    for i in range(100):
        sign_in(WRONG, f"203.0.113.{i}")
    assert sign_in(RIGHT, "192.0.2.77") == REFUSED
    assert sign_in(RIGHT, "192.0.2.77", client=browser) == SIGNED_IN


def test_a_known_device_has_a_limit_of_its_own() -> None:
    browser = known_device()
    assert fail(11, client=browser) == [TOLD_NO] * 10 + [REFUSED]
    assert sign_in(RIGHT, client=browser) == REFUSED
    assert sign_in(RIGHT, client=known_device()) == SIGNED_IN


def test_a_known_device_is_known_to_its_account_only() -> None:
    browser = known_device()
    assert fail(6, account="bob", client=browser)[-1] == REFUSED


def test_a_device_that_signs_in_again_stays_the_same() -> None:
    browser = known_device()
    fail(10, client=browser)
    with override_limits():  # time goes by
        assert sign_in(RIGHT, client=browser) == SIGNED_IN
    assert sign_in(RIGHT, client=browser) == REFUSED


def cookie_of(client: Client) -> str:
    (name,) = [name for name in client.cookies if name.startswith(auth.DEVICE_COOKIE)]
    return name


@pytest.mark.parametrize("forged", ["", "x", "x:y:z", "{}"])
def test_a_forged_device_is_none(forged: str) -> None:
    browser = known_device()
    name = cookie_of(browser)
    browser.cookies[name] = browser.cookies[name].value + forged if forged == "x" else forged
    assert fail(6, client=browser)[-1] == REFUSED


def test_a_cookie_of_another_account_is_none() -> None:
    mallory = Client()
    assert sign_in(RIGHT, STRANGER, account="bob", client=mallory) == SIGNED_IN
    mallory.cookies[auth.cookie_name("alice")] = mallory.cookies[cookie_of(mallory)].value
    assert fail(6, STRANGER, client=mallory)[-1] == REFUSED


def test_a_device_is_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = known_device()
    monkeypatch.setattr(auth, "DEVICE_AGE_S", -1)
    assert fail(6, client=browser)[-1] == REFUSED


def test_the_cookie_is_for_the_server_only() -> None:
    browser = known_device()
    cookie = browser.cookies[cookie_of(browser)]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert "alice" not in f"{cookie.key}{cookie.value}"


def test_who_fails_is_given_no_device() -> None:
    browser = Client()
    fail(3, client=browser)
    assert not any(name.startswith(auth.DEVICE_COOKIE) for name in browser.cookies)


# Settings, and what cannot be limited.


def test_limits_are_settings(settings: Any) -> None:
    settings.WEIR = {"SIGN_IN": {"PAIR": "2/h", "NETWORK": None}}
    with override_limits():
        assert fail(3) == [TOLD_NO, TOLD_NO, REFUSED]


@pytest.mark.parametrize(
    ("sign_in_settings", "expected"),
    [("5/m", "weir.E001"), ({"PAIRS": "5/m"}, "weir.E001"), ({"PAIR": "many"}, "weir.E002")],
)
def test_wrong_settings_are_told(
    settings: Any, monkeypatch: pytest.MonkeyPatch, sign_in_settings: Any, expected: str
) -> None:
    monkeypatch.setattr("weir.django.configuration.replacements", [])
    settings.WEIR = {"SIGN_IN": sign_in_settings}
    assert [message.id for message in checks.check_configuration(None)] == [expected]


def test_without_the_middleware_it_is_an_error_and_still_no_way_around(settings: Any) -> None:
    settings.MIDDLEWARE = checks_middleware()
    assert [message.id for message in checks.check_rules(None)] == ["weir.E010"]
    assert fail(6) == [TOLD_NO] * 5 + [400]


def test_without_a_request_nothing_is_limited_and_that_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    auth.warn_of_no_request.cache_clear()
    for _ in range(9):
        assert authenticate(username="alice", password=WRONG) is None
    assert [record.name for record in caplog.records if record.name == "weir"] == ["weir"]


def test_credentials_of_another_kind_are_not_its_business() -> None:
    request = RequestFactory().post("/")
    for _ in range(9):
        assert auth.ModelBackend().authenticate(request, ticket="t", key=1) is None


def test_asynchronous_attempts_are_limited() -> None:
    # Django 4.2 has no such function, only synchronous backends.
    ask = getattr(django.contrib.auth, "aauthenticate", sync_to_async(authenticate))

    async def attempt(password: str) -> str:
        request = RequestFactory().post("/", REMOTE_ADDR=OWNER)
        try:
            user = await ask(request, username="alice", password=password)
        except Refused:
            return "refused"
        return "no" if user is None else "yes"

    async def attempts() -> list[str]:
        return [await attempt(RIGHT) for _ in range(6)] + [await attempt(WRONG) for _ in range(6)]

    assert asyncio.run(attempts()) == ["yes"] * 6 + ["no"] * 5 + ["refused"]


# Codes and resets.


def send_code(code: str, account: str, address: str = OWNER, path: str = "/code") -> int:
    client = Client()
    client.cookies["half-signed-in"] = account
    return client.post(path, {"code": code}, REMOTE_ADDR=address).status_code


def test_codes_are_limited_by_account_wherever_they_come_from() -> None:
    assert [send_code("0", "alice", f"198.51.100.{i}") for i in range(6)] == [200] * 5 + [429]
    assert send_code("123456", "alice") == REFUSED
    assert send_code("123456", "bob") == SIGNED_IN


def test_right_codes_are_given_back() -> None:
    assert [send_code("123456", "alice") for _ in range(9)] == [SIGNED_IN] * 9


def test_codes_of_an_async_view_are_limited() -> None:
    async def statuses() -> list[int]:
        client = AsyncClient()
        client.cookies["half-signed-in"] = "alice"
        sent = ["0"] * 4 + ["123456"] * 3 + ["0"] * 2
        return [(await client.post("/async-code", {"code": code})).status_code for code in sent]

    assert asyncio.run(statuses()) == [200] * 4 + [302] * 3 + [200, 429]


def ask_for_reset(email: str, address: str = OWNER, path: str = "/reset") -> int:
    return Client().post(path, {"email": email}, REMOTE_ADDR=address).status_code


def test_resets_are_limited_by_account_and_by_network() -> None:
    alice = "alice@example.org"
    assert [ask_for_reset(alice, f"198.51.100.{i}") for i in range(6)] == [200] * 5 + [429]
    assert [ask_for_reset(f"{i}@example.org") for i in range(21)][-2:] == [200, 429]


def test_a_form_that_is_only_looked_at_is_not_counted() -> None:
    assert [Client().get("/reset").status_code for _ in range(30)] == [200] * 30


def test_a_reset_of_django_sends_as_many_mails_as_it_may() -> None:
    mail.outbox = []
    assert [ask_for_reset("alice@example.org", path="/reset-class") for _ in range(7)] == [
        *([302] * 5),
        *([429] * 2),
    ]
    assert len(mail.outbox) == 5


def test_users_are_those_of_the_project() -> None:
    assert get_user_model().objects.count() == 2
