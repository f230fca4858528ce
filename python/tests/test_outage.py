"""DynamoDB away: the failure policy decides, and nobody is told that he asked too often."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from servers import Emulator, Server, create_weir_table, emulator, gunicorn

LIMIT = 20
KEY = {"X-API-Key": "demo-key-1"}


@pytest.fixture
def own_dynamodb() -> Iterator[Emulator]:
    with emulator() as server:
        create_weir_table(server)
        yield server


@pytest.fixture
def site(own_dynamodb: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = {
        **own_dynamodb.environment,
        "QUOTE_LIMIT": str(LIMIT),
        "QUOTE_WINDOW": "3600",
    }
    log = tmp_path_factory.mktemp("outage") / "gunicorn.log"
    with gunicorn(log, environment, "--workers", "1") as server:
        yield server


def test_follows_the_failure_policy_and_recovers(site: Server, own_dynamodb: Emulator) -> None:
    assert site.get("/guarded/window/quote", KEY).admitted
    assert site.get("/guarded/ttl/quote", KEY).admitted

    own_dynamodb.stop()
    denied = [site.get("/guarded/ttl/quote", KEY) for _ in range(3)]
    assert [answer.status for answer in denied] == [503] * 3
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in denied)
    local = [site.get("/guarded/window/quote", KEY).status for _ in range(LIMIT)]
    assert 1 <= local.count(200) <= LIMIT // 10
    assert set(local) == {200, 503}

    own_dynamodb.start()
    create_weir_table(own_dynamodb)
    wait_until_admitted(site, "/guarded/ttl/quote")


def test_starts_without_dynamodb_and_counts_there_once_it_is_back(
    site: Server, own_dynamodb: Emulator
) -> None:
    own_dynamodb.stop()
    assert site.get("/guarded/ttl/quote", KEY).status == 503
    assert site.get("/guarded/window/quote", KEY).admitted
    told = [line for line in site.log.read_text().splitlines() if "cannot decide" in line]
    assert len(told) == 1
    assert "cannot connect" in told[0]

    own_dynamodb.start()
    create_weir_table(own_dynamodb)
    wait_until_admitted(site, "/guarded/ttl/quote")


def wait_until_admitted(site: Server, path: str) -> None:
    """Follows the site's own Retry-After. A dead store is asked once in 30 s at least."""
    deadline = time.monotonic() + 90
    while not (answer := site.get(path, KEY)).admitted:
        assert answer.status == 503
        assert time.monotonic() < deadline, "does not recover"
        time.sleep(int(answer.headers["Retry-After"]))
