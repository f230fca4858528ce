"""`weir tap`, started as its users do, and a wire that keeps every byte that passes."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from conftest import PROGRAM

PATIENCE = 60


class Tap:
    def __init__(self, process: subprocess.Popen, port: int):
        self.process = process
        self.port = port

    def end(self) -> tuple[int, str]:
        """(exit code, what it said) after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said


@contextlib.contextmanager
def tap(folder: Path, upstream: int, *arguments: str, **environment: str) -> Iterator[Tap]:
    process = subprocess.Popen(
        [
            str(PROGRAM),
            "tap",
            "--listen",
            "127.0.0.1:0",
            "--upstream",
            f"http://127.0.0.1:{upstream}",
            *arguments,
        ],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stderr.readline()
        match = re.match(r"weir tap: http://127\.0\.0\.1:(\d+) passes on to ", line)
        assert match, line + process.stderr.read()
        yield Tap(process, int(match.group(1)))
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=PATIENCE)


class Wire:
    """Passes one connection at a time on to `upstream`; `sent` and `received` are its client's bytes."""

    def __init__(self, upstream: int):
        self.upstream = upstream
        self.sent = bytearray()
        self.received = bytearray()
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self.upstream))
            for source, target, kept in (
                (client, server, self.sent),
                (server, client, self.received),
            ):
                thread = threading.Thread(
                    target=self.copy, args=(source, target, kept), daemon=True
                )
                thread.start()

    @staticmethod
    def copy(source: socket.socket, target: socket.socket, kept: bytearray):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                kept += data
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
