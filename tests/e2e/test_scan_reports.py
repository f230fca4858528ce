"""Real scans of a real limiter, and the reports that others take from them."""

import json
import signal
import subprocess
import threading
import time

import jsonschema
import pytest

from conftest import PROGRAM, ROOT, read_request

PASSED, FAILED, INTERRUPTED = 0, 1, 130
LIMIT, WINDOW = 5, 1.0

SPEC = """\
openapi: 3.0.0
info: {title: t, version: '1'}
paths:
  /first:
    get: {responses: {'200': {description: ok}}}
  /second:
    get:
      responses: {'200': {description: ok}}
"""


@pytest.fixture
def limiter(serve):
    """A fixed window for each path, LIMIT in WINDOW seconds, and what was asked for how often."""
    lock = threading.Lock()
    counts, asked = {}, {}

    def answer(connection):
        while request := read_request(connection):
            path = request.split(b" ")[1].decode().split("?")[0]
            with lock:
                asked[path] = asked.get(path, 0) + 1
                key = (path, int(time.monotonic() / WINDOW))
                counts[key] = counts.get(key, 0) + 1
                admitted = counts[key] <= LIMIT
            status = b"200 OK" if admitted else b"429 Too Many Requests"
            if path not in ("/first", "/second"):
                status = b"404 Not Found"
            connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nok")

    return serve(answer), asked


def test_one_scan_writes_every_format_and_they_keep_to_their_schemas(weir, limiter, tmp_path):
    port, _ = limiter
    (tmp_path / "openapi.yaml").write_text(SPEC)
    formats = ("json", "sarif", "junit", "markdown", "html")
    outputs = [part for name in formats for part in ("--format", name, "--output", f"report.{name}")]
    run = weir("scan", f"http://127.0.0.1:{port}/", "--spec", "openapi.yaml", "--operations", "/second", "--quiet",
               "--max-wait", "3", "--fail-on", "low", *outputs)
    assert run.code == FAILED, run.err  # after all reports were written
    report = json.loads((tmp_path / "report.json").read_text())
    jsonschema.validate(report, json.loads((ROOT / "schemas/weir-scan.schema.json").read_text()))
    assert report["declarations"] == [{"operation": "GET /second", "file": "openapi.yaml", "line": 7}]
    assert len(report["scan_id"]) == 16

    sarif = json.loads((tmp_path / "report.sarif").read_text())
    jsonschema.validate(sarif, json.loads((ROOT / "tests/report/sarif/sarif-schema-2.1.0.json").read_text()))
    results = sarif["runs"][0]["results"]
    assert {result["ruleId"] for result in results} == {finding["id"] for finding in report["findings"]}
    place = results[0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("openapi.yaml", 7)

    # Rendered later, it is the same.
    again = weir("report", "report.json", "--format", "sarif")
    assert again.out == (tmp_path / "report.sarif").read_text()
    # Nothing is new against itself.
    same = weir("report", "report.json", "--baseline", "report.json", "--new-only", "--fail-on", "low")
    assert same.code == PASSED
    assert "findings: none" in same.out


def test_an_interrupted_scan_goes_on_with_what_it_lacks(limiter, weir, tmp_path):
    port, asked = limiter
    (tmp_path / "openapi.yaml").write_text(SPEC)
    arguments = ["scan", f"http://127.0.0.1:{port}/", "--spec", "openapi.yaml", "--max-wait", "3", "--format", "json", "--quiet"]
    scan = subprocess.Popen([PROGRAM, *arguments, "--output", "partial.json"], cwd=tmp_path, stderr=subprocess.PIPE)
    while not asked.get("/second"):  # so the first one is finished
        assert scan.poll() is None
        time.sleep(0.05)
    scan.send_signal(signal.SIGINT)
    scan.communicate(timeout=30)
    assert scan.returncode == INTERRUPTED

    first = asked["/first"]
    run = weir(*arguments, "--output", "whole.json", "--resume", "partial.json")
    assert run.code == PASSED, run.err
    assert asked["/first"] == first, "what was finished is not asked again"
    whole = json.loads((tmp_path / "whole.json").read_text())
    jsonschema.validate(whole, json.loads((ROOT / "schemas/weir-scan.schema.json").read_text()))
    assert whole["interrupted"] is False
    assert [limit["operation"] for limit in whole["limits"]] == ["GET /first", "GET /second"]
    assert len({(check["id"], check["operation"]) for check in whole["checks"]}) == len(whole["checks"])
    partial = json.loads((tmp_path / "partial.json").read_text())
    assert whole["requests"] > partial["requests"]
