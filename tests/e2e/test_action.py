"""The GitHub Action, step by step, against a real target and a server that stands for GitHub's API."""

import http.server
import json
import os
import threading
import time

import pytest
from action_runner import run_action

from conftest import PROGRAM, ROOT, read_request

MARKER = "<!-- weir-scan -->"


class Comments(http.server.BaseHTTPRequestHandler):
    """The comments of pull request 7. `server.store` is id -> body."""

    def _answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]

    def do_GET(self):
        self.server.seen.append(("GET", self.path, self.headers["Authorization"]))
        page = int(self.path.rpartition("page=")[2])
        assert self.path.startswith("/repos/owner/repository/issues/7/comments?per_page=100")
        every = [{"id": each, "body": body} for each, body in self.server.store.items()]
        self._answer(200, every[100 * (page - 1) : 100 * page])

    def do_POST(self):
        self.server.seen.append(("POST", self.path, self.headers["Authorization"]))
        if self.server.refuses:
            self._answer(403, {"message": "Resource not accessible by integration"})
            return
        self.server.store[max(self.server.store, default=0) + 1] = self._body()
        self._answer(201, {"id": 1})

    def do_PATCH(self):
        self.server.seen.append(("PATCH", self.path, self.headers["Authorization"]))
        self.server.store[int(self.path.rpartition("/")[2])] = self._body()
        self._answer(200, {"id": 1})

    def log_message(self, *_):
        pass


@pytest.fixture
def github(tmp_path):
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Comments) as server:
        server.store, server.seen, server.refuses = {}, [], False
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        server.variables = {
            "GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}",
            "GITHUB_EVENT_PATH": str(event),
            "token": "gh-token",
        }
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def unlimited(serve):
    """An API without any limit: quick to scan, one finding of severity high."""

    def answer(connection):
        while read_request(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    return f"http://127.0.0.1:{serve(answer)}"


def act(tmp_path, github, **inputs):
    named = {name.replace("_", "-"): value for name, value in inputs.items()}
    return run_action(ROOT / "action", {"program": str(PROGRAM), **named}, tmp_path, dict(github.variables))


def test_it_scans_publishes_and_then_fails(tmp_path, github, unlimited):
    run = act(tmp_path, github, url=unlimited + "/quote", fail_on="high", comment="true", sarif="weir.sarif", junit="weir.xml")
    assert run.failed
    assert run.outputs["result"] == "failed"
    assert run.outputs["findings-count"] == "1"
    assert run.outputs["grade"] in "ABCDF" and int(run.outputs["score"]) <= 100
    assert len(run.outputs["scan-id"]) == 16
    assert run.summary.startswith(MARKER + "\n## Weir scan: grade ")
    assert "::error title=Weir%3A no-limit::GET /quote: " in run.log
    assert json.loads((tmp_path / "weir.sarif").read_text())["runs"][0]["results"]
    assert "<testsuites" in (tmp_path / "weir.xml").read_text()
    assert list(github.store.values()) == [run.summary]
    assert {authorization for _, _, authorization in github.seen} == {"Bearer gh-token"}


def test_it_passes_where_the_gate_does(tmp_path, github, unlimited):
    run = act(tmp_path, github, url=unlimited + "/quote", threshold="10")
    assert not run.failed, run.log
    assert run.outputs["result"] == "passed"
    assert not github.seen, "no comment was asked for"


def test_the_comment_is_kept_up_to_date_and_those_of_others_are_left_alone(tmp_path, github, unlimited):
    github.store.update({number: "looks good" for number in range(1, 150)})
    github.store[120] = MARKER + "\nfrom the last run"
    act(tmp_path, github, url=unlimited + "/quote", comment="true")
    assert github.store[120].startswith(MARKER + "\n## Weir scan")
    assert len(github.store) == 149
    assert [method for method, _, _ in github.seen] == ["GET", "GET", "PATCH"]


def test_a_comment_that_may_not_be_written_is_a_warning(tmp_path, github, unlimited):
    github.refuses = True
    run = act(tmp_path, github, url=unlimited + "/quote", comment="true")
    assert not run.failed
    assert "::warning title=Weir scan::The comment could not be written" in run.log


def test_inputs_are_data(tmp_path, github, unlimited):
    """Whatever shell, option or workflow command an input holds, it stays that text."""
    hostile = "$(touch pwned)`touch pwned`;touch pwned\"'\n::set-output name=score::100"
    run = act(tmp_path, github, url=unlimited + "/quote", headers="X-Note: " + hostile)
    assert not (tmp_path / "pwned").exists()
    assert "\n::set-output" not in run.log
    run = act(tmp_path, github, url=unlimited, wait_for=hostile)
    assert run.failed and "\n::set-output" not in run.log
    for inputs in ({"url": "--plan"}, {"url": hostile}, {"url": unlimited, "fail_on": hostile}, {"url": unlimited, "spec": hostile}):
        run = act(tmp_path, github, **inputs)
        assert run.failed and run.outputs["result"] == "error", run.log
        assert not (tmp_path / "pwned").exists()
        assert "\n::set-output" not in run.log


def test_a_target_says_nothing_to_the_runner(tmp_path, github, unlimited):
    spec = tmp_path / "openapi.yaml"
    spec.write_text(
        "openapi: 3.0.0\ninfo: {title: t, version: '1'}\npaths:\n"
        '  "/a%0A::error::pwned": {get: {responses: {"200": {description: ok}}}}\n'
    )
    run = act(tmp_path, github, url=unlimited, spec="openapi.yaml")
    assert run.outputs["result"] == "passed", run.log
    assert "::error title=Weir%3A no-limit,file=openapi.yaml,line=4::" in run.log
    assert not any(line.startswith("::error::") for line in run.log.splitlines())


def test_the_api_is_started_waited_for_and_stopped(tmp_path, github, free_port):
    (tmp_path / "index.html").write_text("ok")
    run = act(
        tmp_path,
        github,
        url=f"http://127.0.0.1:{free_port}/index.html",
        start_command=f"echo $$ > api.pid; exec python3 -m http.server --bind 127.0.0.1 {free_port}",
        wait_for=f"http://127.0.0.1:{free_port}/",
        config="scan.yaml",
    )
    assert run.failed and "scan.yaml: cannot be opened" in run.log
    with pytest.raises(ProcessLookupError):
        # It was asked to end: wait until it has.
        while True:
            os.kill(int((tmp_path / "api.pid").read_text()), 0)
            time.sleep(0.05)


def test_an_api_that_does_not_start_is_told_at_once(tmp_path, github, closed_port):
    url = f"http://127.0.0.1:{closed_port}/"
    run = act(tmp_path, github, url=url, start_command="exit 3", wait_for=url)
    assert run.failed
    assert "start-command ended with 3" in run.log
    assert run.outputs["result"] == ""
