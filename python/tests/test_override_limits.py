"""weir.django.test: what tests of a project use."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient, Client, SimpleTestCase

from weir import FrozenClock, PolicyError
from weir.django.test import override_limits


def statuses(client: Client, times: int, path: str = "/by-address") -> list[int]:
    return [client.get(path).status_code for _ in range(times)]


BY_ADDRESS = "project_urls-by_address"


def test_begins_anew_and_leaves_no_trace(client: Client) -> None:
    assert statuses(client, 2) == [200, 200]
    with override_limits():
        assert statuses(client, 4) == [200, 200, 200, 429]
    assert statuses(client, 2) == [200, 429]


def test_gives_a_rule_another_limit_and_leaves_the_others(client: Client) -> None:
    with override_limits({BY_ADDRESS: "1/m"}):
        assert statuses(client, 2) == [200, 429]
        assert statuses(client, 4, "/all-together") == [200, 200, 200, 429]


def test_gives_a_rule_of_the_policy_another_limit(settings: Any, client: Client) -> None:
    settings.MIDDLEWARE = ["weir.django.RateLimitMiddleware"]
    settings.WEIR = {
        "POLICY": {
            "version": 1,
            "rules": [
                {"id": "per-client", "key": ["client_ip"], "limit": "100/h"},
                {"id": "everybody", "limit": "4/h", "match": {"routes": ["/served"]}},
            ],
        }
    }
    with override_limits({"per-client": "2/h"}):
        assert statuses(client, 3, "/served") == [200, 200, 429]
    with override_limits():
        assert statuses(client, 5, "/served")[-1] == 429


def test_does_not_ask_the_store_of_the_policy(
    settings: Any, client: Client, tmp_path: Path
) -> None:
    settings.WEIR = {
        "POLICY": {"version": 1, "store": {"kind": "shared", "file": str(tmp_path / "counters")}}
    }
    with override_limits():
        assert statuses(client, 4)[-1] == 429
    assert statuses(client, 1) == [200]


def test_time_stands_still_until_it_is_told(client: Client) -> None:
    with override_limits({BY_ADDRESS: "1/m"}) as clock:
        assert statuses(client, 2) == [200, 429]
        clock.advance(59)
        assert statuses(client, 1) == [429]
        clock.advance(3)
        assert statuses(client, 1) == [200]


def test_a_clock_does_not_go_back(client: Client) -> None:
    clock = FrozenClock()
    for seconds in (-1.0, float("nan"), float("inf"), 1e12):
        with pytest.raises(PolicyError):
            clock.advance(seconds)


def test_the_inner_one_counts(client: Client) -> None:
    with override_limits({BY_ADDRESS: "1/m"}):
        assert statuses(client, 2) == [200, 429]
        with override_limits({BY_ADDRESS: "2/m"}):
            assert statuses(client, 3) == [200, 200, 429]
        assert statuses(client, 1) == [429]


def test_says_what_is_no_limit(client: Client) -> None:
    with override_limits({BY_ADDRESS: "many"}), pytest.raises(PolicyError, match="many"):
        client.get("/by-address")


def test_decorates_a_function(client: Client) -> None:
    @override_limits({BY_ADDRESS: "1/m"}, kwarg_name="clock")
    def ask(**given: FrozenClock) -> list[int]:
        before = statuses(client, 2)
        given["clock"].advance(62)
        return before + statuses(client, 1)

    assert ask() == [200, 429, 200]


def test_decorates_an_async_function() -> None:
    @override_limits({BY_ADDRESS: "1/m"})
    async def ask() -> list[int]:
        return [(await AsyncClient().get("/by-address")).status_code for _ in range(2)]

    assert asyncio.run(ask()) == [200, 429]


@override_limits({BY_ADDRESS: "1/m"}, kwarg_name="clock")
class TestDecoratedClass(SimpleTestCase):
    clock: FrozenClock

    def test_one(self) -> None:
        assert statuses(Client(), 2) == [200, 429]

    def test_the_next_begins_anew(self) -> None:
        assert statuses(Client(), 2) == [200, 429]
        self.clock.advance(62)
        assert statuses(Client(), 1) == [200]
