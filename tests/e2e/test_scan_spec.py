"""Which operations a scan takes from an OpenAPI document, where the document comes from, and how much of it was tested."""

import json
import os
import threading

import jsonschema
import pytest

from conftest import ROOT, read_request

USAGE, UNREACHABLE, PASSED = 2, 3, 0

SPEC = """\
openapi: 3.0.0
info: {title: t, version: '1'}
paths:
  /first: { $ref: paths/first.yaml }
  /second: { get: {}, post: {} }
  /users/{name}: { get: { parameters: [{ name: name, in: path, schema: { type: string } }] } }
"""
FIRST = "# in a file of its own\nget: {}\n"


@pytest.fixture
def api(serve):
    """Serves what is in `files`, and everything else as 200; keeps what was asked for, with its headers."""
    files, asked = {}, []
    lock = threading.Lock()

    def answer(connection):
        while request := read_request(connection):
            path = request.split(b" ")[1].decode()
            with lock:
                asked.append((path, request))
            body = files.get(path, "ok").encode()
            status = "302 Found\r\nLocation: /first" if path == "/moved.yaml" else "200 OK"
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    return serve(answer), files, asked


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_the_report_says_how_much_of_the_document_was_tested_and_why_not_the_rest(weir, api, tmp_path):
    port, _, _ = api
    write(tmp_path, {"api/openapi.yaml": SPEC, "api/paths/first.yaml": FIRST})
    run = weir("scan", f"http://127.0.0.1:{port}/", "--spec", "api/openapi.yaml", "--category", "transport", "--quiet",
               "--format", "json", "--output", "report.json", "--format", "text", "--output", "report.txt")  # fmt: skip
    assert run.code == PASSED, run.err
    report = json.loads((tmp_path / "report.json").read_text())
    jsonschema.validate(report, json.loads((ROOT / "schemas/weir-scan.schema.json").read_text()))
    assert report["operations"] == {
        "document": "api/openapi.yaml",
        "declared": 4,
        "tested": 2,
        "left_out": [
            {"operation": "POST /second", "reason": "it may change something: allow it with --allow-writes"},
            {"operation": "GET /users/{name}", "reason": "no known value for name"},
        ],
    }
    assert report["declarations"][0] == {"operation": "GET /first", "file": "api/paths/first.yaml", "line": 2}
    text = (tmp_path / "report.txt").read_text()
    assert "2 of 4 operations of api/openapi.yaml were tested" in text
    assert "no known value for name" in text


def test_a_document_in_files_is_not_read_beyond_its_folder(weir, api, tmp_path):
    port, _, asked = api
    write(tmp_path, {"secret.yaml": "get: {}", "api/openapi.yaml":
          "openapi: 3.0.0\npaths:\n  /up: { $ref: ../secret.yaml }\n  /link: { $ref: link.yaml }\n"
          f"  /net: {{ $ref: 'http://127.0.0.1:{port}/net.yaml' }}\n  /fifo: {{ $ref: fifo.yaml }}\n  /ok: {{ get: {{}} }}\n"})  # fmt: skip
    (tmp_path / "api/link.yaml").symlink_to("../secret.yaml")
    os.mkfifo(tmp_path / "api/fifo.yaml")
    run = weir("scan", f"http://127.0.0.1:{port}/", "--spec", "api/openapi.yaml", "--plan", "--quiet", timeout=20)
    assert run.code == PASSED, run.err
    assert "Would scan 1 operation(s)" in run.out
    assert "'../secret.yaml' is another document, which is not read" in run.out
    assert "'link.yaml' is not read: it is a link out of the document's folder" in run.out
    assert "'fifo.yaml' is not read: it is not a file" in run.out
    assert asked == []


def test_the_target_may_serve_the_document_and_its_files(weir, api):
    port, files, asked = api
    files["/docs/openapi.yaml"] = SPEC
    files["/docs/paths/first.yaml"] = FIRST
    url = f"http://127.0.0.1:{port}"
    run = weir("scan", url, "--spec", f"{url}/docs/openapi.yaml", "--plan", "--header", "X-Api-Key: k1")
    assert run.code == PASSED, run.err
    assert "GET /first" in run.out
    assert [path for path, _ in asked] == ["/docs/openapi.yaml", "/docs/paths/first.yaml"]
    assert all(b"X-Api-Key: k1" in request for _, request in asked)


def test_a_document_is_only_fetched_from_what_is_scanned(weir, api, closed_port):
    port, _, asked = api
    run = weir("scan", f"http://127.0.0.1:{closed_port}/", "--spec", f"http://127.0.0.1:{port}/openapi.yaml", "--plan")
    assert run.code == USAGE
    assert "is not what is scanned" in run.err
    assert asked == []
    run = weir("scan", "http://192.0.2.1/", "--spec", "http://192.0.2.1/openapi.yaml", "--plan", timeout=5)
    assert run.code == USAGE
    assert "--i-am-authorized" in run.err, "before it is asked for anything"


def test_a_document_that_is_not_there_is_a_clear_error(weir, api, closed_port):
    port, _, _ = api
    url = f"http://127.0.0.1:{port}"
    run = weir("scan", url, "--spec", f"{url}/moved.yaml", "--plan")
    assert run.code == USAGE
    assert f"--spec: {url}/moved.yaml answered 302" in run.err
    run = weir("scan", f"http://127.0.0.1:{closed_port}", "--spec", f"http://127.0.0.1:{closed_port}/api.yaml", "--plan")
    assert run.code == USAGE
    assert "--spec" in run.err
