"""The daemon: exact under concurrency, kept through reloads, honest about outages, and deaf to bad input."""

import concurrent.futures
import contextlib
import http.client
import json
import signal
import socket
import subprocess
import threading

import pytest
from daemon import PATIENCE, Daemon

from conftest import ROOT, read_request

TEN_A_MINUTE = """
version: 1
rules:
  - id: per-client
    key: [client_ip]
    limit: 10/m
"""

IN_FLIGHT = """
version: 1
rules:
  - id: jobs
    key: [user]
    algorithm: concurrency
    limit: 2 concurrent
    hold: 1h
"""

OUTAGE = """
version: 1
store: { kind: dynamodb, table: weir, region: eu-west-1, endpoint: "http://127.0.0.1:%d", budget: 200ms }
pepper: ${WEIR_PEPPER}
rules:
  - id: exact
    match: { routes: [/deny] }
    limit: 100/m
    on_store_failure: deny
  - id: share
    match: { routes: [/local] }
    limit: 100/m
    on_store_failure: local
    local_share: 0.05
"""
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}


@pytest.fixture
def daemon(tmp_path):
    with contextlib.ExitStack() as stack:

        def start(policy: str, *arguments: str, **environment: str) -> Daemon:
            started = Daemon(tmp_path, policy, *arguments, **environment)
            stack.callback(lambda: (started.process.kill(), started.process.wait()))
            return started

        yield start


def at_once(count: int, call):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda _: call(), range(count)))


def test_admits_exactly_the_limit_of_requests_at_once(daemon):
    service = daemon(TEN_A_MINUTE)
    answers = at_once(100, lambda: service.check(client_ip="203.0.113.7", route="/x"))
    assert sorted(answer["status"] for answer in answers) == [200] * 10 + [429] * 90
    refused = next(answer for answer in answers if answer["status"] == 429)
    assert refused["rule"] == "per-client" and refused["verdict"] == "refused"
    assert 0 < int(refused["headers"]["Retry-After"]) <= 62
    assert refused["body"]["status"] == 429
    assert service.check(client_ip="203.0.113.8")["status"] == 200
    assert service.metric('weir_rule_refusals_total{rule="per-client"}') == 90
    assert service.metric('weir_decisions_total{api="check",verdict="admitted"}') == 11
    assert service.metric('weir_connections{listener="http"}') >= 1


def test_decides_a_batch_in_its_order(daemon):
    service = daemon(TEN_A_MINUTE)
    status, _, body = service.ask("POST", "/v1/check", {"requests": [{"client_ip": "192.0.2.1", "cost": 6}] * 3})
    assert status == 200
    assert [one["status"] for one in json.loads(body)["answers"]] == [200, 429, 429]


def test_tells_why_when_asked(daemon):
    service = daemon(TEN_A_MINUTE)
    told = service.check(client_ip="192.0.2.1", explain=True)["decision"]
    assert [(rule["rule"], rule["state"], rule["remaining"]) for rule in told["rules"]] == [("per-client", "room", 9)]


def test_answers_proxies_with_the_status_that_they_ask_for(daemon):
    service = daemon(TEN_A_MINUTE)
    asked = "/v1/auth?route=/x&client_ip=203.0.113.9"
    for _ in range(10):
        status, headers, _ = service.ask("GET", asked)
        assert (status, headers["Weir-Status"]) == (200, "200")
    status, headers, _ = service.ask("POST", asked)
    assert status == 429 and headers["Retry-After"] and headers["RateLimit"]
    status, headers, _ = service.ask("GET", asked + "&refusal=403")
    assert (status, headers["Weir-Status"]) == (403, "429") and headers["Retry-After"]


def test_a_header_of_the_client_says_nothing_of_its_address(daemon):
    service = daemon(TEN_A_MINUTE)
    for i in range(10):
        assert service.ask("GET", "/v1/auth?route=/x", None, **{"X-Forwarded-For": f"192.0.2.{i}"})[0] == 200
    assert service.ask("GET", "/v1/auth?route=/x", None, **{"X-Forwarded-For": "192.0.2.99"})[0] == 429


def test_places_in_flight_are_freed_by_their_id_once(daemon):
    service = daemon(IN_FLIGHT)
    first, second = (service.check(user="alice") for _ in range(2))
    assert service.check(user="alice")["status"] == 429
    assert service.check(user="bob")["status"] == 200
    assert service.ask("POST", "/v1/finish", {"id": first["id"]})[0] == 204
    assert service.ask("POST", "/v1/finish", {"id": first["id"]})[0] == 404
    assert service.check(user="alice")["status"] == 200
    assert service.check(user="alice")["status"] == 429
    assert service.ask("POST", "/v1/finish", {"id": second["id"]})[0] == 204


def test_an_estimate_is_settled(daemon):
    service = daemon(TEN_A_MINUTE)
    estimated = service.check(client_ip="192.0.2.1", cost=8, cost_is_estimate=True)
    assert service.check(client_ip="192.0.2.1", cost=8)["status"] == 429
    status, _, body = service.ask("POST", "/v1/settle", {"id": estimated["id"], "cost": 2})
    assert (status, json.loads(body)) == (200, {"uncounted": 0})
    assert service.check(client_ip="192.0.2.1", cost=8)["status"] == 200


def test_a_policy_read_anew_keeps_the_counters(daemon):
    service = daemon(TEN_A_MINUTE)
    for _ in range(10):
        assert service.check(client_ip="192.0.2.1")["status"] == 200
    service.policy.write_text(TEN_A_MINUTE.replace("10/m", "12/m"))
    service.signal(signal.SIGHUP)
    service.wait_for_log("policy read anew: 1 rule, memory store")
    answers = [service.check(client_ip="192.0.2.1")["status"] for _ in range(4)]
    assert answers == [200, 200, 429, 429]
    assert service.metric('weir_policy_reloads_total{result="done"}') == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version: 1\nrules:\n  - id: x\n    limit: ten/m\n", r"weir\.yaml:4:12"),
        (TEN_A_MINUTE + "store: { kind: shared, file: /tmp/weir-e2e-other }\npepper: 0123456789abcdef\n", "the store is another one"),
        ("", "not a mapping"),
    ],
)
def test_a_policy_that_cannot_be_used_leaves_the_old_one_in_force(daemon, text, told):
    service = daemon(TEN_A_MINUTE)
    service.policy.write_text(text)
    service.signal(signal.SIGHUP)
    service.wait_for_log("the policy stays as it is: .*" + told)
    assert [service.check(client_ip="192.0.2.1", cost=10)["status"] for _ in range(2)] == [200, 429]
    assert service.metric('weir_policy_reloads_total{result="failed"}') == 1


def test_reloads_amid_requests_lose_and_admit_nothing(daemon):
    service = daemon(TEN_A_MINUTE)
    done = threading.Event()

    def reload():
        while not done.wait(0.01):
            service.signal(signal.SIGHUP)

    thread = threading.Thread(target=reload)
    thread.start()
    answers = at_once(400, lambda: service.check(client_ip="192.0.2.1")["status"])
    done.set()
    thread.join()
    assert sorted(answers) == [200] * 10 + [429] * 390


def test_an_outage_is_no_refusal_and_follows_each_rules_policy(daemon, closed_port):
    service = daemon(OUTAGE % closed_port, **CREDENTIALS)
    service.wait_for_log("store")
    assert service.check(route="/deny")["status"] == 503
    assert [service.check(route="/local")["status"] for _ in range(6)] == [200] * 5 + [503]
    assert service.ask("GET", "/readyz")[0] == 503
    assert service.ask("GET", "/healthz")[0] == 200
    assert service.metric("weir_store_up") == 0


def test_a_store_that_never_answers_makes_nobody_wait_longer_than_its_budget(daemon, serve):
    hung = threading.Event()
    port = serve(lambda connection: hung.wait(PATIENCE))
    service = daemon(OUTAGE % port, "--store-threads", "2", **CREDENTIALS)
    answers = at_once(64, lambda: service.check(route="/deny")["status"])
    hung.set()
    assert answers == [503] * 64


def test_ends_by_answering_what_has_begun(daemon, serve):
    hung = threading.Event()
    asked = threading.Event()

    def store(connection):
        asked.set()
        hung.wait(PATIENCE)

    service = daemon((OUTAGE % serve(store)).replace("200ms", "5s"), **CREDENTIALS)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answer = pool.submit(lambda: service.check(route="/deny")["status"])
        assert asked.wait(PATIENCE)
        ended = pool.submit(service.end)
        service.wait_for_log("ending")
        hung.set()
        assert answer.result() == 503
        assert ended.result() == 0


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[" * 1000, "not JSON"),
        (b"[]", "the body is not a JSON object"),
        (b'{"client_ipp": "x"}', "client_ipp is not known"),
        (b'{"client_ip": 3}', "client_ip is not a string"),
        (b'{"cost": 0}', "cost is not a whole number"),
        (b'{"cost": 1.5}', "cost is not a whole number"),
        (b'{"headers": {"a": 1}}', "headers.a is not a string"),
        (b'{"headers": {"a": ["x", 1]}}', "headers.a is not a string"),
        (b'{"requests": []}', "requests is not a list of 1 to 100"),
        (b'{"requests": [{}], "user": "x"}', "without other members"),
        (b'{"requests": [{}, {"route": 1}]}', "requests[1].route is not a string"),
        (b'{"requests": [3]}', "requests[0] is not an object"),
    ],
)
def test_says_what_is_wrong_with_a_request(daemon, body, told):
    service = daemon(TEN_A_MINUTE)
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE)) as connection:
        connection.request("POST", "/v1/check", body)
        answer = connection.getresponse()
        assert answer.status == 400
        assert told in json.loads(answer.read())["detail"]


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/v1/auth?route=/quotes/{pair}&client_ip=2001%3Adb8::1&method=GET", 200),
        ("GET", "/v1/auth?&user=", 400),
        ("GET", "/v1/check", 405),
        ("POST", "/metrics", 405),
        ("GET", "/v1/auth?rout=/x", 400),
        ("GET", "/v1/auth?route=/x&route=/y", 400),
        ("GET", "/v1/auth?cost=-1", 400),
        ("GET", "/v1/auth?refusal=200", 400),
        ("GET", "/v1/auth?client_ip=nobody", 400),
        ("GET", "/v1/auth?route=%zz", 400),
        ("GET", "/V1/check", 404),
        ("GET", "/", 404),
        ("HEAD", "/healthz", 200),
    ],
)
def test_knows_its_own_paths_and_methods(daemon, method, target, status):
    service = daemon(TEN_A_MINUTE)
    assert service.ask(method, target)[0] == status


def test_its_own_document_names_every_path(daemon):
    service = daemon(TEN_A_MINUTE)
    _, _, body = service.ask("GET", "/openapi.json")
    for path, operations in json.loads(body)["paths"].items():
        method = next(iter(operations)).upper()
        assert service.ask(method, path, {} if method == "POST" else None)[0] != 404, path


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--policy", "none.yaml"], "none.yaml"),
        (["--policy", "weir.yaml", "--http", "localhost:80"], "Write 127.0.0.1:8080"),
        (["--policy", "weir.yaml", "--http", "127.0.0.1:%d"], "cannot listen on 127.0.0.1"),
    ],
)
def test_says_what_keeps_it_from_starting(weir, tmp_path, arguments, told):
    (tmp_path / "weir.yaml").write_text(TEN_A_MINUTE)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = weir("serve", *[argument.replace("%d", str(port)) for argument in arguments])
    assert run.code == 2
    assert told in run.err


def quote(connection):
    """The API behind nginx."""
    read_request(connection)
    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\n1.07")


def test_nginx_asks_it_and_answers_429(daemon, serve, tmp_path, free_port):
    service = daemon(TEN_A_MINUTE)
    text = (ROOT / "examples/nginx/nginx.conf").read_text()
    for name, port in {"WEIR;": service.port, "PORT;": free_port, "BACKEND;": serve(quote)}.items():
        text = text.replace(f"127.0.0.1:{name}", f"127.0.0.1:{port};")
    (tmp_path / "nginx.conf").write_text(text)
    nginx = subprocess.Popen(["/usr/sbin/nginx", "-p", str(tmp_path), "-c", "nginx.conf", "-e", "stderr"])

    def get():
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", free_port, timeout=PATIENCE)) as connection:
            connection.request("GET", "/quotes/eurusd", headers={"X-Forwarded-For": "192.0.2.1"})
            answer = connection.getresponse()
            return answer.status, answer.headers["Retry-After"], answer.read()

    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", free_port), 1):
                break
            threading.Event().wait(0.05)
        answers = at_once(60, get)
    finally:
        nginx.terminate()
        nginx.wait(PATIENCE)
    assert sorted(status for status, _, _ in answers) == [200] * 10 + [429] * 50
    assert all(body == b"1.07" for status, _, body in answers if status == 200)
    assert all(int(wait) > 0 for status, wait, _ in answers if status == 429)
