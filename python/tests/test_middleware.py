"""RateLimitMiddleware: the policy's rules on every request."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient, Client

from weir.front import warn_of_replaced_peer

MIDDLEWARE = ["weir.django.RateLimitMiddleware"]
PER_ADDRESS = {"id": "per-address", "key": ["client_ip"], "limit": "3/1h"}


@pytest.fixture
def policy(settings: Any) -> dict[str, Any]:
    """One rule for each address, for all requests."""
    settings.MIDDLEWARE = MIDDLEWARE
    settings.WEIR = {"POLICY": {"version": 1, "rules": [PER_ADDRESS]}}
    return PER_ADDRESS


def test_limits_a_view_without_a_decorator(policy: Any, client: Client) -> None:
    assert [client.get("/served").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_tells_what_is_left(policy: Any, client: Client) -> None:
    answer = client.get("/served")
    assert answer["RateLimit-Policy"] == '"per-address";q=3;w=3600'
    assert answer["RateLimit"].startswith('"per-address";r=2;')


def test_limits_what_matches_no_url(policy: Any, client: Client) -> None:
    assert [client.get(f"/no/{i}").status_code for i in range(4)] == [404, 404, 404, 429]


def test_limits_under_asgi(policy: Any, client: Client) -> None:
    async def statuses() -> list[int]:
        return [(await AsyncClient().get("/served")).status_code for _ in range(4)]

    assert asyncio.run(statuses()) == [200, 200, 200, 429]


def test_warns_of_a_server_that_believes_forwarded_addresses(
    policy: Any, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    warn_of_replaced_peer.cache_clear()

    async def ask() -> None:
        for _ in range(2):
            await AsyncClient().get("/served")  # its port is 0, as after uvicorn's replacement

    asyncio.run(ask())
    warnings = [record for record in caplog.records if record.name == "weir"]
    assert len(warnings) == 1
    assert "TRUSTED_PROXIES" in warnings[0].getMessage()


def test_joins_its_quota_to_that_of_the_view(policy: Any, client: Client) -> None:
    policies = client.get("/all-together")["RateLimit-Policy"]
    assert policies == '"project_urls-all_together";q=3;w=3600, "per-address";q=3;w=3600'


def test_matches_the_route_and_not_the_path(settings: Any, client: Client) -> None:
    settings.MIDDLEWARE = MIDDLEWARE
    # Less than the view's own decorator lets pass.
    rule = {**PER_ADDRESS, "limit": "2/1h", "match": {"routes": ["/by-route/<int:number>"]}}
    settings.WEIR = {"POLICY": {"version": 1, "rules": [rule]}, "API_KEY": {"VERIFY": None}}
    assert [client.get(f"/by-route/{i}").status_code for i in range(3)] == [200, 200, 429]
    assert client.get("/served").status_code == 200


def test_believes_the_proxies_that_are_trusted(settings: Any, client: Client) -> None:
    settings.MIDDLEWARE = MIDDLEWARE
    settings.WEIR = {
        "POLICY": {"version": 1, "rules": [PER_ADDRESS]},
        "TRUSTED_PROXIES": ["127.0.0.0/8"],
    }
    one: Any = {"HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.1"}
    other: Any = {"HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.2"}
    assert [client.get("/served", **one).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert client.get("/served", **other).status_code == 200
    # What stands to the left of the right-most address is the client's own invention.
    spoofed: Any = {"HTTP_X_FORWARDED_FOR": "203.0.113.10, 198.51.100.1"}
    assert client.get("/served", **spoofed).status_code == 429


def test_reads_a_policy_file(settings: Any, client: Client, tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text("version: 1\nrules:\n  - id: all\n    key: []\n    limit: 1/h\n")
    settings.MIDDLEWARE = MIDDLEWARE
    settings.WEIR = {"POLICY": file}
    assert [client.get("/served").status_code for _ in range(2)] == [200, 429]
