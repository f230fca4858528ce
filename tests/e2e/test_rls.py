"""The daemon as Envoy's rate limit service, asked by gRPC's own client with Envoy's own messages."""

import concurrent.futures
import contextlib
import signal
import subprocess

import grpc
import pytest
from daemon import PATIENCE, Daemon
from envoy.service.ratelimit.v3 import rls_pb2, rls_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from conftest import PROGRAM

POLICY = """
version: 1
descriptors:
  - id: per-address
    domain: edge
    entries: [remote_address]
    limit: 10/m
  - id: office
    domain: edge
    entries: [{remote_address: 203.0.113.9}]
    limit: 1000/m
  - id: banned
    domain: edge
    entries: [{remote_address: "192.0.2.*"}]
    always: refuse
"""
OK = rls_pb2.RateLimitResponse.OK
OVER_LIMIT = rls_pb2.RateLimitResponse.OVER_LIMIT


def about(*descriptors, domain="edge", hits=0):
    request = rls_pb2.RateLimitRequest(domain=domain, hits_addend=hits)
    for entries in descriptors:
        descriptor = request.descriptors.add()
        for key, value in entries.items():
            descriptor.entries.add(key=key, value=value)
    return request


class Asked:
    def __init__(self, daemon: Daemon, target: str):
        self.daemon = daemon
        self.channel = grpc.insecure_channel(target)
        self.stub = rls_pb2_grpc.RateLimitServiceStub(self.channel)

    def ask(self, *descriptors, **rest):
        return self.stub.ShouldRateLimit(about(*descriptors, **rest), timeout=PATIENCE)

    def health(self, service=""):
        stub = health_pb2_grpc.HealthStub(self.channel)
        return stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=PATIENCE).status


@pytest.fixture
def start(tmp_path):
    with contextlib.ExitStack() as stack:

        def start(policy=POLICY, address="127.0.0.1:0", **environment):
            daemon = Daemon(tmp_path, policy, "--grpc", address, **environment)
            stack.callback(lambda: (daemon.process.kill(), daemon.process.wait()))
            asked = Asked(daemon, daemon.wait_for_log(r"gRPC on (\S+)").group(1))
            stack.callback(asked.channel.close)
            return asked

        yield start


def test_admits_exactly_the_limit_of_calls_at_once(start):
    service = start()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: service.ask({"remote_address": "198.51.100.1"}), range(100)))
    assert sorted(answer.overall_code for answer in answers) == [OK] * 10 + [OVER_LIMIT] * 90
    assert service.daemon.metric('weir_decisions_total{api="rls",verdict="admitted"}') == 10
    assert service.daemon.metric('weir_rule_refusals_total{rule="per-address"}') == 90
    assert service.daemon.metric('weir_connections{listener="grpc"}') >= 1


def test_says_of_each_descriptor_what_is_left(start):
    service = start()
    answer = service.ask({"remote_address": "198.51.100.1"}, {"remote_address": "203.0.113.9"}, {"other": "x"}, hits=4)
    first, second, third = answer.statuses
    assert answer.overall_code == OK
    assert (first.code, first.limit_remaining, first.current_limit.requests_per_unit) == (OK, 6, 10)
    assert first.current_limit.unit == rls_pb2.RateLimitResponse.RateLimit.MINUTE
    assert first.current_limit.name == "per-address"
    assert (second.limit_remaining, second.current_limit.name) == (996, "office")
    assert third.code == OK and not third.HasField("current_limit")
    assert 0 < first.duration_until_reset.seconds <= 61
    refused = service.ask({"remote_address": "198.51.100.1"}, hits=7)
    assert refused.overall_code == OVER_LIMIT and refused.statuses[0].limit_remaining == 6
    headers = {header.key: header.value for header in refused.response_headers_to_add}
    assert headers["RateLimit"].startswith('"per-address";r=6') and int(headers["Retry-After"]) > 0
    assert b"quota-exceeded" in refused.raw_body
    assert service.ask({"remote_address": "192.0.2.77"}).overall_code == OVER_LIMIT


def test_tells_what_it_cannot_answer(start):
    service = start()
    for request, code in (
        (about({"a": "b"}, domain=""), grpc.StatusCode.INVALID_ARGUMENT),
        (about(), grpc.StatusCode.INVALID_ARGUMENT),
        (about(*[{"a": "b"}] * 65), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (about({"a": "b" * 70_000}), grpc.StatusCode.RESOURCE_EXHAUSTED),
    ):
        with pytest.raises(grpc.RpcError) as told:
            service.stub.ShouldRateLimit(request, timeout=PATIENCE)
        assert told.value.code() == code, told.value.details()
    with pytest.raises(grpc.RpcError) as told:
        service.channel.unary_unary("/a.B/C")(b"", timeout=PATIENCE)
    assert told.value.code() == grpc.StatusCode.UNIMPLEMENTED
    with pytest.raises(grpc.RpcError) as told:
        service.stub.ShouldRateLimit(about({"a": "b" * 9000}), timeout=PATIENCE, compression=grpc.Compression.Gzip)
    assert told.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_policy_read_anew_keeps_the_counters(start):
    service = start()
    for _ in range(10):
        assert service.ask({"remote_address": "198.51.100.1"}).overall_code == OK
    service.daemon.policy.write_text(POLICY.replace("10/m", "11/m"))
    service.daemon.signal(signal.SIGHUP)
    service.daemon.wait_for_log("policy read anew: 3 rules")
    codes = [service.ask({"remote_address": "198.51.100.1"}).overall_code for _ in range(2)]
    assert codes == [OK, OVER_LIMIT]


def test_an_outage_is_no_refusal(start):
    down = "store: {kind: dynamodb, table: weir, region: eu-west-1, endpoint: 'http://127.0.0.1:1', budget: 200ms}"
    policy = POLICY.replace("version: 1", f"version: 1\n{down}\npepper: ${{WEIR_PEPPER}}")
    policy = policy.replace("limit: 10/m", "limit: 10/m\n    on_store_failure: deny")
    service = start(policy, AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none")
    with pytest.raises(grpc.RpcError) as told:
        service.ask({"remote_address": "198.51.100.1"})
    assert told.value.code() == grpc.StatusCode.UNAVAILABLE
    assert service.ask({"remote_address": "203.0.113.9"}).overall_code == OK  # its local share
    assert service.health() == health_pb2.HealthCheckResponse.NOT_SERVING


def test_serves_on_a_unix_socket_and_says_that_it_is_well(start, tmp_path):
    service = start(address=f"unix:{tmp_path}/grpc")
    assert service.ask({"remote_address": "198.51.100.1"}).overall_code == OK
    assert service.health() == health_pb2.HealthCheckResponse.SERVING
    assert service.health("envoy.service.ratelimit.v3.RateLimitService") == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.RpcError) as told:
        service.health("another")
    assert told.value.code() == grpc.StatusCode.NOT_FOUND


def test_loses_no_call_when_it_is_drained(start):
    service = start()
    assert service.ask({"remote_address": "203.0.113.9"}).overall_code == OK
    assert service.daemon.end() == 0
    assert "ended with" not in "".join(service.daemon.log)


def test_answers_an_imported_configuration_as_before(start, tmp_path):
    limits = tmp_path / "limits.yaml"
    limits.write_text("""
domain: edge
descriptors:
  - key: tenant
    rate_limit: {unit: minute, requests_per_unit: 2, name: tenant}
    descriptors:
      - {key: path, rate_limit: {unit: minute, requests_per_unit: 3}}
      - {key: path, value: /banned, rate_limit: {unit: minute, requests_per_unit: 0}}
      - {key: path, value: /free, rate_limit: {unlimited: true}}
      - {key: path, value: /shady, shadow_mode: true, rate_limit: {unit: minute, requests_per_unit: 1}}
      - {key: path, value: "/api/*", share_threshold: true, rate_limit: {unit: minute, requests_per_unit: 4}}
  - {key: tenant, value: staff}
  - {key: user, value: root, rate_limit: {unit: minute, requests_per_unit: 5, replaces: [{name: tenant}]}}
""")
    made = subprocess.run([str(PROGRAM), "policy", "import", str(limits)], capture_output=True, text=True, timeout=PATIENCE)
    assert (made.returncode, made.stderr) == (0, "")
    service = start(made.stdout)

    def admitted(*descriptors, of=8):
        return sum(service.ask(*descriptors).overall_code == OK for _ in range(of))

    assert admitted({"tenant": "a"}) == 2 and admitted({"tenant": "b"}) == 2
    assert admitted({"tenant": "staff"}) == 8
    assert admitted({"tenant": "staff", "path": "/x"}) == 8  # as before: what follows staff is nothing
    assert admitted({"tenant": "a", "path": "/x"}) == 3 and admitted({"tenant": "a", "path": "/y"}) == 3
    assert admitted({"tenant": "a", "path": "/banned"}) == 0
    assert admitted({"tenant": "a", "path": "/free"}) == 8
    assert admitted({"tenant": "a", "path": "/shady"}) == 8
    assert admitted({"tenant": "a", "path": "/api/1"}, of=3) == 3
    assert admitted({"tenant": "a", "path": "/api/2"}, of=3) == 1  # one counter
    assert admitted({"user": "root"}, {"tenant": "a"}) == 5  # although nothing is left of tenant
    assert admitted({"tenant": "a", "path": "/x", "more": ""}) == 8  # no rule has so many entries
