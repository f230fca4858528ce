"""The five-minute start of docs/django.md, from nothing, with the Python that runs this: a project is made, limited, served and asked
until it refuses. Ends with 0 if all was as the page says. Needs Django and weir-ratelimit, and nothing else of this repository.

With AWS_ENDPOINT_URL_DYNAMODB in the environment the counters are in DynamoDB there; else in a file that the workers share.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

LIMIT = 5
SETTINGS = """

INSTALLED_APPS += ["weir.django"]
WEIR = {
    "POLICY": BASE_DIR / "weir.yaml",
    "API_KEY": {"HEADER": "X-API-Key", "VERIFY": "accounts.keys.exists"},
}
"""
DYNAMODB = """version: 1
namespace: {namespace}
store:
  kind: dynamodb
  table: weir
pepper: ${WEIR_PEPPER}
"""
SHARED = """version: 1
namespace: my-project
store:
  kind: shared
  file: {folder}/counters
pepper: ${WEIR_PEPPER}
"""
KEYS = """
def exists(api_key):
    return api_key == "key-of-a-customer"
"""
URLS = f"""
from django.http import JsonResponse
from django.urls import path
from weir.django import rate_limit


@rate_limit("{LIMIT}/m", key="api_key")
def quote(request):
    return JsonResponse({{"pair": "EURUSD"}})


urlpatterns = [path("quote", quote)]
"""


def run(*command: str, cwd: Path) -> None:
    print("$", *command, flush=True)
    subprocess.run(command, cwd=cwd, check=True)


def make_project(folder: Path) -> None:
    run(sys.executable, "-m", "django", "startproject", "site_", str(folder), cwd=folder)
    with (folder / "site_" / "settings.py").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS)
    (folder / "site_" / "urls.py").write_text(URLS, encoding="utf-8")
    (folder / "accounts").mkdir()
    (folder / "accounts" / "keys.py").write_text(KEYS, encoding="utf-8")
    in_dynamodb = "AWS_ENDPOINT_URL_DYNAMODB" in os.environ
    # Of its own in a table that others may use.
    policy = DYNAMODB.replace("{namespace}", folder.name) if in_dynamodb else SHARED.replace("{folder}", str(folder))
    (folder / "weir.yaml").write_text(policy, encoding="utf-8")
    if in_dynamodb:
        run(sys.executable, "manage.py", "weir", "table", "--create", cwd=folder)
    run(sys.executable, "manage.py", "check", cwd=folder)
    run(sys.executable, "manage.py", "weir", "explain", cwd=folder)


def ask(port: int, key: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/quote", headers={"X-API-Key": key})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("five minutes: the server does not listen")


def expect(condition: bool, what: str) -> None:
    print("ok  " if condition else "FAIL", what, flush=True)
    if not condition:
        raise SystemExit(1)


def main() -> None:
    os.environ.setdefault("WEIR_PEPPER", "0123456789abcdef0123456789abcdef")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_project(folder)
        port = free_port()
        server = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"], cwd=folder
        )
        try:
            wait_for(port, server)
            statuses = [ask(port, "key-of-a-customer")[0] for _ in range(LIMIT)]
            expect(statuses == [200] * LIMIT, f"{LIMIT} requests are admitted")
            status, headers, body = ask(port, "key-of-a-customer")
            expect(status == 429, "the next is refused with 429")
            # The window, the allowed error of the clock twice, and a slot at most.
            expect(1 <= int(headers["Retry-After"]) <= 65, "it says when to come back")
            expect(json.loads(body)["status"] == 429, "its body is a problem document")
            made_up = [ask(port, f"made-up-{number}")[0] for number in range(LIMIT + 1)]
            expect(made_up[-1] == 429, "made-up keys share one limit")
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
