"""weir.Limiter by itself."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from servers import Emulator, forwarded
from weir import Limiter, PolicyError, Request, Rule

ONE_RULE: dict[str, Any] = {
    "version": 1,
    "rules": [{"id": "per-address", "key": ["client_ip"], "limit": "3/1h"}],
}
REQUEST = Request(peer="192.0.2.1", method="GET", route="/quotes")


def statuses(limiter: Limiter, times: int) -> list[int]:
    return [limiter.decide(REQUEST).status for _ in range(times)]


def test_decides_by_a_mapping() -> None:
    assert statuses(Limiter(ONE_RULE, environment={}), 4) == [200, 200, 200, 429]


def test_decides_by_a_file(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text(json.dumps(ONE_RULE))
    assert statuses(Limiter(file, environment={}), 4) == [200, 200, 200, 429]


def test_decides_by_a_rule_of_the_caller() -> None:
    limiter = Limiter({"version": 1}, environment={})
    rules = [Rule("mine", "1/m", ("client_ip",))]
    assert [limiter.decide(REQUEST, rules).status for _ in range(2)] == [200, 429]


def test_takes_as_many_rules_in_a_decision_as_the_bound_and_not_one_more() -> None:
    limiter = Limiter({"version": 1}, environment={})
    rules = [Rule(f"rule-{i}", "1/m") for i in range(257)]
    assert limiter.decide(REQUEST, rules[:256]).status == 200
    with pytest.raises(PolicyError, match="256"):
        limiter.decide(REQUEST, rules)


def test_says_where_a_policy_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text("version: 1\nrules:\n  - id: all\n    limit: ten\n")
    with pytest.raises(PolicyError, match=r"weir\.yaml:4:\d+: "):
        Limiter(file, environment={})


def test_answers_a_peer_that_is_no_address_with_400() -> None:
    limiter = Limiter(ONE_RULE, environment={})
    assert limiter.decide(Request(peer="not an address", method="GET")).status == 400


def test_admits_no_more_from_many_threads_than_from_one() -> None:
    limiter = Limiter(
        {"version": 1, "rules": [{"id": "all", "key": [], "limit": "500/1h"}]}, environment={}
    )
    admitted = []

    def ask() -> None:
        admitted.append(sum(limiter.decide(REQUEST).status == 200 for _ in range(200)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(admitted) == 500


def test_opens_a_store_of_its_own_after_a_fork() -> None:
    limiter = Limiter(ONE_RULE, environment={})
    assert statuses(limiter, 4)[-1] == 429
    assert in_child(lambda: statuses(limiter, 4)) == [200, 200, 200, 429]
    assert statuses(limiter, 1) == [429]


def in_child(work: Any) -> Any:
    """What `work` returns in a forked process that ends as any interpreter does."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, json.dumps(work()).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        result = stream.read()
    assert os.waitpid(child, 0)[1] == 0
    return json.loads(result)


def test_lets_other_threads_run_while_the_store_is_asked(dynamodb: Emulator) -> None:
    # The way to DynamoDB leads through a thread of this interpreter: with the GIL held, no answer
    # would ever come.
    with forwarded(dynamodb.port) as port:
        policy = {
            "version": 1,
            "store": {
                "kind": "dynamodb",
                "table": "weir",
                "endpoint": f"http://127.0.0.1:{port}",
                "budget": "10s",
            },
            "pepper": "0123456789abcdef",
            "rules": [{"id": "all", "limit": "1/h", "on_store_failure": "deny"}],
        }
        assert statuses(Limiter(policy, environment=dynamodb.environment), 2) == [200, 429]


def test_tells_once_that_the_store_fails(caplog: pytest.LogCaptureFixture) -> None:
    policy = {
        **ONE_RULE,
        "store": {"kind": "dynamodb", "table": "weir", "endpoint": "http://127.0.0.1:1"},
        "pepper": "0123456789abcdef",
    }
    environment = {
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    limiter = Limiter(policy, environment=environment)
    statuses(limiter, 3)
    assert [record.levelname for record in caplog.records if record.name == "weir"] == ["ERROR"]


def test_an_estimated_cost_is_settled_once() -> None:
    policy = {"version": 1, "rules": [{"id": "tokens", "limit": "100/h"}]}
    limiter = Limiter(policy, environment={})
    estimate = Request(peer="192.0.2.1", method="GET", cost=60, cost_is_estimate=True)
    answer = limiter.decide(estimate)
    assert limiter.decide(estimate).status == 429
    assert limiter.settle(answer, 10) == 0
    assert limiter.settle(answer, 0) == 0
    second = limiter.decide(estimate)
    assert second.status == 200
    assert limiter.settle(second, 100) == 10
    assert limiter.decide(REQUEST).status == 429


def test_a_request_that_is_sent_again_is_charged_once() -> None:
    limiter = Limiter(ONE_RULE, environment={})
    again = Request(peer="192.0.2.1", method="GET", route="/quotes", request_id="r-1")
    assert [limiter.decide(again).status for _ in range(5)] == [200] * 5
    assert statuses(limiter, 3) == [200, 200, 429]


def test_the_program_says_when_a_request_in_flight_is_over() -> None:
    flying = {"id": "f", "limit": "1 concurrent", "algorithm": "concurrency", "hold": "1h"}
    limiter = Limiter({"version": 1, "rules": [flying]}, environment={})
    answer = limiter.decide(REQUEST)
    assert statuses(limiter, 2) == [429, 429]
    limiter.finish(answer)
    limiter.finish(answer)
    assert statuses(limiter, 2) == [200, 429]
