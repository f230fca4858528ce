"""What the tap costs: the same requests direct, through the tap, and through one that records, in turns.

    bench/tap/run [--rounds 5] [--requests 4000]

The tap is held to one core (taskset), the client and the server have the other ones. The median of the rounds is told.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOAD = ROOT / "build/bench/bench/tap/weir_tap_load"
LAST = str(max(os.sched_getaffinity(0)))
OTHERS = ",".join(str(core) for core in sorted(os.sched_getaffinity(0)) if str(core) != LAST) or LAST


@contextlib.contextmanager
def running(core: str, *arguments: object):
    """The port on which weir_tap_load listens, held to these cores."""
    command = ["taskset", "-c", core, str(LOAD), *map(str, arguments)]
    process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE)
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def ask(port: int, connections: int, requests: int) -> list[float]:
    command = ["taskset", "-c", OTHERS, str(LOAD), "ask", str(port), str(connections), str(requests // connections)]
    return [float(word) for word in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=4000)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        upstream = stack.enter_context(running(OTHERS, "serve"))
        ports = {"direct": upstream}
        ports["tap"] = stack.enter_context(running(LAST, "tap", upstream))
        ports["tap, recording"] = stack.enter_context(running(LAST, "tap", upstream, f"{folder}/tap.jsonl"))
        print(f"{'':16} {'connections':>11} {'p50':>9} {'more than direct':>17} {'p99':>9} {'requests/s':>11} {'ratio':>6}")
        for connections in (1, 8):
            rounds = {name: [] for name in ports}
            for port in ports.values():
                ask(port, connections, options.requests // 4)  # warm
            for _ in range(options.rounds):
                for name, port in ports.items():
                    rounds[name].append(ask(port, connections, options.requests))
            direct = None
            for name, measured in rounds.items():
                p50, p99, rate = (statistics.median(column) for column in zip(*measured, strict=True))
                direct = direct or (p50, rate)
                print(
                    f"{name:16} {connections:>11} {p50:>6.0f} us {p50 - direct[0]:>14.0f} us {p99:>6.0f} us "
                    f"{rate:>11.0f} {rate / direct[1]:>6.2f}"
                )


if __name__ == "__main__":
    main()
