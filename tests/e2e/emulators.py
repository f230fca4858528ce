"""DynamoDB emulators, started by scripts/emulator, for tests of what stands before a DynamoDB."""

import contextlib
import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator

import boto3
from botocore.config import Config

from conftest import ROOT

PATIENCE = 90
# ExtendDB verifies signatures made with these, the pair of AWS's documentation.
CREDENTIALS = {
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
NAMES = ("dynoxide", "extenddb", "dynamodb-local")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def answers(port: int) -> bool:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            return False
        return True


@contextlib.contextmanager
def emulator(name: str) -> Iterator[int]:
    """The port of an empty emulator."""
    port = free_port()
    process = subprocess.Popen(
        [str(ROOT / "scripts/emulator"), name, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ,
    )
    try:
        end = time.monotonic() + PATIENCE
        while not answers(port):
            assert process.poll() is None, f"{name} has ended"
            assert time.monotonic() < end, f"{name} does not answer"
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)


def client(port: int, *, retries: int = 0, timeout: float = PATIENCE, credentials: dict[str, str] | None = None):
    """boto3's client on one connection, so that its bytes have an order."""
    return boto3.client(
        "dynamodb",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        config=Config(max_pool_connections=1, retries={"max_attempts": retries}, read_timeout=timeout),
        **(credentials or CREDENTIALS),
    )
