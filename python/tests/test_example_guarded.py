"""The example under Weir: what lifts the limits of its bypassable views lifts nothing here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest

from servers import Answer, Emulator, Server, gunicorn

LIMIT = 3
WINDOW_S = 3600

KEY = {"X-API-Key": "demo-key-1"}
NAMES = ("window", "hashed", "ttl", "naive")
KEYED = ("window", "hashed", "ttl")


@pytest.fixture(scope="module")
def site(dynamodb: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = {
        **dynamodb.environment,
        "QUOTE_LIMIT": str(LIMIT),
        "QUOTE_WINDOW": str(WINDOW_S),
    }
    log = tmp_path_factory.mktemp("guarded") / "gunicorn.log"
    with gunicorn(log, environment, "--workers", "2", "--threads", "4") as server:
        for name in NAMES:
            exhaust(server, name, KEY)
        yield server


def exhaust(site: Server, name: str, headers: Mapping[str, str]) -> None:
    statuses = [get(site, name, headers).status for _ in range(LIMIT + 1)]
    assert statuses == [200] * LIMIT + [429]


def get(
    site: Server,
    name: str,
    headers: Mapping[str, str] | list[tuple[str, str]],
    method: str = "GET",
) -> Answer:
    return site.get(f"/guarded/{name}/quote", headers, method)


@pytest.mark.parametrize("name", NAMES)
def test_refuses_with_429_a_problem_document_and_when_to_come_back(site: Server, name: str) -> None:
    refusal = get(site, name, KEY)
    assert refusal.status == 429
    assert refusal.headers["Content-Type"] == "application/problem+json"
    assert json.loads(refusal.body)["status"] == 429
    assert WINDOW_S - 120 < int(refusal.headers["Retry-After"]) <= WINDOW_S + 61
    assert ";r=0;" in refusal.headers["RateLimit"]
    assert f";q={LIMIT};w={WINDOW_S}" in refusal.headers["RateLimit-Policy"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-For: 198.51.100.1",
        "Forwarded: for=198.51.100.1",
        "X-Real-IP: 198.51.100.1",
        "True-Client-IP: 198.51.100.1",
        "CF-Connecting-IP: 198.51.100.1",
        "X-Client-IP: 198.51.100.1",
        "User-Agent: other/1.0",
        "Cookie: sessionid=other",
        "X-HTTP-Method-Override: PUT",
    ],
)
def test_is_not_lifted_by_a_header(site: Server, name: str, header: str) -> None:
    field, value = header.split(": ")
    assert get(site, name, {**KEY, field: value}).status == 429


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST"])
def test_is_not_lifted_by_a_method(site: Server, name: str, method: str) -> None:
    assert get(site, name, KEY, method).status == 429


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "spelling",
    [
        "/guarded/{}/quote/",
        "//guarded/{}/quote",
        "/guarded//{}/quote",
        "/guarded/./{}/quote",
        "/GUARDED/{}/quote",
        "/guarded/{}/quot%65",
        "/guarded/{}/quote;x=1",
        "/guarded/{}/quote?noise=1",
        "/guarded/x/../{}/quote",
    ],
)
def test_is_not_lifted_by_another_spelling_of_the_path(
    site: Server, name: str, spelling: str
) -> None:
    assert site.get(spelling.format(name), KEY).status in (404, 429)


@pytest.mark.parametrize("name", KEYED)
@pytest.mark.parametrize("key", ["DEMO-KEY-1", "demo%2Dkey-1", '"demo-key-1"', "demo-key-1;", ""])
def test_is_not_lifted_by_another_spelling_of_the_key(site: Server, name: str, key: str) -> None:
    assert get(site, name, {"X-API-Key": key}).status in (400, 401, 429)


@pytest.mark.parametrize("name", KEYED)
def test_takes_white_space_around_a_key_for_nothing(site: Server, name: str) -> None:
    assert get(site, name, {"X-API-Key": "  demo-key-1\t"}).status == 429


@pytest.mark.parametrize("name", KEYED)
def test_answers_two_keys_with_400(site: Server, name: str) -> None:
    twice = [("X-API-Key", "demo-key-1"), ("X-API-Key", "demo-key-2")]
    assert get(site, name, twice).status == 400


@pytest.mark.parametrize("name", KEYED)
@pytest.mark.parametrize("key", ["k" * 2100, "demo-key-2\x01", "d\xe9mo"])
def test_answers_a_hostile_key_with_400(site: Server, name: str, key: str) -> None:
    assert get(site, name, {"X-API-Key": key}).status == 400


def test_gives_a_network_one_counter_for_all_its_unknown_keys(site: Server) -> None:
    # All of 127.0.0.0/8 is this machine.
    statuses = [
        site.get("/guarded/window/quote", {"X-API-Key": f"made-up-{i}"}, source="127.0.0.2").status
        for i in range(LIMIT + 2)
    ]
    assert statuses == [401] * LIMIT + [429] * 2


def test_still_serves_another_customer(site: Server) -> None:
    assert get(site, "window", {"X-API-Key": "demo-key-2"}).admitted
