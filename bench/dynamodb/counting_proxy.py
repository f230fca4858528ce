"""A proxy in front of a DynamoDB emulator that counts what each request would be billed.

It asks for the consumed capacity of every request that can report it. A write whose condition
failed reports none, but is billed by the size of the item that was there, at least one unit [1];
the proxy reads that item and computes its size [2]. Slow, and meant for counting only. It changes
bodies, so it needs an emulator that does not verify signatures.

[1] https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html
[2] https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

READS = {"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"}
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
MAX_BODY = 16 * 1024 * 1024  # the largest that DynamoDB answers


@dataclass(frozen=True)
class Request:
    """One request for data, as billed. `sent_ns` is when it arrived, by the monotonic clock."""

    sent_ns: int
    operation: str
    write_units: float
    read_units: float


def value_size(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "B":
        return len(base64.b64decode(content))
    if kind == "N":
        return math.ceil(len(content.lstrip("-").replace(".", "").strip("0")) / 2) + 1
    if kind == "L":
        return 3 + sum(1 + value_size(element) for element in content)
    if kind == "M":
        return 3 + sum(
            1 + len(name.encode()) + value_size(inner) for name, inner in content.items()
        )
    if kind in ("SS", "NS", "BS"):
        return sum(value_size({kind[0]: element}) for element in content)
    return 1  # NULL, BOOL


def item_size(item: dict[str, Any]) -> int:
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def units(consumed: Any) -> float:
    entries = consumed if isinstance(consumed, list) else [consumed]
    return sum(float(entry.get("CapacityUnits", 0)) for entry in entries if entry)


@dataclass
class Message:
    first_line: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, wanted: str) -> str:
        return next((value for name, value in self.headers if name.lower() == wanted), "")

    def encode(self) -> bytes:
        kept = [
            (n, v)
            for n, v in self.headers
            if n.lower() not in ("content-length", "transfer-encoding")
        ]
        kept.append(("Content-Length", str(len(self.body))))
        head = "\r\n".join([self.first_line, *(f"{name}: {value}" for name, value in kept)])
        return head.encode("latin-1") + b"\r\n\r\n" + self.body


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head[:-4].split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    message = Message(first, headers, b"")
    length = int(message.header("content-length") or 0)
    if length > MAX_BODY:
        return None
    message.body = await reader.readexactly(length)
    return message


class CountingProxy:
    """Runs in a thread of its own from start() to stop()."""

    def __init__(self, emulator_port: int) -> None:
        self._emulator_port = emulator_port
        self._requests: list[Request] = []
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    def start(self) -> None:
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the counting proxy does not listen")

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def take(self) -> list[Request]:
        """What was counted since the last call."""
        taken, self._requests = self._requests, []
        return taken

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection(
            "127.0.0.1", self._emulator_port
        )

        async def ask(request: Message) -> Message | None:
            upstream_writer.write(request.encode())
            return await read_message(upstream_reader)

        with contextlib.suppress(ConnectionError):
            while (request := await read_message(reader)) is not None:
                arrived = time.monotonic_ns()
                operation = request.header("x-amz-target").partition(".")[2]
                wanted: dict[str, Any] = {}
                if (
                    operation in READS | WRITES
                ):  # zae-limiter sends other services' requests as well
                    wanted = json.loads(request.body)
                    wanted["ReturnConsumedCapacity"] = "TOTAL"
                    request.body = json.dumps(wanted).encode()
                answer = await ask(request)
                if answer is None:
                    break
                if operation in READS | WRITES:
                    await self._count(arrived, operation, wanted, request, answer, ask)
                writer.write(answer.encode())
                await writer.drain()
        upstream_writer.close()
        writer.close()

    async def _count(
        self,
        arrived: int,
        operation: str,
        wanted: dict[str, Any],
        request: Message,
        answer: Message,
        ask: Any,
    ) -> None:
        body = json.loads(answer.body or b"{}")
        error = str(body.get("__type", "")).rpartition("#")[2]
        billed = units(body.get("ConsumedCapacity"))
        if error == "ConditionalCheckFailedException":
            key = wanted.get("Key") or wanted["Item"]
            billed = await self._failed_write_units(wanted["TableName"], key, request, ask)
        elif error == "TransactionCanceledException":
            billed = 2.0 * len(
                wanted["TransactItems"]
            )  # prepared, then given up: at least two for each
        write = operation in WRITES
        self._requests.append(
            Request(arrived, operation, billed if write else 0, 0 if write else billed)
        )

    async def _failed_write_units(
        self, table: str, key: dict[str, Any], request: Message, ask: Any
    ) -> float:
        names = await self._key_names(table, request, ask)
        body = {
            "TableName": table,
            "Key": {name: key[name] for name in names},
            "ConsistentRead": True,
        }
        found = await ask(self._own_request("GetItem", body, request))
        item = json.loads(found.body).get("Item", {}) if found else {}
        return max(1.0, math.ceil(item_size(item) / 1024))

    async def _key_names(self, table: str, request: Message, ask: Any) -> list[str]:
        found = await ask(self._own_request("DescribeTable", {"TableName": table}, request))
        return [
            element["AttributeName"] for element in json.loads(found.body)["Table"]["KeySchema"]
        ]

    @staticmethod
    def _own_request(operation: str, body: dict[str, Any], like: Message) -> Message:
        headers = [(n, v) for n, v in like.headers if n.lower() != "x-amz-target"]
        headers.append(("X-Amz-Target", f"DynamoDB_20120810.{operation}"))
        return Message(like.first_line, headers, json.dumps(body).encode())


@contextlib.contextmanager
def counting_proxy(emulator_port: int) -> Iterator[CountingProxy]:
    proxy = CountingProxy(emulator_port)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
