"""`manage.py check`: each mistake has an id, a sentence and a cure."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage, registry
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from servers import Emulator, create_table, forwarded, free_port
from weir import Rule
from weir.django import checks

MIDDLEWARE = "weir.django.RateLimitMiddleware"
VERIFIED = {"VERIFY": "project_urls.is_known"}


def found() -> list[CheckMessage]:
    return [*checks.check_configuration(None), *checks.check_rules(None)]


def ids() -> list[str]:
    return [message.id or "" for message in found()]


def test_finds_nothing_wrong_with_the_project_of_the_tests() -> None:
    assert found() == []


def on_dynamodb(table: str, port: int) -> dict[str, Any]:
    store = {"kind": "dynamodb", "table": table, "endpoint": f"http://127.0.0.1:{port}"}
    return {"version": 1, "store": store, "pepper": "0123456789abcdef"}


@pytest.mark.parametrize(
    ("weir", "expected"),
    [
        (["POLICY"], "weir.E001"),
        ({"POLICIES": "weir.yaml"}, "weir.E001"),
        ({"API_KEY": "X-API-Key"}, "weir.E001"),
        ({"API_KEY": {"HEADERS": "X"}}, "weir.E001"),
        ({"API_KEY": VERIFIED, "TRUSTED_PROXIES": 7}, "weir.E002"),
        ({"POLICY": {"version": object()}}, "weir.E001"),
        ({"POLICY": 7}, "weir.E002"),
        ({"POLICY": "/no/such/weir.yaml"}, "weir.E002"),
        ({"POLICY": {"version": 1, "ruls": []}}, "weir.E002"),
        ({"API_KEY": VERIFIED, "TRUSTED_PROXIES": ["10.0.0.0/33"]}, "weir.E002"),
        ({"API_KEY": {"HEADER": "X API Key", **VERIFIED}}, "weir.E002"),
        ({"API_KEY": {"VERIFY": "no.such.function"}}, "weir.E003"),
        ({"API_KEY": {"VERIFY": "project_urls.KNOWN_KEYS"}}, "weir.E003"),
        ({"API_KEY": {"VERIFY": "test_checks.asynchronous"}}, "weir.E003"),
        ({}, "weir.E004"),
    ],
)
def test_points_at_a_wrong_setting(settings: Any, weir: Any, expected: str) -> None:
    settings.WEIR = weir
    assert ids() == [expected]
    assert found()[0].hint


async def asynchronous(key: str) -> bool:
    return bool(key)


def test_says_what_an_unknown_entry_may_have_meant(settings: Any) -> None:
    settings.WEIR = {"POLCY": "weir.yaml"}
    assert found()[0].hint == "Did you mean 'POLICY'?"


def test_points_at_the_line_of_a_mistake_in_a_policy(settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text("version: 1\nrules:\n  - id: all\n    limit: 10/fortnight\n")
    settings.WEIR = {"POLICY": file, "API_KEY": VERIFIED}
    assert f"{file}:4:" in found()[0].msg


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ([{"id": "a", "limit": "0/m"}], "the count in '0/m' must be from 1 to 10^15"),
        ([{"id": "a", "limit": "9/-1m"}], "the window of '9/-1m'"),
        ([{"id": "a", "limit": "9/m"}, {"id": "a", "limit": "8/h"}], "the id 'a' is already"),
        ([{"id": "a", "limit": "9/m"}, {"id": "b", "limit": "8/m"}], "counts the same requests"),
    ],
)
def test_points_at_rules_that_cannot_be(settings: Any, rules: list[Any], says: str) -> None:
    settings.WEIR = {"POLICY": {"version": 1, "rules": rules}, "API_KEY": VERIFIED}
    (problem,) = found()
    assert problem.id == "weir.E002"
    assert says in problem.msg


@pytest.mark.parametrize("file", ["/no/such/weir.yaml", "/proc/self/mem", "/", "/dev/zero"])
def test_points_at_a_policy_that_cannot_be_read(settings: Any, file: str) -> None:
    settings.WEIR = {"POLICY": file, "API_KEY": VERIFIED}
    (problem,) = found()
    assert problem.id == "weir.E002"
    assert f"'{file}'" in problem.msg


def test_accepts_that_keys_are_not_verified_if_that_is_stated(settings: Any) -> None:
    settings.WEIR = {"API_KEY": {"VERIFY": None}}
    assert ids() == []


def test_does_not_serve_a_view_by_unverified_keys(settings: Any, client: Client) -> None:
    settings.WEIR = {}
    with pytest.raises(ImproperlyConfigured, match="VERIFY"):
        client.get("/by-key", HTTP_X_API_KEY="key-a")


def test_wants_the_user_to_be_known_first(settings: Any) -> None:
    rule = {"id": "per-user", "key": ["user"], "limit": "3/1h"}
    settings.WEIR = {"POLICY": {"version": 1, "rules": [rule]}, "API_KEY": VERIFIED}
    settings.MIDDLEWARE = [MIDDLEWARE, checks.AUTHENTICATION]
    assert ids() == ["weir.E005"]
    settings.MIDDLEWARE = [checks.AUTHENTICATION, MIDDLEWARE]
    assert ids() == []
    settings.MIDDLEWARE = ["somebody.elses.authentication", MIDDLEWARE]
    assert ids() == ["weir.W002"]


def test_wants_the_language_to_be_known_first(settings: Any) -> None:
    settings.MIDDLEWARE = [checks.AUTHENTICATION, MIDDLEWARE, checks.LOCALE]
    assert ids() == ["weir.E006"]


def test_finds_two_rules_of_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = {Rule("twice", "1/m"), Rule("twice", "2/m")}
    monkeypatch.setattr(checks, "declared", pair)
    assert ids() == ["weir.E007"]


def test_warns_of_counters_that_are_not_shared(settings: Any) -> None:
    settings.DEBUG = False
    assert ids() == ["weir.W001"]


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch, dynamodb: Emulator) -> None:
    for name, value in dynamodb.environment.items():
        monkeypatch.setenv(name, value)


def store_problems() -> list[str]:
    return [message.msg for message in checks.check_store(None)]


def test_asks_the_store_only_before_a_deployment() -> None:
    registered = registry.registry
    every: set[Any] = set(registered.get_checks(include_deployment_checks=False))
    assert checks.check_rules in every
    assert checks.check_store not in every
    every = set(registered.get_checks(include_deployment_checks=True))
    assert checks.check_store in every


@pytest.mark.usefixtures("credentials")
def test_finds_a_store_that_is_ready(settings: Any, dynamodb: Emulator) -> None:
    settings.WEIR = {"POLICY": on_dynamodb("weir", dynamodb.port)}
    assert store_problems() == []
    settings.WEIR = {}
    assert store_problems() == []


@pytest.mark.usefixtures("credentials")
def test_says_what_keeps_the_store_from_deciding(settings: Any, dynamodb: Emulator) -> None:
    create_table(dynamodb, "foreign", "pk", "S")
    for table, port, says in (
        ("absent", dynamodb.port, "weir table create --table absent"),
        ("foreign", dynamodb.port, "weir table describe --table foreign"),
        ("weir", free_port(), "cannot connect"),
    ):
        settings.WEIR = {"POLICY": on_dynamodb(table, port)}
        (problem,) = store_problems()
        assert problem.startswith("the dynamodb store is not ready: ")
        assert says in problem
        assert "\n" not in problem


def test_says_that_there_are_no_credentials(
    settings: Any, dynamodb: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_aws(monkeypatch)
    settings.WEIR = {"POLICY": on_dynamodb("weir", dynamodb.port)}
    (problem,) = store_problems()
    assert "no AWS credentials" in problem


def test_says_that_the_clock_is_an_hour_off(
    settings: Any, dynamodb: Emulator, credentials: None
) -> None:
    def an_hour_later(answer: bytes) -> bytes:
        date = re.search(rb"(?i)\r\ndate: ([^\r]*)", answer)
        if date is None:
            return answer
        stamp = parsedate_to_datetime(date[1].decode()) + timedelta(hours=1)
        return answer.replace(date[1], format_datetime(stamp, usegmt=True).encode())

    with forwarded(dynamodb.port, an_hour_later) as port:
        settings.WEIR = {"POLICY": on_dynamodb("weir", port)}
        (problem,) = store_problems()
    assert "this machine's clock is" in problem
    assert "behind DynamoDB's. synchronise the clock (NTP)" in problem


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "no AWS region"),
        ({"AWS_REGION": "eu central 1"}, "AWS_REGION: 'eu central 1' is not the name"),
        ({"AWS_REGION": "eu-central-1", "AWS_CA_BUNDLE": "/dev/null"}, "/dev/null"),
        ({"AWS_ENDPOINT_URL_DYNAMODB": "localhost:8000"}, "AWS_ENDPOINT_URL_DYNAMODB"),
    ],
)
def test_points_at_a_store_that_cannot_be_opened(
    settings: Any, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], says: str
) -> None:
    forget_aws(monkeypatch)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    policy = on_dynamodb("weir", 1)
    del policy["store"]["endpoint"]
    settings.WEIR = {"POLICY": policy, "API_KEY": VERIFIED}
    (problem,) = found()
    assert problem.id == "weir.E008"
    assert says in problem.msg
    assert "\n" not in problem.msg


def forget_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nonexistent")
