"""Runs the servers of bench/service one after the other under the same generator, and prints their table.

measure.py BUILD PEERS SECONDS KEYS: the folder of Weir's build, that of its peers, and how long and over how many keys.

What a decision costs is processor time of the server by the kernel's account (/proc/PID/stat, all its threads, and Redis's with
ratelimit's), so that the generator and other work on the machine do not count.
"""

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 60
LOADS = (  # (what it is called, connections, calls at once on each)
    ("1 connection, 100 calls at once", 1, 100),
    ("8 connections, 32 calls at once each", 8, 32),
    ("1 connection, 1 call at a time", 1, 1),
)
MEASURED_KEYS = 10_000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit(f"bench: {process.args[0]} does not listen")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) * 1024 / 1e6


class Server:
    """Processes that together answer on one port."""

    def __init__(self, name, version, port, *processes):
        self.name, self.version, self.port, self.processes = name, version, port, processes
        wait_for(port, processes[0])

    def cpu(self):
        return sum(cpu_seconds(process.pid) for process in self.processes)

    def memory(self):
        return sum(resident_mb(process.pid) for process in self.processes)


@contextlib.contextmanager
def processes():
    started = []

    def start(*command, **environment):
        out = subprocess.PIPE if environment.pop("prints", False) else subprocess.DEVNULL
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **environment})
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(PATIENCE)


POLICY = """version: 1
store: {store}
descriptors:
  - {{id: each, domain: bench, entries: [remote_address], limit: 1000000000/m}}
"""


def weir(start, build, folder, store):
    stores = {"memory": "{kind: memory}", "shared": f"{{kind: shared, file: {folder}/counters, max_keys: 2000000}}"}
    policy = folder / "weir.yaml"
    policy.write_text(POLICY.format(store=stores[store]))
    port = free_port()
    listen = ("--http", "127.0.0.1:0", "--grpc", f"127.0.0.1:{port}", "--threads", "1")
    return Server(f"Weir, {store} store", "v3", port, start(f"{build}/bin/weir", "serve", "--policy", str(policy), *listen))


def constant(start, load):
    process = start(load, "serve", prints=True)
    return Server("the same server, a constant", "v3", int(process.stdout.readline()), process)


def limitador(start, program):
    port = free_port()
    return Server("limitador 0.12.0", "v3", port, start(str(program), f"127.0.0.1:{port}"))


def ratelimit(start, program, folder):
    (folder / "ratelimit/config").mkdir(parents=True)
    (folder / "ratelimit/config/bench.yaml").write_text(
        "domain: bench\ndescriptors:\n  - {key: remote_address, rate_limit: {unit: minute, requests_per_unit: 1000000000}}\n"
    )
    at = free_port()
    redis = start("redis-server", "--bind", "127.0.0.1", "--port", str(at), "--save", "", "--dir", str(folder))
    wait_for(at, redis)
    port = free_port()
    process = start(
        str(program),
        USE_STATSD="false",
        GOMAXPROCS="1",
        REDIS_SOCKET_TYPE="tcp",
        REDIS_URL=f"127.0.0.1:{at}",
        RUNTIME_ROOT=str(folder),
        RUNTIME_SUBDIRECTORY="ratelimit",
        GRPC_PORT=str(port),
        PORT=str(free_port()),
        DEBUG_PORT=str(free_port()),
    )
    return Server("envoyproxy/ratelimit 1.4.0 + Redis", "v2", port, process, redis)


def main() -> None:
    build, peers, seconds, keys = sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    load = f"{build}/bench/service/weir_service_load"

    def ask(server, how, connections, at_once, duration, count):
        done = subprocess.run(
            [load, how, str(server.port), server.version, str(connections), str(at_once), str(duration), str(count)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        calls, took, p50, p99, admitted = done.stdout.split()
        if int(admitted) != int(calls):
            raise SystemExit(f"bench: {server.name} admitted {admitted} of {calls} calls")
        return int(calls), float(took), int(p50), int(p99)

    makers = [
        lambda start, folder: constant(start, load),
        lambda start, folder: weir(start, build, folder, "memory"),
        lambda start, folder: weir(start, build, folder, "shared"),
    ]
    if (peers / "limitador").exists():
        makers.append(lambda start, folder: limitador(start, peers / "limitador/release/limitador-bench"))
    if (peers / "ratelimit").exists():
        makers.append(lambda start, folder: ratelimit(start, peers / "ratelimit", folder))
    rows = {name: [] for name, _, _ in LOADS}
    memory = []
    names = []
    for make in makers:
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, processes() as start:
            server = make(start, Path(folder))
            names.append(server.name)
            ask(server, "ask", 1, 100, 1, MEASURED_KEYS)  # warm
            for name, connections, at_once in LOADS:
                before = server.cpu()
                calls, took, p50, p99 = ask(server, "ask", connections, at_once, seconds, MEASURED_KEYS)
                cost = (server.cpu() - before) / calls * 1e6
                rows[name].append(f"{cost:.1f} ({calls / took / 1000:.0f} k/s; {p50}, {p99})")
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, processes() as start:
            server = make(start, Path(folder))
            before = server.memory()
            ask(server, "fill", 1, 100, 0, keys)
            memory.append(f"{(server.memory() - before) * 1e6 / int(keys):.0f}")
    print(f"| server CPU µs a decision (decisions a second; p50, p99 in µs) | {' | '.join(names)} |")
    print(f"| --- |{' ---: |' * len(names)}")
    for name, cells in rows.items():
        print(f"| {name} | {' | '.join(cells)} |")
    print(f"| bytes of memory a key, {int(keys):,} keys | {' | '.join(memory)} |")


if __name__ == "__main__":
    main()
