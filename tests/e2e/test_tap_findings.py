"""The example project under the tap: what each view shows, and that its twin under Weir shows nothing."""

import json
import re
import runpy
import sys
import time

import pytest
from tap import tap

from conftest import ROOT

sys.path.append(str(ROOT / "python/tests"))
from servers import create_weir_table, emulator, gunicorn, manage  # noqa: E402

LIMIT = 6
WINDOW_S = 3
REFUSALS = 10  # two workers, and of each three in a row
PATIENCE = 60
HEADERS = {"X-API-Key": "demo-key-1"}
FINDINGS = {
    "api/window": {"ddb-fixed-window-key", "ddb-refusal-writes", "ddb-no-ttl"},
    "api/hashed": {"ddb-read-then-write", "ddb-eventual-read", "ddb-no-ttl"},
    "api/ttl": {"ddb-read-then-write", "ddb-unconditional-increment", "ddb-client-clock-coarse"},
    "api/naive": {"ddb-read-then-write", "ddb-eventual-read", "ddb-no-ttl"},
    "guarded/window": set(),
    "guarded/hashed": set(),
    "guarded/ttl": set(),
    "guarded/naive": set(),
}


@pytest.fixture(scope="module")
def dynamodb():
    with emulator() as server:
        create_weir_table(server)
        environment = {**server.environment, "QUOTE_LIMIT": str(LIMIT), "QUOTE_WINDOW": str(WINDOW_S)}
        manage(environment, "create_tables")
        yield server.port, environment


def use_up(site, path: str):
    """Asks until the limit has refused often in a row, and until it serves again."""
    refused = 0
    end = time.monotonic() + PATIENCE
    while refused < REFUSALS:
        refused = 0 if site.get(path, HEADERS).admitted else refused + 1
        assert time.monotonic() < end
    while not site.get(path, HEADERS).admitted:
        assert time.monotonic() < end


def test_rules_say_what_weir_lint_says(weir):
    explained = {one["id"]: one for one in json.loads(weir("explain", "--format", "json").out)}
    lint = runpy.run_path(str(ROOT / "python/weir/lint/catalogue.py"))["RULES"]
    seen_by_both = [rule for rule in lint.values() if rule.id in explained]
    assert len(seen_by_both) >= 8
    for rule in seen_by_both:
        told = json.loads(weir("explain", rule.id, "--format", "json").out)
        assert (told["title"], told["severity"], told["cwe"], told["why"]) == (rule.title, rule.severity, list(rule.cwe), rule.why)
    assert set().union(*FINDINGS.values()) <= set(explained)


@pytest.mark.parametrize("view", FINDINGS)
def test_a_view_shows_its_flaws_and_no_others(dynamodb, tmp_path, weir, view):
    port, environment = dynamodb
    with tap(tmp_path, port, "--record", "tap.jsonl") as running:
        through = {**environment, "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{running.port}"}
        with gunicorn(tmp_path / "gunicorn.log", through, "--workers", "2", "--threads", "4") as site:
            for _ in range(2):
                use_up(site, f"/{view}/quote")
        running.end()
    shown = weir("tap", "show", "tap.jsonl")
    assert shown.code == 0, shown.err
    found = set(re.findall(r"^(?:HIGH|MEDIUM|LOW) +(ddb-\S+)", shown.out, re.MULTILINE))
    assert found == FINDINGS[view], shown.out
    assert ("findings: none" in shown.out) == (not FINDINGS[view])
    assert shown.out.count("Mend:") >= len(found)
