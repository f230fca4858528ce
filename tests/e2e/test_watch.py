"""Scans that are kept, repeated and compared, and the web hook that is told when one is worse."""

import contextlib
import http.server
import json
import signal
import subprocess
import threading
import time

import pytest

from conftest import PROGRAM, read_request

PASSED, USAGE, INTERRUPTED = 0, 2, 130


@pytest.fixture
def target(serve):
    """An API whose limit of five in ten seconds can be switched off."""
    state = {"limited": True, "times": []}
    lock = threading.Lock()

    def answer(connection):
        while read_request(connection):
            with lock:
                now = time.monotonic()
                state["times"] = [at for at in state["times"] if now - at < 10]
                admitted = not state["limited"] or len(state["times"]) < 5
                if admitted:
                    state["times"].append(now)
            status = b"200 OK" if admitted else b"429 Too Many Requests\r\nRetry-After: 10"
            connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nok")

    state["url"] = f"http://127.0.0.1:{serve(answer)}/quote"
    return state


@pytest.fixture
def hook():
    told = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            told.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/token-in-the-path", told
        server.shutdown()
        thread.join()


def arguments(target, *more):
    return ["scan", target["url"], "--max-wait", "1", "--quiet", "--output", "/dev/null", "--store", "kept", *more]


def test_what_is_kept_shows_how_it_went_and_the_web_hook_is_told_once_it_is_worse(weir, target, hook, tmp_path):
    url, told = hook
    assert weir(*arguments(target, "--webhook", url)).code == PASSED
    assert told == [], "there was nothing to compare with"
    target["limited"] = False
    assert weir(*arguments(target, "--webhook", url)).code == PASSED
    ((path, event),) = told
    assert path == "/token-in-the-path"
    assert event["event"] == "worse" and event["score"] < event["score_before"]
    assert "no-limit" in {finding["id"] for finding in event["new"]}
    assert weir(*arguments(target, "--webhook", url)).code == PASSED
    assert len(told) == 1, "it is as it was"

    assert len(list((tmp_path / "kept").glob("scan-*.json"))) == 3
    assert not list((tmp_path / "kept").glob("*.tmp"))
    trend = weir("trend", "kept")
    assert trend.code == PASSED
    assert "+ no-limit GET /quote" in trend.out
    (line,) = json.loads(weir("trend", "kept", "--format", "json").out)["targets"]
    assert [point["change"] for point in line["scans"]] == [0, event["score"] - event["score_before"], 0]


def test_a_damaged_file_is_told_and_passed_over(weir, target, tmp_path):
    target["limited"] = False
    weir(*arguments(target))
    (tmp_path / "kept/scan-00000000T000000Z-damaged.json").write_text("{")
    (tmp_path / "kept/notes.txt").write_text("mine")
    trend = weir("trend", "kept")
    assert trend.code == PASSED
    assert "passed over kept/scan-00000000T000000Z-damaged.json: is not JSON" in trend.err
    assert "D 69" in trend.out  # a confirmed high finding caps the score
    assert weir("trend", "nowhere").code == USAGE


def test_old_reports_go_and_nothing_else_does(weir, target, tmp_path):
    target["limited"] = False
    (tmp_path / "kept").mkdir()
    for number in range(500):
        (tmp_path / f"kept/scan-20200101T000000Z-{number:03}.json").write_text("{}")
    (tmp_path / "kept/aaa.json").write_text("mine")
    weir(*arguments(target))
    names = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert len(names) == 501
    assert names[0] == "aaa.json" and names[1] == "scan-20200101T000000Z-001.json"


def test_it_scans_again_and_again_until_it_is_interrupted(target, tmp_path):
    target["limited"] = False
    scan = subprocess.Popen([PROGRAM, *arguments(target, "--every", "1s")], cwd=tmp_path, stderr=subprocess.PIPE)
    with contextlib.closing(scan.stderr):
        while len(list((tmp_path / "kept").glob("scan-*.json"))) < 3:
            assert scan.poll() is None
            time.sleep(0.1)
        scan.send_signal(signal.SIGINT)
        assert scan.wait(timeout=30) in (PASSED, INTERRUPTED)


def test_wrong_words_are_told_before_anything_is_sent_and_a_hooks_url_never_is(weir, closed_port, target):
    url = f"http://127.0.0.1:{closed_port}/"
    for words in (["--every", "6h"], ["--every", "often", "--store", "kept"], ["--webhook", "https://hooks.example/T0K3N"]):
        run = weir("scan", url, *words)
        assert run.code == USAGE, run.err
        assert "T0K3N" not in run.err
    run = weir("scan", url, "--store", "kept", "--webhook", "http://hooks.example/T0K3N")
    assert run.code == USAGE and "http is for this machine only" in run.err and "T0K3N" not in run.err
    # One that does not answer is told, and the scan is what it was.
    weir(*arguments(target))
    target["limited"] = False
    run = weir(*arguments(target, "--webhook", url + "T0K3N"))
    assert run.code == PASSED
    assert "the web hook was not reached" in run.err and "T0K3N" not in run.err
