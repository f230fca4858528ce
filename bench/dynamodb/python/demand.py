"""The demand that every driver puts on its limiter, for the drivers written in Python.

A driver is a program with one argument, its job as JSON (Job in ../measure.py says what is in it).
It sets up what its limiter needs, prints "ready", reads from standard input when to start, by the
monotonic clock that all processes of a machine share, runs, prints its counts as JSON and, if the
job names a file, writes one line for each admission: when it was asked for, when it was granted,
and the number of its key.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Counts:
    decisions: int = 0
    admitted: int = 0
    refused: int = 0
    errors: int = 0
    first_error: str = ""
    admissions: list[tuple[int, int, int]] = field(default_factory=list)


def pause(until_ns: int) -> None:
    time.sleep(max(0.0, (until_ns - time.monotonic_ns()) / 1e9))


def call_repeatedly(
    caller: int, job: dict[str, Any], start: int, decide: Callable[[str], bool], counts: Counts
) -> None:
    keys = job["keys"]
    names = [f"{job['prefix']}-{key}" for key in range(keys)]
    record = bool(job["record"])
    burst = job["burst"]
    end = start + int(job["seconds"] * 1e9)
    key = caller * keys // job["callers"]
    trickle = start
    pause(start)
    while (now := time.monotonic_ns()) < end:
        if burst and caller == 0:
            pause(trickle)
            trickle += burst["trickle_ms"] * 1_000_000
        elif burst:
            period = burst["period_ms"] * 1_000_000
            phase = (now - start) % period
            if phase >= burst["on_ms"] * 1_000_000:
                pause(now + period - phase)
                continue
        asked = time.monotonic_ns()
        counts.decisions += 1
        try:
            admitted = decide(names[key])
        except Exception as error:
            counts.errors += 1
            counts.first_error = counts.first_error or f"{type(error).__name__}: {error}"
        else:
            if admitted:
                counts.admitted += 1
                if record:
                    counts.admissions.append((asked, time.monotonic_ns(), key))
            else:
                counts.refused += 1
        key = (key + 1) % keys


def run(set_up: Callable[[dict[str, Any]], Callable[[str], bool]]) -> None:
    """Runs the job with the limiter that `set_up` makes of it.

    `set_up` returns the decision: key in, whether admitted out. An exception that is not the
    limiter's way to refuse counts as an error.
    """
    job = json.loads(sys.argv[1])
    decide = set_up(job)
    print("ready", flush=True)
    start = int(sys.stdin.readline())
    cpu = time.process_time()
    counts = [Counts() for _ in range(job["callers"])]
    threads = [
        threading.Thread(target=call_repeatedly, args=(caller, job, start, decide, count))
        for caller, count in enumerate(counts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = (time.monotonic_ns() - start) / 1e9
    cpu_seconds = time.process_time() - cpu
    if job["record"]:
        with Path(job["record"]).open("w") as file:
            for count in counts:
                file.writelines(
                    f"{asked} {granted} {key}\n" for asked, granted, key in count.admissions
                )
    print(
        json.dumps(
            {
                "decisions": sum(count.decisions for count in counts),
                "admitted": sum(count.admitted for count in counts),
                "refused": sum(count.refused for count in counts),
                "errors": sum(count.errors for count in counts),
                "first_error": next((c.first_error for c in counts if c.first_error), ""),
                "seconds": seconds,
                "cpu_seconds": cpu_seconds,
            }
        )
    )
