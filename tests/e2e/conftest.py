"""Runs the real program against real sockets. Nothing here knows Weir's insides."""

import contextlib
import os
import socket
import subprocess
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("WEIR_PROGRAM", ROOT / "build/dev/bin/weir"))


class Run:
    """What a finished run of the program left behind."""

    def __init__(self, done: subprocess.CompletedProcess):
        self.code = done.returncode
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    def error_lines(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.strip()]


@pytest.fixture
def weir(tmp_path):
    """weir(*arguments, **environment) runs the program in an empty folder with an environment that holds nothing of ours."""

    def run(*arguments: str, timeout: float = 60, **environment: str) -> Run:
        clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}
        done = subprocess.run(
            [str(PROGRAM), *arguments],
            cwd=tmp_path,
            env={**clean, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        return Run(done)

    return run


@pytest.fixture
def serve():
    """serve(answer) listens on a free port of 127.0.0.1, calls answer(connection) for each connection, and gives the port."""
    with contextlib.ExitStack() as stack:

        def start(answer) -> int:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))
            stop = threading.Event()

            def one(connection):
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(20)
                    answer(connection)

            def loop():
                while not stop.is_set():
                    try:
                        connection, _ = listener.accept()
                    except OSError:
                        return
                    threading.Thread(target=one, args=(connection,), daemon=True).start()

            threading.Thread(target=loop, daemon=True).start()
            stack.callback(stop.set)
            return listener.getsockname()[1]

        yield start


@pytest.fixture
def closed_port():
    """One where nobody listens, held so that nothing else of the test is given it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    """One for a server that cannot be told to choose its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    return data
