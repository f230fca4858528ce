"""Prints the shared store's tables from what weir_shared_store_bench and peers.py wrote.

    table.py WEIR PEERS    PEERS may be missing
"""

import sys
from pathlib import Path

ROWS = [
    ("hot_admitted", "one hot key, admitted"),
    ("hot_refused", "one hot key, refused"),
    ("hot_gcra", "one hot key, gcra"),
    ("million_keys", "a million keys"),
    ("million_keys_gcra", "a million keys, gcra"),
]
PEERS = [
    ("redis_gcra", "Redis, Unix socket, GCRA script (redis-benchmark)"),
    ("limits_moving_window", "PyPI limits, moving window on Redis, Unix socket"),
]


def main(weir, peers):
    ours = {}
    for line in Path(weir).read_text(encoding="utf-8").splitlines():
        name, processes, value = line.split()
        ours[name, int(processes)] = float(value)
    print("| CPU nanoseconds a decision | 1 process | 2 processes |")
    print("| --- | ---: | ---: |")
    for name, label in ROWS:
        one, two = ours[name, 1], ours[name, 2]
        print(f"| {label} | {one:.0f} ({1000 / one:.1f} M/s) | {two:.0f} ({1000 / two:.1f} M/s each) |")
    if Path(peers).exists():
        theirs = {}
        for line in Path(peers).read_text(encoding="utf-8").splitlines():
            name, processes, _, cpu = line.split()
            theirs[name, int(processes)] = float(cpu)
        for name, label in PEERS:
            cells = [f"{theirs[name, n]:.0f} ({theirs[name, n] / ours['hot_admitted', n]:.0f} x)" for n in (1, 2)]
            print(f"| {label} | {cells[0]} | {cells[1]} |")
    print()
    quantiles = ", ".join(f"{name} {ours['hot_' + name, 1]:.0f} ns" for name in ("p50", "p99", "p99.9"))
    print(f"A decision about the hot key, on the wall: {quantiles}.")
    print(f"Bytes a key, index included: {ours['bytes_per_key_window', 1]:.0f} for 100 in a minute, "
          f"{ours['bytes_per_key_gcra', 1]:.0f} for gcra.")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
