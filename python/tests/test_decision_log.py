"""The policy's lists as Django meets them, and the record of each decision."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from weir import Limiter, Request
from weir.django import RateLimitMiddleware

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "schemas" / "weir-decision.schema.json").read_text()
)
POLICY: dict[str, Any] = {
    "version": 1,
    "rules": [
        {"id": "per-address", "key": "client_ip", "limit": "1/h", "log_keys": True},
        {"id": "watched", "limit": "1/h", "shadow": True},
    ],
}


def records(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    found = [r for r in caplog.records if r.name == "weir.decision"]
    decisions = [getattr(r, "decision", {}) for r in found]
    for decision in decisions:
        jsonschema.validate(decision, SCHEMA)
    return decisions


def test_each_decision_is_logged_with_its_record(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "weir.decision")
    limiter = Limiter(POLICY, environment={}, log_decisions=True)
    for peer in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "nonsense"):
        limiter.decide(Request(peer=peer, method="GET", route="/quotes"))
    first, second, third, fourth = records(caplog)
    assert [first["verdict"], second["verdict"]] == ["admitted", "refused"]
    assert second["reason"] == "rule 'per-address': its limit of 1/h is used up"
    assert second["rules"][0]["key"] == "client_ip=192.0.2.1"
    assert "key" not in second["rules"][1]
    assert [rule["state"] for rule in third["rules"]] == ["room", "full"]
    assert (third["status"], fourth["status"]) == (200, 400)
    levels = [r.levelname for r in caplog.records if r.name == "weir.decision"]
    assert levels == ["INFO", "WARNING", "INFO", "WARNING"]


def test_nothing_is_logged_unless_it_is_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    Limiter(POLICY, environment={}).decide(Request(peer="192.0.2.1", method="GET"))
    assert records(caplog) == []


def test_django_logs_decisions_by_its_settings(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "weir.decision")
    settings.WEIR = {"POLICY": POLICY, "LOG_DECISIONS": True}
    RateLimitMiddleware(lambda _: HttpResponse())(RequestFactory().get("/"))
    assert [record["verdict"] for record in records(caplog)] == ["admitted"]


def settings_that_deny(**who: str) -> Any:
    return {
        "POLICY": {"version": 1, "deny": [who]},
        "API_KEY": {"VERIFY": "project_urls.is_known"},
    }


def test_a_denied_address_gets_a_403_from_views_and_middleware(
    settings: Any, client: Client
) -> None:
    settings.WEIR = settings_that_deny(client_ip="127.0.0.1")
    answer = client.get("/by-route/1")
    assert answer.status_code == 403
    assert answer.json()["title"] == "Forbidden"
    assert answer["Content-Type"] == "application/problem+json"
    view: Any = RateLimitMiddleware(lambda _: HttpResponse())
    assert view(RequestFactory().get("/")).status_code == 403
    assert view(RequestFactory(REMOTE_ADDR="192.0.2.1").get("/")).status_code == 200


def test_a_denied_user_is_known_where_no_rule_counts_by_user(settings: Any) -> None:
    settings.WEIR = settings_that_deny(user="7")

    class User:
        pk = 7
        is_authenticated = True

    def served(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    request = RequestFactory().get("/")
    request.user = User()  # type: ignore[assignment]
    middleware: Any = RateLimitMiddleware(served)
    assert middleware(request).status_code == 403
