"""The throttle for django-ninja, on an API of its own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import AsyncClient, Client
from django.urls import path
from ninja import NinjaAPI

from weir.django.ninja import RateThrottle
from weir.django.test import override_limits

api = NinjaAPI(urls_namespace="weir-tests")


@api.get("/limited", throttle=[RateThrottle("3/m", "5/h", key="client_ip", id="ninja")])
def limited(request: HttpRequest) -> str:
    return "served"


@api.get("/async", throttle=[RateThrottle("2/h", key="client_ip", id="ninja-async")])
async def asynchronous(request: HttpRequest) -> str:
    return "served"


urlpatterns = [path("api/", api.urls)]


@pytest.fixture(autouse=True)
def project(settings: Any) -> None:
    settings.ROOT_URLCONF = "test_ninja"
    settings.MIDDLEWARE = ["weir.django.RateLimitMiddleware"]
    settings.WEIR = {"POLICY": {"version": 1, "deny": [{"client_ip": "203.0.113.9"}]}}


def statuses(client: Client, times: int, **extra: Any) -> list[int]:
    return [client.get("/api/limited", **extra).status_code for _ in range(times)]


def test_limits_an_operation_and_says_when_to_come_back(client: Client) -> None:
    with override_limits() as clock:
        assert statuses(client, 4) == [200, 200, 200, 429]
        refused = client.get("/api/limited")
        wait = int(refused["Retry-After"])
        assert 60 <= wait <= 62
        assert '"ninja";r=0;' in refused["RateLimit"]
        clock.advance(wait)
        assert statuses(client, 3) == [200, 200, 429], "what was refused was charged to no rate"


def test_counts_clients_apart(client: Client) -> None:
    with override_limits():
        assert statuses(client, 4)[-1] == 429
        assert statuses(client, 1, REMOTE_ADDR="192.0.2.1") == [200]


def test_limits_an_async_operation(client: Client) -> None:
    async def ask() -> list[int]:
        return [(await AsyncClient().get("/api/async")).status_code for _ in range(3)]

    with override_limits():
        assert asyncio.run(ask()) == [200, 200, 429]


def test_who_is_no_client_is_not_told_to_wait(client: Client) -> None:
    with override_limits():
        assert statuses(client, 1, REMOTE_ADDR="nowhere") == [400]
        assert statuses(client, 1, REMOTE_ADDR="203.0.113.9") == [403]


def test_says_what_is_no_throttle() -> None:
    for rates in ((), ("many",), ("5/m", "0/m")):
        with pytest.raises(ValueError):
            RateThrottle(*rates, id="wrong")
