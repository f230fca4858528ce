"""Each bypass that the example's views are documented to have, shown on gunicorn and an emulator.

If one of these fails, the example no longer is what its docstring says.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from load import admitted, at_once, most_in_any_window
from servers import Answer, Emulator, Server, gunicorn, manage

LIMIT = 5
WINDOW_S = 2


@pytest.fixture(scope="module")
def site(dynamodb: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = {
        **dynamodb.environment,
        "QUOTE_LIMIT": str(LIMIT),
        "QUOTE_WINDOW": str(WINDOW_S),
    }
    manage(environment, "create_tables")
    log = tmp_path_factory.mktemp("example") / "gunicorn.log"
    with gunicorn(log, environment, "--workers", "2", "--threads", "8") as server:
        # Every worker imports and connects before anything is timed.
        at_once(16, lambda: server.get("/api/window/quote", key()))
        yield server


def key() -> dict[str, str]:
    return {"X-API-Key": uuid.uuid4().hex}


def address() -> dict[str, str]:
    return {"X-Forwarded-For": f"2001:db8::{uuid.uuid4().hex[:4]}"}


def exhaust(site: Server, path: str, headers: dict[str, str]) -> Answer:
    """Sends until refused; the refusal."""
    for _ in range(LIMIT + 1):
        answer = site.get(path, headers)
        if not answer.admitted:
            return answer
    raise AssertionError(f"{path} does not limit")


def settle(period_s: float = WINDOW_S, left_s: float = 1.0) -> None:
    """Waits for the next period of the clock if this one is about to end within a test."""
    left = period_s - time.time() % period_s
    if left < left_s:
        time.sleep(left)


def shown(attempt: Callable[[], bool]) -> bool:
    """Whether an attempt succeeds: an attacker may miss the moment, and try again."""
    return any(attempt() for _ in range(40))


def overrun(site: Server, path: str, headers: Callable[[], dict[str, str]]) -> bool:
    mine = headers()
    return admitted(at_once(16, lambda: site.get(path, mine))) > LIMIT


def burst_around(instant: float, site: Server, path: str, headers: dict[str, str]) -> list[Answer]:
    """Requests in a row from shortly before an instant (by the wall clock) until shortly after."""
    time.sleep(max(0.0, instant - 0.25 - time.time()))
    answers = [site.get(path, headers) for _ in range(LIMIT + 2)]
    time.sleep(max(0.0, instant + 0.05 - time.time()))
    return answers + [site.get(path, headers) for _ in range(LIMIT + 2)]


def overrun_around_the_end(site: Server, path: str) -> bool:
    """Of a window that begins with a key's first request, in whole seconds."""
    settle(period_s=1, left_s=0.5)
    mine = key()
    assert site.get(path, mine).admitted
    end = int(time.time()) + WINDOW_S
    answers = burst_around(end, site, path, mine)
    return most_in_any_window(answers, WINDOW_S / 2) > LIMIT


class TestWindow:
    path = "/api/window/quote"

    def test_admits_more_than_the_limit_around_the_edge(self, site: Server) -> None:
        def attempt() -> bool:
            edge = (time.time() // WINDOW_S + 2) * WINDOW_S
            answers = burst_around(edge, site, self.path, key())
            return most_in_any_window(answers, WINDOW_S / 2) > LIMIT

        assert shown(attempt)

    def test_serves_a_made_up_key_while_another_is_refused(self, site: Server) -> None:
        settle()
        mine = key()
        exhaust(site, self.path, mine)
        assert site.get(self.path, key()).admitted
        assert not site.get(self.path, mine).admitted

    def test_refuses_with_an_error_of_the_server(self, site: Server) -> None:
        settle()
        assert exhaust(site, self.path, key()).status == 500

    def test_fails_on_a_key_that_is_too_long_for_the_table(self, site: Server) -> None:
        assert site.get(self.path, {"X-API-Key": "k" * 2100}).status == 500


class TestHashed:
    path = "/api/hashed/quote"

    def test_admits_more_than_the_limit_at_once(self, site: Server) -> None:
        assert shown(lambda: overrun(site, self.path, key))

    def test_serves_another_user_agent_while_refused(self, site: Server) -> None:
        settle()
        mine = key()
        exhaust(site, self.path, mine)
        assert site.get(self.path, {**mine, "User-Agent": "other/1.0"}).admitted
        assert not site.get(self.path, mine).admitted


class TestTtl:
    path = "/api/ttl/quote"

    def test_does_not_limit_a_key_that_is_too_long_for_the_table(self, site: Server) -> None:
        headers = {"X-API-Key": "k" * 2100}
        assert all(site.get(self.path, headers).admitted for _ in range(3 * LIMIT))

    def test_admits_more_than_the_limit_at_once(self, site: Server) -> None:
        assert shown(lambda: overrun(site, self.path, key))

    def test_serves_a_made_up_key_while_another_is_refused(self, site: Server) -> None:
        settle()
        mine = key()
        exhaust(site, self.path, mine)
        assert site.get(self.path, key()).admitted
        assert not site.get(self.path, mine).admitted

    def test_does_not_say_when_to_come_back(self, site: Server) -> None:
        settle()
        refusal = exhaust(site, self.path, key())
        assert refusal.status == 429
        assert "Retry-After" not in refusal.headers


class TestNaive:
    path = "/api/naive/quote"

    def test_admits_more_than_the_limit_at_once(self, site: Server) -> None:
        assert shown(lambda: overrun(site, self.path, address))

    def test_serves_a_made_up_address_while_refused(self, site: Server) -> None:
        exhaust(site, self.path, {})
        assert site.get(self.path, {"X-Forwarded-For": "198.51.100.8"}).admitted
        assert not site.get(self.path, {}).admitted

    def test_fails_on_an_address_that_is_too_long_for_the_table(self, site: Server) -> None:
        assert site.get(self.path, {"X-Forwarded-For": "1" * 2100}).status == 500

    def test_does_not_say_when_to_come_back(self, site: Server) -> None:
        refusal = exhaust(site, self.path, {"X-Forwarded-For": "198.51.100.9"})
        assert refusal.status == 429
        assert "Retry-After" not in refusal.headers


@pytest.mark.parametrize("path", [TestHashed.path, TestTtl.path])
def test_admits_more_than_the_limit_around_the_end(site: Server, path: str) -> None:
    assert shown(lambda: overrun_around_the_end(site, path))
