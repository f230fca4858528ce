"""Real processes for the tests: the DynamoDB emulator, and gunicorn with the example project.

Everything listens on a free port of 127.0.0.1 and is ended with its children.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLE = REPOSITORY / "examples" / "django_dynamodb"
STARTUP_S = 90.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(more: Mapping[str, str]) -> dict[str, str]:
    """Of this process, without the settings module of its own Django."""
    return {**{k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}, **more}


def wait_until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTUP_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} does not listen on {port}")


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and its group. SIGKILL: tests have nothing to save."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def emulator(port: int | None = None) -> Iterator[Emulator]:
    """An empty dynoxide."""
    server = Emulator(port or free_port())
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Emulator:
    def __init__(self, port: int) -> None:
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to use this emulator."""
        return {
            "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{self.port}",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def start(self) -> None:
        self._process = subprocess.Popen(
            [REPOSITORY / "scripts" / "emulator", "dynoxide", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until_listening(self.port, self._process)

    def stop(self) -> None:
        if self._process is not None:
            end(self._process)
            self._process = None


@dataclass(frozen=True)
class Answer:
    """One request and its answer. Times are the client's, by the monotonic clock."""

    sent: float
    answered: float
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def admitted(self) -> bool:
        return self.status == 200


@dataclass
class Server:
    """gunicorn in front of a Django project."""

    port: int
    log: Path
    headers: dict[str, str] = field(default_factory=dict)

    def get(
        self,
        path: str,
        headers: Mapping[str, str] | list[tuple[str, str]] | None = None,
        method: str = "GET",
        source: str = "127.0.0.1",
    ) -> Answer:
        """One request on a connection of its own. A list of pairs may repeat a header."""
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers or [])
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=60, source_address=(source, 0)
        )
        sent = time.monotonic()
        try:
            connection.putrequest(method, path)
            for name, value in pairs:
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            body = response.read()
            return Answer(
                sent, time.monotonic(), response.status, dict(response.getheaders()), body
            )
        finally:
            connection.close()


@contextlib.contextmanager
def gunicorn(
    log: Path,
    environment: Mapping[str, str],
    *options: str,
    application: str = "quotes_site.wsgi:application",
    directory: Path = EXAMPLE,
) -> Iterator[Server]:
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"),
                *("--graceful-timeout", "1", "--no-control-socket"),
                *("--pythonpath", str(Path(__file__).parent)),
                *options,
                application,
            ],
            cwd=directory,
            env=clean_environment(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until_listening(port, process)
        yield Server(port, log)
    except RuntimeError as error:
        raise RuntimeError(f"{error}\n{log.read_text()}") from error
    finally:
        end(process)


def manage(environment: Mapping[str, str], *arguments: str) -> str:
    """Runs manage.py of the example; its output."""
    finished = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=EXAMPLE,
        env=clean_environment(environment),
        capture_output=True,
        text=True,
        timeout=60,
    )
    if finished.returncode != 0:
        raise RuntimeError(finished.stderr)
    return finished.stdout


def create_weir_table(server: Emulator) -> None:
    """The table that `weir table create` makes, as far as an emulator needs it."""
    create_table(server, "weir", "k", "B").update_time_to_live(
        TableName="weir", TimeToLiveSpecification={"Enabled": True, "AttributeName": "exp"}
    )


def create_table(server: Emulator, name: str, key: str, key_type: str) -> Any:
    """A table without TTL; the client that made it."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=f"http://127.0.0.1:{server.port}",
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106
    )
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": key_type}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


@contextlib.contextmanager
def forwarded(port: int, edit: Callable[[bytes], bytes] = bytes) -> Iterator[int]:
    """Another port, from which a thread forwards to this one; `edit` changes what comes back."""

    def copy(
        source: socket.socket, target: socket.socket, change: Callable[[bytes], bytes]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(change(data))
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def forward() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", port))
                for way in ((near, far, bytes), (far, near, edit)):
                    threading.Thread(target=copy, args=way, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=forward, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
