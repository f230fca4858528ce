"""Prints the memory store's table from the results that scripts/bench left in a folder.

Of each case the best round counts: what else the machine did can only make a round slower.
"""

import collections
import glob
import json
import os
import sys

WEIR = "Weir"
# File stem -> column.
PEERS = {
    "governor": "governor",
    "throttlecrab": "throttlecrab",
    "go-sync-map": "Go rate, sync.Map",
    "go-mutex-map": "Go rate, mutex + map",
}
# Google Benchmark's name -> the case's name in the peers' output.
CASES = {
    "hot_key/admitted": "hot_admitted",
    "hot_key/refused": "hot_refused",
    "million_keys/mixed": "million_keys",
    "hot_key/admitted_no_clock": "hot_admitted_no_clock",
    "hot_key/refused_no_clock": "hot_refused_no_clock",
    "million_keys/no_clock": "million_keys_no_clock",
}
ROWS = [
    ("hot_admitted", 1, "one hot key, admitted, 1 thread"),
    ("hot_admitted", 2, "one hot key, admitted, 2 threads"),
    ("hot_refused", 1, "one hot key, refused, 1 thread"),
    ("hot_refused", 2, "one hot key, refused, 2 threads"),
    ("million_keys", 1, "a million keys, 1 thread"),
    ("million_keys", 2, "a million keys, 2 threads"),
    ("hot_admitted_no_clock", 1, "one hot key, admitted, clock not read"),
    ("hot_refused_no_clock", 1, "one hot key, refused, clock not read"),
    ("million_keys_no_clock", 1, "a million keys, clock not read"),
]


def read_weir(path):
    """Yields (case, threads, value) of a Google Benchmark report."""
    with open(path, encoding="utf-8") as file:
        for run in json.load(file)["benchmarks"]:
            name, _, _ = run["name"].partition("/real_time")
            yield CASES[name], run["threads"], run["cpu_time"]
            if "bytes_per_key" in run:
                yield "bytes_per_key", 1, run["bytes_per_key"]


def read_peer(path):
    """Yields (case, threads, value) of a peer's lines."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            case, threads, value = line.split()
            yield case, int(threads), float(value)


def main(folder):
    best = collections.defaultdict(dict)
    for path in sorted(glob.glob(os.path.join(folder, "*"))):
        stem = os.path.basename(path).split(".")[0]
        column, read = (WEIR, read_weir) if stem == "weir" else (PEERS[stem], read_peer)
        for case, threads, value in read(path):
            known = best[case, threads].get(column)
            best[case, threads][column] = value if known is None else min(known, value)

    columns = [WEIR] + [name for name in PEERS.values() if any(name in row for row in best.values())]
    print("CPU nanoseconds per decision, in brackets millions of decisions a second and thread, and")
    print("how many times Weir's cost that is.\n")
    print("| case | " + " | ".join(columns) + " |")
    print("| --- |" + " ---: |" * len(columns))
    for case, threads, label in ROWS:
        cells = []
        for column in columns:
            value = best[case, threads].get(column)
            if value is None:
                cells.append("")
            else:
                ratio = "" if column == WEIR else f", {value / best[case, threads][WEIR]:.2f} x"
                cells.append(f"{value:.0f} ({1000 / value:.1f} M/s{ratio})")
        print(f"| {label} | " + " | ".join(cells) + " |")
    sizes = best["bytes_per_key", 1]
    cells = [
        f"{sizes[name]:.0f}" + ("" if name == WEIR else f" ({sizes[name] / sizes[WEIR]:.2f} x)")
        for name in columns
    ]
    print("| bytes of memory per key, a million keys | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main(sys.argv[1])
