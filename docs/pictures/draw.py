"""Draws the pictures of docs/windows.md from real runs: the example's views on gunicorn and an emulator (`scripts/pictures`)."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "python" / "tests"))

from load import at_once  # noqa: E402
from servers import Answer, Server, create_weir_table, emulator, gunicorn, manage  # noqa: E402

LIMIT = 10
WINDOW_S = 10
KEY = {"X-API-Key": "demo-key-1"}
ADMITTED, REFUSED, SHADE = "#1a7f37", "#cf222e", "#0969da22"


@dataclass
class Row:
    """Requests to one view, by seconds from the instant that the picture is about."""

    name: str
    admitted: list[float]
    refused: list[float]


def row(name: str, answers: Sequence[Answer], zero: float) -> Row:
    return Row(
        name,
        [answer.sent - zero for answer in answers if answer.admitted],
        [answer.sent - zero for answer in answers if not answer.admitted],
    )


def around_an_edge(site: Server, path: str) -> tuple[list[Answer], float]:
    """Twice the limit in a row just before an edge of the clock's windows and just after it, then a request now and then."""
    edge = (time.time() // WINDOW_S + 2) * WINDOW_S
    zero = time.monotonic() + edge - time.time()
    answers = []
    for start, count, pause in ((-1.5, 12, 0.05), (0.3, 12, 0.05), (2.0, 22, 0.5)):
        time.sleep(max(0.0, zero + start - time.monotonic()))
        for _ in range(count):
            answers.append(site.get(path, KEY))
            time.sleep(pause)
    return answers, zero


def all_at_once(site: Server, path: str) -> tuple[list[Answer], float]:
    """Early in a window of the clock, so that no edge comes in between."""
    time.sleep(2 * WINDOW_S + 1 - time.time() % WINDOW_S)
    answers = at_once(40, lambda: site.get(path, KEY))
    return answers, min(answer.sent for answer in answers)


def fullest(row: Row) -> tuple[float, int]:
    """Where the interval of one window's length begins that holds most, and how many."""
    return max(((at, sum(at <= other < at + WINDOW_S for other in row.admitted)) for at in row.admitted), key=lambda found: found[1])


def draw(name: str, rows: Sequence[Row], label: str, *, windows: bool) -> None:
    figure, axes = plt.subplots(len(rows), 1, figsize=(9, 1.5 * len(rows) + 0.5), sharex=True)
    for one, axis in zip(rows, axes, strict=True):
        axis.scatter(one.admitted, [1] * len(one.admitted), color=ADMITTED, marker="|", s=220, label="admitted")
        axis.scatter(one.refused, [0] * len(one.refused), color=REFUSED, marker="|", s=120, label="refused")
        said = f"{len(one.admitted)} of {len(one.admitted) + len(one.refused)} admitted"
        if windows:
            start, most = fullest(one)
            axis.axvspan(start, start + WINDOW_S, color=SHADE)
            axis.axvline(0, color="#57606a", linewidth=0.8, linestyle="--")
            said = f"{most} admitted in the shaded {WINDOW_S} s; the limit is {LIMIT}"
        axis.set_title(f"{one.name}: {said}", loc="left", fontsize=10)
        axis.set_yticks([0, 1], ["refused", "admitted"])
        axis.set_ylim(-0.6, 1.6)
        for side in ("top", "right", "left"):
            axis.spines[side].set_visible(False)
    axes[-1].set_xlabel(label)
    figure.tight_layout()
    figure.savefig(HERE / name, metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "weir", "font.family": "sans-serif"})
    environment = {"QUOTE_LIMIT": str(LIMIT), "QUOTE_WINDOW": str(WINDOW_S)}
    with tempfile.TemporaryDirectory() as folder, emulator() as dynamodb:
        environment |= dynamodb.environment
        manage(environment, "create_tables")
        create_weir_table(dynamodb)
        with gunicorn(Path(folder) / "log", environment, "--workers", "2", "--threads", "8") as site:
            for path in ("/api/window/quote", "/api/hashed/quote", "/guarded/window/quote"):
                at_once(16, lambda path=path: site.get(path, {"X-API-Key": "another"}))

            def rows(run: Callable[[Server, str], tuple[list[Answer], float]], flawed: str, said: str) -> list[Row]:
                return [row(said, *run(site, flawed)), row("Weir", *run(site, flawed.replace("/api/", "/guarded/")))]

            draw(
                "edge.svg",
                rows(around_an_edge, "/api/window/quote", "A counter for each 10 s of the clock"),
                "seconds from the edge of a window",
                windows=True,
            )
            draw(
                "race.svg",
                rows(all_at_once, "/api/hashed/quote", "Reads, then writes"),
                "seconds from the first of 40 requests at once",
                windows=False,
            )


if __name__ == "__main__":
    main()
