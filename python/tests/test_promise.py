"""The promise, on real servers: never more than N in any W, over all workers of a machine."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import pytest

from load import admitted, at_once, hammer, most_in_any_window
from servers import Answer, Emulator, Server, gunicorn

LIMIT = 10
WINDOW_S = 3
# The clocks' skew twice, the store's budget (weir.yaml) and one slot, in whole seconds.
STRETCH_S = 2

WORKERS = {
    "sync": ("--workers", "4"),
    "threads": ("--workers", "2", "--threads", "4"),
    "preloaded": ("--workers", "4", "--preload"),
    "asgi": (
        *("--workers", "2", "--worker-class", "uvicorn_worker.UvicornWorker"),
        *("--forwarded-allow-ips", ""),
    ),
}
APPLICATIONS = {"preloaded": "preloaded_wsgi:application", "asgi": "quotes_site.asgi:application"}


@pytest.fixture(scope="module", params=WORKERS)
def site(
    request: pytest.FixtureRequest,
    dynamodb: Emulator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    kind: str = request.param
    environment = {
        **dynamodb.environment,
        "QUOTE_LIMIT": str(LIMIT),
        "QUOTE_WINDOW": str(WINDOW_S),
    }
    application = APPLICATIONS.get(kind, "quotes_site.wsgi:application")
    log = tmp_path_factory.mktemp(kind) / "gunicorn.log"
    with gunicorn(log, environment, *WORKERS[kind], application=application) as server:
        yield server


def test_admits_no_more_than_the_limit_at_once(site: Server) -> None:
    answers = at_once(4 * LIMIT, lambda: site.get("/guarded/window/quote", KEY_1))
    assert {answer.status for answer in answers} <= {200, 429}
    assert admitted(answers) >= LIMIT
    assert most_in_any_window(answers, WINDOW_S) <= LIMIT


def test_admits_no_more_than_the_limit_in_any_window(site: Server) -> None:
    answers = hammer(6, 1.5 * WINDOW_S, lambda: site.get("/guarded/hashed/quote", KEY_2))
    assert {answer.status for answer in answers} <= {200, 429}
    assert admitted(answers) >= LIMIT
    assert most_in_any_window(answers, WINDOW_S) <= LIMIT


def test_does_not_believe_forwarded_addresses(site: Server) -> None:
    number = itertools.count()

    def spoofed() -> Answer:
        address = f"198.51.100.{next(number)}"
        return site.get("/guarded/naive/quote", {"X-Forwarded-For": address})

    assert most_in_any_window(at_once(2 * LIMIT, spoofed), WINDOW_S) <= LIMIT


def test_says_honestly_when_to_come_back(site: Server) -> None:
    answers = at_once(2 * LIMIT, lambda: site.get("/guarded/ttl/quote", KEY_3))
    refusals = [answer for answer in answers if answer.status == 429]
    waits = [int(refusal.headers["Retry-After"]) for refusal in refusals]
    assert all(1 <= wait <= WINDOW_S + STRETCH_S for wait in waits)
    last = max(refusals, key=lambda refusal: refusal.answered)
    time.sleep(max(0.0, last.answered + int(last.headers["Retry-After"]) - time.monotonic()))
    assert site.get("/guarded/ttl/quote", KEY_3).admitted


KEY_1 = {"X-API-Key": "demo-key-1"}
KEY_2 = {"X-API-Key": "demo-key-2"}
KEY_3 = {"X-API-Key": "demo-key-3"}
