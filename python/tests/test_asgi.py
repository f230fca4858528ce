"""weir.asgi: an application by itself, Starlette's routes, and the example under FastAPI."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from starlette.routing import Mount, Route, Router

from servers import REPOSITORY, Emulator
from weir import FrozenClock, Limiter, Request
from weir.asgi import RateLimitMiddleware, starlette_route

PER_CLIENT = {"id": "per-client", "key": ["client_ip"], "limit": "2/m"}


def limiter(*rules: dict[str, Any], **policy: Any) -> Limiter:
    return Limiter({"version": 1, "rules": rules, **policy}, environment={})


def served(application: Any, ask: Callable[[httpx.AsyncClient], Awaitable[Any]]) -> Any:
    """What `ask` gets of a client of this application."""

    async def asked() -> Any:
        transport = httpx.ASGITransport(application, client=("192.0.2.1", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await ask(client)

    return asyncio.run(asked())


def statuses(application: Any, paths: list[str], method: str = "GET", **more: Any) -> list[int]:
    async def ask(client: httpx.AsyncClient) -> list[int]:
        return [(await client.request(method, path, **more)).status_code for path in paths]

    result: list[int] = served(application, ask)
    return result


async def plain(scope: Any, receive: Any, send: Any) -> None:
    assert scope["weir.answer"].status == 200
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"text/plain"), (b"ratelimit", b'"inner";r=1;t=2')],
        }
    )
    await send({"type": "http.response.body", "body": b"served"})


def test_holds_every_request_to_the_policy() -> None:
    application = RateLimitMiddleware(plain, limiter(PER_CLIENT))
    assert statuses(application, ["/", "/other", "/"]) == [200, 200, 429]


def test_tells_what_is_left_beside_what_the_application_tells() -> None:
    application = RateLimitMiddleware(plain, limiter(PER_CLIENT))
    answer = served(application, lambda client: client.get("/"))
    assert answer.headers["ratelimit-policy"] == '"per-client";q=2;w=60'
    assert answer.headers["ratelimit"].startswith('"inner";r=1;t=2, "per-client";r=1;')
    assert answer.text == "served"


def test_answers_a_refusal_with_a_problem_document() -> None:
    application = RateLimitMiddleware(plain, limiter({**PER_CLIENT, "limit": "1/m"}))

    async def second(client: httpx.AsyncClient) -> httpx.Response:
        await client.get("/")
        return await client.get("/")

    answer = served(application, second)
    assert answer.status_code == 429
    assert answer.json()["status"] == 429
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) in (60, 61)


def test_believes_no_forwarded_address_but_those_of_trusted_proxies() -> None:
    def spoofing(application: Any) -> list[int]:
        forwarded = [f"198.51.100.{i}" for i in range(3)]
        return [
            statuses(application, ["/"], headers={"X-Forwarded-For": address})[0]
            for address in forwarded
        ]

    assert spoofing(RateLimitMiddleware(plain, limiter(PER_CLIENT))) == [200, 200, 429]
    trusting = limiter(PER_CLIENT, identity={"trusted_proxies": ["192.0.2.0/24"]})
    assert spoofing(RateLimitMiddleware(plain, trusting)) == [200, 200, 200]


def test_counts_users_as_the_application_names_them() -> None:
    def user(scope: Any) -> str | None:
        name = dict(scope["headers"]).get(b"x-user")
        return name.decode() if name else None

    rule = {"id": "per-user", "key": ["user"], "limit": "1/m"}
    application = RateLimitMiddleware(plain, limiter(rule), user=user)
    for name in ("alice", "bob"):
        assert statuses(application, ["/", "/"], headers={"X-User": name}) == [200, 429]
    assert statuses(application, ["/", "/"]) == [200, 429]


async def exists(key: str) -> bool:
    return key == "known"


@pytest.mark.parametrize("verify", [exists, lambda key: key == "known"])
def test_keys_that_nobody_knows_share_one_counter(verify: Any) -> None:
    rule = {"id": "per-key", "key": ["api_key"], "limit": "1/m"}
    verified = limiter(rule, identity={"api_key": {"verify": "required"}})
    application = RateLimitMiddleware(plain, verified, verify=verify)
    asked = [
        statuses(application, ["/"], headers={"X-API-Key": key})[0]
        for key in ("known", "made-up-1", "made-up-2", "known")
    ]
    assert asked == [200, 200, 429, 429]
    assert statuses(application, ["/"], headers={"X-API-Key": "a,b"}) == [400]


def test_a_request_in_flight_is_over_when_the_application_returns_or_raises() -> None:
    fails = False

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        if fails:
            raise LookupError("the application's own")
        await plain(scope, receive, send)

    flying = {"id": "f", "limit": "1 concurrent", "algorithm": "concurrency", "hold": "1h"}
    application = RateLimitMiddleware(inner, limiter(flying))
    assert statuses(application, ["/", "/"]) == [200, 200]
    fails = True
    with pytest.raises(LookupError):
        statuses(application, ["/"])
    fails = False
    assert statuses(application, ["/"]) == [200]


def test_lets_the_start_of_the_server_pass() -> None:
    seen: list[str] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    application = RateLimitMiddleware(inner, limiter({**PER_CLIENT, "limit": "1/m"}))
    for _ in range(3):
        asyncio.run(application({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"] * 3


def test_a_websocket_is_counted_once_and_closed_if_refused() -> None:
    application = FastAPI()

    @application.websocket("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    guarded = RateLimitMiddleware(application, limiter({**PER_CLIENT, "limit": "1/m"}))

    async def connect() -> list[str]:
        sent: list[str] = []

        async def send(message: Any) -> None:
            sent.append(message["type"])

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        scope = {
            "type": "websocket",
            "path": "/socket",
            "headers": [],
            "client": ("192.0.2.1", 1),
            "query_string": b"",
            "subprotocols": [],
        }
        await guarded(scope, receive, send)
        return sent

    assert asyncio.run(connect())[0] == "websocket.accept"
    assert asyncio.run(connect()) == ["websocket.close"]


async def forwarded_on_this_loop(port: int) -> asyncio.Server:
    """Another port, from which this event loop itself forwards to this one."""

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            target.write(data)
        target.close()

    async def forward(near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far_in, far_out = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(near_in, far_out), copy(far_in, near_out))

    return await asyncio.start_server(forward, "127.0.0.1", 0)


def test_the_event_loop_runs_while_the_store_is_asked(dynamodb: Emulator) -> None:
    # The way to DynamoDB leads through this event loop: were it held up, no answer would ever come.
    async def ask() -> list[int]:
        server = await forwarded_on_this_loop(dynamodb.port)
        port = server.sockets[0].getsockname()[1]
        policy = {
            "version": 1,
            "store": {
                "kind": "dynamodb",
                "table": "weir",
                "endpoint": f"http://127.0.0.1:{port}",
                "budget": "10s",
            },
            "pepper": "0123456789abcdef",
            "rules": [{**PER_CLIENT, "on_store_failure": "deny"}],
        }
        remote = Limiter(policy, environment=dynamodb.environment)
        asked = Request(peer="192.0.2.1", method="GET")
        answers = await asyncio.gather(*(remote.adecide(asked) for _ in range(8)))
        server.close()
        return sorted(answer.status for answer in answers)

    assert asyncio.run(ask()) == [200, 200, *[429] * 6]


def test_an_estimate_is_settled_from_an_event_loop() -> None:
    async def estimates() -> list[int]:
        tokens = limiter({"id": "tokens", "limit": "100/h"})
        asked = Request(peer="192.0.2.1", method="GET", cost=60, cost_is_estimate=True)
        first = await tokens.adecide(asked)
        second = await tokens.adecide(asked)
        unpaid = await tokens.asettle(first, 10)
        third = await tokens.adecide(asked)
        return [first.status, second.status, unpaid, third.status]

    assert asyncio.run(estimates()) == [200, 429, 0, 200]


# Routes of Starlette and FastAPI.


def route_of(application: Any, path: str, method: str = "GET") -> str:
    scope = {"type": "http", "path": path, "method": method, "root_path": "", "app": application}
    return starlette_route(scope)


def test_names_the_route_and_not_the_path() -> None:
    application = FastAPI()
    router = APIRouter()

    @application.get("/quotes/{pair}")
    @router.get("/{number:int}")
    async def view() -> str:
        return ""

    @application.post("/quotes/latest")
    async def other() -> str:
        return ""

    application.include_router(router, prefix="/orders")
    outer = APIRouter()
    outer.include_router(router, prefix="/inner")
    application.include_router(outer, prefix="/outer")
    inner = Router([Route("/files/{name}", endpoint=view)])
    application.router.routes.append(Mount("/static", app=inner))

    assert route_of(application, "/quotes/EURUSD") == "/quotes/{pair}"
    assert route_of(application, "/quotes/USDJPY") == "/quotes/{pair}"
    assert route_of(application, "/orders/7") == "/orders/{number:int}"
    assert route_of(application, "/quotes/latest", "POST") == "/quotes/latest"
    assert route_of(application, "/quotes/latest", "GET") == "/quotes/{pair}"
    assert route_of(application, "/outer/inner/7") == "/outer/inner/{number:int}"
    assert route_of(application, "/static/files/a") == "/static/files/{name}"
    assert route_of(application, "/quotes/EURUSD", "PUT") == "/quotes/{pair}"
    assert route_of(application, "/nowhere") == ""


def example() -> ModuleType:
    path = Path(REPOSITORY / "examples" / "fastapi" / "main.py")
    spec = importlib.util.spec_from_file_location("fastapi_example", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_limits_its_quotes_by_route() -> None:
    pairs = [f"/quotes/PAIR{i}" for i in range(6)]
    assert statuses(example().app, pairs) == [200] * 5 + [429]


def test_the_example_makes_one_report_at_a_time() -> None:
    async def at_once(client: httpx.AsyncClient) -> list[int]:
        answers = await asyncio.gather(*(client.get("/reports") for _ in range(3)))
        again = await client.get("/reports")
        return [*sorted(answer.status_code for answer in answers), again.status_code]

    assert served(example().app, at_once) == [200, 429, 429, 200]


def test_a_frozen_clock_serves_programs_without_django_too() -> None:
    clock = FrozenClock()
    policy = {"version": 1, "rules": [PER_CLIENT]}
    application = RateLimitMiddleware(plain, Limiter(policy, environment={}, clock=clock))
    assert statuses(application, ["/"] * 3) == [200, 200, 429]
    clock.advance(62)
    assert statuses(application, ["/"]) == [200]
