"""WEIR["OVERRIDES"]: limits of single users, as a project keeps them in its database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from weir.django import RateLimitMiddleware, checks, forget_overrides, rate_limit
from weir.django.overrides import Overrides
from weir.django.test import override_limits

ALICE = User(pk=1, username="alice")
BOB = User(pk=2, username="bob")

limits: dict[str, Any] = {}
asked: list[str] = []


def limits_of(user: str) -> Mapping[str, str] | None:
    asked.append(user)
    found = limits.get(user)
    if isinstance(found, Exception):
        raise found
    return found


@pytest.fixture(autouse=True)
def project(settings: Any) -> None:
    limits.clear()
    asked.clear()
    settings.WEIR = {
        "OVERRIDES": "test_user_overrides.limits_of",
        "POLICY": {
            "version": 1,
            "rules": [
                {"id": "per-user", "key": ["user"], "limit": "2/h"},
                {"id": "everybody", "limit": "1000/h"},
            ],
        },
    }


def statuses(view: Any, user: Any, times: int) -> list[int]:
    answers = []
    for _ in range(times):
        request = RequestFactory().get("/")
        request.user = user
        answers.append(view(request).status_code)
    return answers


def served(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


def policy_view(request: HttpRequest) -> Any:
    return RateLimitMiddleware(served)(request)


@rate_limit("2/h", key="user", id="decorated")
def decorated(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


@pytest.mark.parametrize(("view", "rule"), [(policy_view, "per-user"), (decorated, "decorated")])
def test_a_user_may_have_a_limit_of_their_own(client: Client, view: Any, rule: str) -> None:
    limits["1"] = {rule: "4/h"}
    assert statuses(view, ALICE, 5) == [200] * 4 + [429]
    assert statuses(view, BOB, 3) == [200, 200, 429]
    assert statuses(view, AnonymousUser(), 3) == [200, 200, 429]


def test_a_new_limit_counts_in_the_same_counter(client: Client) -> None:
    assert statuses(policy_view, ALICE, 3) == [200, 200, 429]
    limits["1"] = {"per-user": "3/h"}
    forget_overrides(ALICE)
    assert statuses(policy_view, ALICE, 2) == [200, 429]
    limits["1"] = {"per-user": "1/h"}
    forget_overrides()
    assert statuses(policy_view, ALICE, 1) == [429]


def test_a_rule_that_counts_users_together_has_no_override(client: Client) -> None:
    limits["1"] = {"everybody": "1/h"}
    assert statuses(policy_view, ALICE, 3) == [200, 200, 429], "refused by per-user"


def test_each_user_is_asked_about_once(client: Client) -> None:
    statuses(policy_view, ALICE, 3)
    statuses(policy_view, BOB, 3)
    statuses(policy_view, AnonymousUser(), 3)
    assert asked == ["1", "2"]


def test_a_database_that_fails_leaves_the_usual_limits(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    limits["1"] = OSError("the database is gone")
    assert statuses(policy_view, ALICE, 3) == [200, 200, 429]
    assert "WEIR OVERRIDES failed" in caplog.text


def test_what_is_no_limit_leaves_the_usual_one(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    limits["1"] = {"per-user": "as many as she likes"}
    assert statuses(policy_view, ALICE, 3) == [200, 200, 429]
    told = [record for record in caplog.records if "as many as she likes" in record.getMessage()]
    assert len(told) == 1


def test_a_test_of_the_project_goes_before(client: Client) -> None:
    limits["1"] = {"per-user": "4/h"}
    with override_limits({"per-user": "1/h"}):
        assert statuses(policy_view, ALICE, 2) == [200, 429]


def test_what_is_no_function_is_a_mistake(settings: Any) -> None:
    settings.WEIR = {"OVERRIDES": "no.such.function", "API_KEY": {"VERIFY": None}}
    assert [message.id for message in checks.check_configuration(None)] == ["weir.E003"]


def test_what_is_known_is_forgotten_after_a_minute() -> None:
    now = [0.0]
    overrides = Overrides(limits_of, lambda: now[0])
    for second in (0.0, 59.9, 60.0, 119.9):
        now[0] = second
        overrides.of("1")
    assert asked == ["1", "1"]


def test_no_more_users_are_kept_than_the_bound() -> None:
    overrides = Overrides(limits_of, lambda: 0.0)
    for number in range(Overrides.MAX_USERS + 1):
        overrides.of(str(number))
    asked.clear()
    overrides.of(str(Overrides.MAX_USERS))
    overrides.of("1")
    overrides.of("0")
    assert asked == ["0"]
