"""Measures DynamoDB rate limiters against each other, on one emulator, in one run.

For each limiter: what a decision costs (a run through the counting proxy), how fast decisions come
(a run straight at the emulator) and the most that any interval of length W admits (several
processes, demand in bursts). Prints one table each, as Markdown, with the ratio to Weir.

Run it by bench/dynamodb/run, which installs the peers.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import admissions
from counting_proxy import CountingProxy, counting_proxy

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
CACHE = REPOSITORY / ".cache" / "bench" / "dynamodb"

PROCESSES = 4  # of the run that checks the promise


@dataclass(frozen=True)
class Limit:
    n: int
    window_s: int


PLENTY = Limit(1_000_000_000, 60)  # nobody reaches it
FLOODED = Limit(20, 2)


@dataclass(frozen=True)
class Job:
    """What a driver is told, as JSON.

    `record` names the file for the admissions; "" for none. With `burst`, caller 0 asks once each
    trickle_ms, and the others ask without pause during the first on_ms of each period_ms; without,
    all ask without pause.
    """

    limiter: str
    prefix: str  # of the keys' names, so that each run has fresh ones
    keys: int
    callers: int
    n: int
    window_s: int
    seconds: float
    record: str = ""
    burst: dict[str, int] | None = None


@dataclass(frozen=True)
class Driver:
    name: str
    limiter: str
    command: Sequence[str]


def drivers() -> list[Driver]:
    node = ["node", str(CACHE / "node" / "driver.mjs")]
    go = [str(CACHE / "mennanov-limiters")]
    views = [str(REPOSITORY / ".venv/bin/python"), str(HERE / "python/views_driver.py")]
    zae = [str(CACHE / "python/bin/python"), str(HERE / "python/zae_driver.py")]
    weir = [str(REPOSITORY / "build/bench/bench/dynamodb/weir_dynamodb_bench")]
    return [
        Driver("Weir", "exact-window", weir),
        Driver("rate-limiter-flexible", "default", node),
        Driver("rate-limiter-flexible, inMemoryBlockOnConsumed", "in-memory-block", node),
        Driver("mennanov/limiters, fixed window", "fixed-window", go),
        Driver("mennanov/limiters, sliding window", "sliding-window", go),
        Driver("zae-limiter", "default", zae),
        Driver("example view `window` (conditional increment)", "window", views),
        Driver("example view `hashed` (read, then write)", "hashed", views),
    ]


@contextlib.contextmanager
def emulator() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [REPOSITORY / "scripts" / "emulator", "dynoxide", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(400):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            time.sleep(0.05)
        else:
            raise SystemExit("the emulator does not listen")
        yield port
    finally:
        process.kill()
        process.wait()


class Run:
    """The processes of one driver doing one job each, at the same time."""

    def __init__(self, driver: Driver, jobs: Sequence[Job], port: int) -> None:
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{port}",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NODE_NO_WARNINGS": "1",
        }
        self._driver = driver
        self._seconds = max(job.seconds for job in jobs)
        self._processes = [
            subprocess.Popen(
                [*driver.command, json.dumps(asdict(job))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
                text=True,
            )
            for job in jobs
        ]
        for process in self._processes:
            assert process.stdout
            if process.stdout.readline() != "ready\n":
                self._end()
                raise SystemExit(f"{driver.name}: the driver did not start")

    def finish(self) -> dict[str, Any]:
        """Starts all at one instant, waits, adds up."""
        start = time.monotonic_ns() + 50_000_000
        try:
            for process in self._processes:
                assert process.stdin
                process.stdin.write(f"{start}\n")
                process.stdin.flush()
            outputs = [
                process.communicate(timeout=self._seconds + 60)[0] for process in self._processes
            ]
        finally:
            self._end()
        counts = [json.loads(output) for output in outputs]
        total = {
            name: sum(c[name] for c in counts)
            for name in ("decisions", "admitted", "refused", "errors")
        }
        return {
            **total,
            "seconds": max(c["seconds"] for c in counts),
            "cpu_seconds": sum(c["cpu_seconds"] for c in counts),
            "first_error": next((c["first_error"] for c in counts if c["first_error"]), ""),
        }

    def _end(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


class Measurement:
    def __init__(
        self, emulator_port: int, proxy: CountingProxy, seconds: float, folder: Path
    ) -> None:
        self._emulator_port = emulator_port
        self._proxy = proxy
        self._seconds = seconds
        self._folder = folder
        self._runs = 0

    def _job(
        self, driver: Driver, callers: int, limit: Limit, seconds: float, keys: int = 1, **more: Any
    ) -> Job:
        self._runs += 1
        prefix = f"run{self._runs}"
        return Job(driver.limiter, prefix, keys, callers, limit.n, limit.window_s, seconds, **more)

    def set_up(self, driver: Driver) -> None:
        """Makes the table, so that no measurement pays for it."""
        Run(driver, [self._job(driver, 1, PLENTY, 0.2)], self._emulator_port).finish()

    def speed(self, driver: Driver, callers: int, limit: Limit, keys: int) -> dict[str, Any]:
        job = self._job(driver, callers, limit, self._seconds, keys)
        return Run(driver, [job], self._emulator_port).finish()

    def cost(self, driver: Driver, callers: int, limit: Limit, seconds: float) -> dict[str, Any]:
        """Units of the admitted and of the refused decisions.

        With one caller each request belongs to the decision that it was made in; with more only the
        total is known.
        """
        record = self._folder / "admissions"
        job = self._job(driver, callers, limit, seconds, record=str(record))
        run = Run(driver, [job], self._proxy.port)
        self._proxy.take()  # of setting up
        result = run.finish()
        requests = self._proxy.take()
        result["write_units"] = sum(request.write_units for request in requests)
        result["read_units"] = sum(request.read_units for request in requests)
        result["requests"] = len(requests)
        if callers == 1:
            admitted = iter(sorted(admissions.read([record])))
            current = next(admitted, None)
            of_admitted = 0.0
            for request in sorted(requests, key=lambda request: request.sent_ns):
                while current and current.granted_ns < request.sent_ns:
                    current = next(admitted, None)
                if current and current.asked_ns <= request.sent_ns:
                    of_admitted += request.write_units
            result["write_units_admitted"] = of_admitted
            result["write_units_refused"] = result["write_units"] - of_admitted
        return result

    def promise(self, driver: Driver, seconds: float) -> dict[str, Any]:
        """PROCESSES processes of 4 callers, one key; bursts come at every phase of the window."""
        records = [self._folder / f"admissions{process}" for process in range(PROCESSES)]
        burst = {"on_ms": 400, "period_ms": 1300, "trickle_ms": 2000}
        job = self._job(driver, 4, FLOODED, seconds, burst=burst)
        jobs = [Job(**{**asdict(job), "record": str(record)}) for record in records]
        result = Run(driver, jobs, self._emulator_port).finish()
        result["most"] = admissions.most_in_any(
            FLOODED.window_s * 1_000_000_000, admissions.read(records)
        )
        return result


# ---- Tables -------------------------------------------------------------------------------------


def per_thousand(amount: float, count: int) -> str:
    if not count:
        return "–"
    return significant(1000 * amount / count)


def significant(number: float) -> str:
    if math.isnan(number):
        return "–"
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def cpu(results: list[dict[str, Any]]) -> float:
    each = [1e6 * run["cpu_seconds"] / run["decisions"] for run in results if run["decisions"]]
    return float(median(each)) if each else math.nan


def rate(results: list[dict[str, Any]]) -> float:
    return float(median(result["decisions"] / result["seconds"] for result in results))


def print_table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    print(f"\n{title}\n")
    print("| " + " | ".join(columns) + " |")
    print("| --- |" + " ---: |" * (len(columns) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    sys.stdout.flush()


def print_errors(driver: Driver, result: dict[str, Any]) -> None:
    if result["errors"]:
        message = f"{driver.name}: {result['errors']} errors, the first: {result['first_error']}"
        print(f"  {message}", file=sys.stderr)


def print_costs(measurement: Measurement, chosen: list[Driver]) -> None:
    plenty, flood = [], []
    for driver in chosen:
        alone, many = (measurement.cost(driver, callers, PLENTY, 2) for callers in (1, 16))
        plenty.append(
            [
                driver.name,
                *(per_thousand(run["write_units"], run["admitted"]) for run in (alone, many)),
                *(per_thousand(run["read_units"], run["admitted"]) for run in (alone, many)),
                *(f"{run['requests'] / max(1, run['decisions']):.2f}" for run in (alone, many)),
            ]
        )
        each = many["write_units"] / max(1, many["admitted"])
        alone, many = (measurement.cost(driver, callers, FLOODED, 6) for callers in (1, 16))
        of_refused = max(0.0, many["write_units"] - each * many["admitted"])
        flood.append(
            [
                driver.name,
                per_thousand(alone["write_units_admitted"], alone["admitted"]),
                per_thousand(alone["write_units_refused"], alone["refused"]),
                per_thousand(of_refused, many["refused"]),
                per_thousand(many["read_units"], many["decisions"]),
                f"{many['write_units']:,.0f}",
                f"{many['admitted']:,}",
                f"{many['refused']:,}",
            ]
        )
        print(f"  counted: {driver.name}", file=sys.stderr)
    print_table(
        "What an admission costs: one key, a limit that nobody reaches, 1 and 16 callers",
        [
            "limiter",
            *("write units per 1,000", "the same, 16 callers"),
            *("read units per 1,000", "16 callers"),
            *("round trips each", "16 callers"),
        ],
        plenty,
    )
    print_table(
        f"What a flood costs: one key, {FLOODED.n} in {FLOODED.window_s} s, 6 s, 1 and 16 callers",
        [
            "limiter",
            "write units per 1,000 admitted",
            "per 1,000 refused",
            "per 1,000 refused, 16 callers",
            "read units per 1,000 decisions, 16",
            "write units in all, 16",
            *("admitted, 16", "refused, 16"),
        ],
        flood,
    )


def print_speeds(measurement: Measurement, chosen: list[Driver], rounds: int) -> None:
    scenarios = [
        (f"{what}, {callers} caller{'s' * (callers > 1)}", limit, keys, callers)
        for what, limit, keys in (
            ("all admitted, 1 key", PLENTY, 1),
            ("all admitted, 100 keys", PLENTY, 100),
            ("flood, 1 key", FLOODED, 1),
        )
        for callers in (1, 16)
    ]
    results: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for _ in range(rounds):
        for title, limit, keys, callers in scenarios:
            for driver in chosen:  # neighbours in time, so that they share the machine's moods
                result = measurement.speed(driver, callers, limit, keys)
                results.setdefault((driver.name, title), []).append(result)
                print_errors(driver, result)
            print(f"  timed: {title}", file=sys.stderr)
    for caption, figure in (
        ("Decisions a second, straight at the emulator", rate),
        ("Processor time of the limiter's process, microseconds a decision", cpu),
    ):
        rows = []
        for driver in chosen:
            row = [driver.name]
            for title, *_ in scenarios:
                ours = figure(results[chosen[0].name, title])
                theirs = figure(results[driver.name, title])
                row.append(f"{significant(theirs)} ({significant(theirs / ours)})")
            rows.append(row)
        print_table(
            f"{caption}; in brackets the ratio to {chosen[0].name}'s",
            ["limiter", *(title for title, *_ in scenarios)],
            rows,
        )


def print_promises(measurement: Measurement, chosen: list[Driver]) -> None:
    rows = []
    for driver in chosen:
        result = measurement.promise(driver, 12)
        errors = f"{result['errors']:,}"
        print_errors(driver, result)
        row = [
            driver.name,
            str(result["most"]),
            f"{result['admitted']:,}",
            f"{result['refused']:,}",
        ]
        rows.append([*row, errors])
        print(f"  watched: {driver.name}", file=sys.stderr)
    print_table(
        f"Who keeps the limit of {FLOODED.n} in any {FLOODED.window_s} s: {PROCESSES} processes of "
        "4 callers, one key, bursts of 0.4 s every 1.3 s, for 12 s",
        ["limiter", f"most in any {FLOODED.window_s} s", "admitted", "refused", "errors"],
        rows,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", action="append", help="limiters whose name holds this (repeatable)"
    )
    parser.add_argument(
        "--seconds", type=float, default=2, help="length of a timed run (default 2)"
    )
    parser.add_argument(
        "--rounds", type=int, default=1, help="timed runs of each kind; the median counts"
    )
    parser.add_argument(
        "--tables", default="cost,speed,promise", help="which of cost, speed, promise (default all)"
    )
    options = parser.parse_args()
    chosen = [
        d for d in drivers() if not options.only or any(part in d.name for part in options.only)
    ]
    missing = [d for d in chosen if not all(Path(p).exists() for p in d.command if "/" in p)]
    for driver in missing:
        print(f"not measured, not installed: {driver.name}", file=sys.stderr)
    chosen = [driver for driver in chosen if driver not in missing]

    with tempfile.TemporaryDirectory() as folder, emulator() as port, counting_proxy(port) as proxy:
        measurement = Measurement(port, proxy, options.seconds, Path(folder))
        for driver in chosen:
            measurement.set_up(driver)
        tables = options.tables.split(",")
        if "cost" in tables:
            print_costs(measurement, chosen)
        if "speed" in tables:
            print_speeds(measurement, chosen, options.rounds)
        if "promise" in tables:
            print_promises(measurement, chosen)


if __name__ == "__main__":
    main()
