"""weir.wsgi: an application by itself, Flask's routes, and the example under Flask."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from servers import REPOSITORY
from weir import Limiter
from weir.wsgi import RateLimitMiddleware, flask_route

PER_CLIENT = {"id": "per-client", "key": ["client_ip"], "limit": "2/m"}


def limiter(*rules: dict[str, Any], **policy: Any) -> Limiter:
    return Limiter({"version": 1, "rules": rules, **policy}, environment={})


def plain(environ: Any, start_response: Any) -> list[bytes]:
    assert environ["weir.answer"].status == 200
    start_response("200 OK", [("Content-Type", "text/plain"), ("RateLimit", '"inner";r=1;t=2')])
    return [b"served"]


def statuses(application: Any, paths: list[str], **extra: Any) -> list[int]:
    base = {"REMOTE_ADDR": "192.0.2.1"}
    client = Client(application)
    return [client.get(path, environ_base=base, **extra).status_code for path in paths]


def test_holds_every_request_to_the_policy() -> None:
    application = RateLimitMiddleware(plain, limiter(PER_CLIENT))
    assert statuses(application, ["/", "/other", "/"]) == [200, 200, 429]


def test_tells_what_is_left_beside_what_the_application_tells() -> None:
    client = Client(RateLimitMiddleware(plain, limiter(PER_CLIENT)))
    answer = client.get("/", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert answer.headers["RateLimit-Policy"] == '"per-client";q=2;w=60'
    assert answer.headers["RateLimit"].startswith('"inner";r=1;t=2, "per-client";r=1;')
    assert answer.data == b"served"


def test_answers_a_refusal_with_a_problem_document() -> None:
    client = Client(RateLimitMiddleware(plain, limiter({**PER_CLIENT, "limit": "1/m"})))
    for _ in range(2):
        answer = client.get("/", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert answer.status == "429 Too Many Requests"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == 429


def test_believes_no_forwarded_address_but_those_of_trusted_proxies() -> None:
    def spoofing(application: Any) -> list[int]:
        addresses = [f"198.51.100.{i}" for i in range(3)]
        return [
            statuses(application, ["/"], headers={"X-Forwarded-For": address})[0]
            for address in addresses
        ]

    assert spoofing(RateLimitMiddleware(plain, limiter(PER_CLIENT))) == [200, 200, 429]
    trusting = limiter(PER_CLIENT, identity={"trusted_proxies": ["192.0.2.0/24"]})
    assert spoofing(RateLimitMiddleware(plain, trusting)) == [200, 200, 200]


def test_a_peer_that_is_no_address_is_a_bad_request() -> None:
    application = RateLimitMiddleware(plain, limiter(PER_CLIENT))
    answer = Client(application).get("/", environ_base={"REMOTE_ADDR": ""})
    assert answer.status_code == 400


def test_counts_users_and_keys_as_the_application_knows_them() -> None:
    rules = [{"id": "per-user", "key": ["user"], "limit": "1/m"}]
    by_user = RateLimitMiddleware(
        plain, limiter(*rules), user=lambda environ: environ.get("HTTP_X_USER")
    )
    for name in ("alice", "bob"):
        assert statuses(by_user, ["/", "/"], headers={"X-User": name}) == [200, 429]

    verified = limiter(
        {"id": "per-key", "key": ["api_key"], "limit": "1/m"},
        identity={"api_key": {"verify": "required"}},
    )
    by_key = RateLimitMiddleware(plain, verified, verify=lambda key: key == "known")
    asked = [
        statuses(by_key, ["/"], headers={"X-API-Key": key})[0]
        for key in ("known", "made-up-1", "made-up-2", "known")
    ]
    assert asked == [200, 200, 429, 429]


FLYING = {"id": "f", "limit": "1 concurrent", "algorithm": "concurrency", "hold": "1h"}


def test_a_request_in_flight_is_over_when_its_response_is_closed() -> None:
    application = RateLimitMiddleware(plain, limiter(FLYING))
    environ = {"REQUEST_METHOD": "GET", "REMOTE_ADDR": "192.0.2.1"}
    seen: list[str] = []

    def start(status: str, headers: Any, *error: Any) -> None:
        seen.append(status[:3])

    body: Any = application(environ, start)
    assert list(body) == [b"served"]
    application(environ, start)
    body.close()
    application(environ, start)
    assert seen == ["200", "429", "200"]


def test_a_request_in_flight_is_over_when_the_application_raises() -> None:
    def failing(environ: Any, start_response: Any) -> list[bytes]:
        raise LookupError("the application's own")

    application = RateLimitMiddleware(failing, limiter(FLYING))
    for _ in range(3):
        with pytest.raises(LookupError):
            statuses(application, ["/"])


def test_names_the_route_and_not_the_path() -> None:
    app = Flask("routes")
    app.add_url_rule("/quotes/<pair>", "quote", lambda pair: pair, methods=["GET"])
    app.add_url_rule("/folder/", "folder", lambda: "folder")
    named = flask_route(app)

    def route(path: str, method: str = "GET") -> str:
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
        }
        return named(environ)

    assert route("/quotes/EURUSD") == "/quotes/<pair>"
    assert route("/quotes/USDJPY") == "/quotes/<pair>"
    assert route("/quotes/EURUSD", "PUT") == ""
    assert route("/folder") == ""
    assert route("/folder/") == "/folder/"
    assert route("/nowhere") == ""


def example() -> ModuleType:
    path = Path(REPOSITORY / "examples" / "flask" / "app.py")
    spec = importlib.util.spec_from_file_location("flask_example", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_limits_its_quotes_by_route() -> None:
    client = example().app.test_client()
    asked = [client.get(f"/quotes/PAIR{i}").status_code for i in range(6)]
    assert asked == [200] * 5 + [429]
