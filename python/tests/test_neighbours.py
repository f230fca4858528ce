"""Limiters of other libraries: system checks find them, `manage.py weir import` takes over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.http import HttpRequest, HttpResponse
from django.test import Client

from servers import Emulator, create_table
from weir import Limiter, Request
from weir.django import checks


def weir(*arguments: str) -> str:
    output = StringIO()
    call_command("weir", *arguments, stdout=output)
    return output.getvalue()


@pytest.fixture
def neighbours(settings: Any) -> None:
    settings.ROOT_URLCONF = "neighbour_urls"


def ids() -> Counter[str | None]:
    return Counter(message.id for message in checks.check_neighbours(None))


def messages(check_id: str) -> list[str]:
    return [message.msg for message in checks.check_neighbours(None) if message.id == check_id]


# The checks.


def test_a_project_without_them_is_told_nothing() -> None:
    assert ids() == {}


def test_each_of_them_is_told_once(neighbours: None) -> None:
    assert ids() == {"weir.W004": 4, "weir.W005": 8, "weir.W006": 2, "weir.W007": 1}


def test_weirs_own_are_not_told_of(neighbours: None) -> None:
    assert not any("weirs" in message.msg for message in checks.check_neighbours(None))


def test_says_where_it_is_and_what_passes(neighbours: None) -> None:
    assert any(
        "neighbour_urls.Api (/api) has neighbour_urls.PerMinute" in message
        for message in messages("weir.W004")
    )
    assert any("ByClass (/by-class)" in message for message in messages("weir.W005"))
    assert any("'post:username'" in message for message in messages("weir.W006"))


def test_a_cache_that_is_shared_is_not_told_of(settings: Any, neighbours: None) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache"}
    }
    assert ids()["weir.W007"] == 0


class Rewriting:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.META["REMOTE_ADDR"] = request.META["HTTP_X_FORWARDED_FOR"].split(",")[0]
        return self.get_response(request)


class Reading:
    def __call__(self, request: HttpRequest) -> bool:
        return bool(request.META["REMOTE_ADDR"] == "127.0.0.1")


def test_a_middleware_that_replaces_the_address_is_told(settings: Any) -> None:
    settings.MIDDLEWARE = ["test_neighbours.Rewriting", "test_neighbours.Reading"]
    (message,) = messages("weir.W008")
    assert message.startswith("test_neighbours.Rewriting")


def test_a_proxy_that_nobody_trusts_is_told(settings: Any) -> None:
    for name, value in (
        ("USE_X_FORWARDED_HOST", True),
        ("SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTO", "https")),
    ):
        setattr(settings, name, value)
        assert len(messages("weir.W009")) == 1
    settings.WEIR = {"TRUSTED_PROXIES": ["10.0.0.0/8"], "API_KEY": {"VERIFY": None}}
    assert messages("weir.W009") == []


# manage.py weir import


def test_takes_over_what_it_can(neighbours: None, client: Client) -> None:
    text = weir("import")
    policy = yaml.safe_load(text)
    rules = {rule["id"]: rule for rule in policy["rules"]}
    assert rules == {
        "neighbour_urls-sign_in": {
            "id": "neighbour_urls-sign_in",
            "match": {"methods": ["POST"], "routes": ["/sign-in"]},
            "key": ["client_ip"],
            "limit": "5/m",
        },
        "reads": {
            "id": "reads",
            "match": {"routes": ["/shop/one", "/shop/two/<int:number>"]},
            "key": ["user"],
            "limit": "100/10m",
        },
        "neighbour_urls-odd": {
            "id": "neighbour_urls-odd",
            "match": {"routes": ["/odd"]},
            "key": ["api_key"],
            "limit": "7/s",
        },
        "neighbour_urls-byclass-dispatch": {
            "id": "neighbour_urls-byclass-dispatch",
            "match": {"routes": ["/by-class"]},
            "key": ["user"],
            "limit": "3/h",
        },
        "rest-user": {
            "id": "rest-user",
            "match": {"routes": ["/api"]},
            "key": ["user"],
            "limit": "10/60s",  # what DRF makes of 10/month
        },
        "rest-uploads": {
            "id": "rest-uploads",
            "match": {"routes": ["/api"]},
            "key": ["user"],
            "limit": "20/86400s",
        },
    }
    limiter = Limiter(policy, environment={})
    asked = Request(peer="192.0.2.1", method="POST", route="/sign-in")
    assert [limiter.decide(asked).status for _ in range(6)] == [200] * 5 + [429]


def test_says_what_it_cannot_take_over_and_why(neighbours: None) -> None:
    comments = [line for line in weir("import").splitlines() if line.startswith("#   ")]
    assert len(comments) == 5
    for what, why in (
        ("'post:username'", "the client chooses that"),
        ("<function <lambda>", "its key is code"),
        ("rate='0/h'", "its rate is no limit"),
        ("neighbour_urls.Anonymous", "weir.django.rest.AnonRateThrottle"),
        ("neighbour_urls.PerTenant", "its key is code"),
    ):
        assert any(what in line and why in line for line in comments), what


def test_nothing_to_take_over_is_a_policy_too() -> None:
    assert yaml.safe_load(weir("import")) == {"version": 1, "rules": []}


# manage.py weir status, explain, table


def test_status_says_whether_all_is_well(settings: Any) -> None:
    assert "ready       yes" in weir("status")
    assert "store       memory" in weir("status")


def test_status_fails_if_the_store_is_not_ready(
    settings: Any, monkeypatch: pytest.MonkeyPatch, dynamodb: Emulator
) -> None:
    use_table(settings, monkeypatch, dynamodb, "absent")
    with pytest.raises(CommandError, match="weir table create --table absent"):
        weir("status")


def test_explains_the_rules_of_policy_and_decorators(
    settings: Any, neighbours: None, tmp_path: Path
) -> None:
    rule = {"id": "spoken", "key": ["api_key"], "limit": "10/m"}
    store = {"kind": "shared", "file": str(tmp_path / "counters")}
    settings.WEIR = {
        "POLICY": {"version": 1, "store": store, "rules": [rule]},
        "API_KEY": {"VERIFY": None},
    }
    text = weir("explain")
    assert text.count("1 more in each process, then 503") >= 2, "of the policy's store"
    assert "spoken\n  limit     at most 10 in any 1m\n  counted   for each api_key" in text
    assert "neighbour_urls-weirs\n  limit     at most 5 in any 1m" in text
    assert "Ways around:\n- " in text


def use_table(settings: Any, monkeypatch: pytest.MonkeyPatch, server: Emulator, table: str) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    store = {"kind": "dynamodb", "table": table}
    settings.WEIR = {
        "POLICY": {"version": 1, "store": store, "pepper": "0123456789abcdef"},
        "API_KEY": {"VERIFY": None},
    }


def test_makes_the_table_and_looks_at_it(
    settings: Any, monkeypatch: pytest.MonkeyPatch, dynamodb: Emulator
) -> None:
    use_table(settings, monkeypatch, dynamodb, "made-here")
    with pytest.raises(CommandError, match="made-here"):
        weir("table")
    for output in (weir("table", "--create"), weir("table")):
        assert "table       made-here" in output
        assert "status      ACTIVE" in output
        assert "ttl         exp" in output
    assert checks.check_store(None) == []


def test_a_table_without_ttl_is_told(
    settings: Any, monkeypatch: pytest.MonkeyPatch, dynamodb: Emulator
) -> None:
    create_table(dynamodb, "without-ttl", "k", "B")
    use_table(settings, monkeypatch, dynamodb, "without-ttl")
    (problem,) = checks.check_store(None)
    assert problem.id == "weir.W010"
    assert "weir table --create" in str(problem.hint)
    weir("table", "--create")
    assert checks.check_store(None) == []


def test_a_store_without_a_table_has_none_to_look_at() -> None:
    with pytest.raises(CommandError, match="memory: it has no table"):
        weir("table")
