"""How long a scan takes and how many requests it sends: `weir scan` of two published limiters.

Aims: under 40 s for W = 10 s, and at most 8 N + 200 requests. Run it by bench/scan/run, which
installs the targets.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
CACHE = REPOSITORY / ".cache" / "bench" / "scan"
WINDOW_S = 10
PATH = "/api/v1/items"
AIM_S = 40


@dataclass(frozen=True)
class Target:
    name: str
    command: list[str]


def targets() -> list[Target]:
    gunicorn = [str(CACHE / "python/bin/python"), "-m", "gunicorn", "--chdir", str(HERE / "flask")]
    gunicorn += ["--workers=1", "--threads=16", "--log-level=error"]
    return [
        Target("express-rate-limit (fixed window)", ["node", str(CACHE / "express" / "app.mjs")]),
        Target("Flask-Limiter, moving window (exact log)", [*gunicorn, "app:app"]),
    ]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(target: Target, limit: int, log: Path) -> Iterator[int]:
    """The target, from start to end, with its lines in `log`."""
    port = free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "LIMIT": str(limit),
        "WINDOW_S": str(WINDOW_S),
        "NODE_ENV": "production",
        "GUNICORN_CMD_ARGS": f"--bind=127.0.0.1:{port}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            target.command, env=environment, stdout=output, start_new_session=True
        )
        try:
            for _ in range(600):
                if process.poll() is not None:
                    raise SystemExit(f"{target.name}: does not start")
                with (
                    contextlib.suppress(OSError),
                    socket.create_connection(("127.0.0.1", port), 0.2),
                ):
                    break
                time.sleep(0.05)
            yield port
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def measure(weir: str, target: Target, limit: int, folder: Path) -> list[str]:
    log, report = folder / "requests", folder / "report.json"
    with running(target, limit, log) as port:
        command = [weir, "scan", f"http://127.0.0.1:{port}{PATH}", "--quiet"]
        started = time.monotonic()
        scan = subprocess.run(
            [*command, "--format", "json", "--output", str(report)],
            stdout=subprocess.DEVNULL,
            timeout=600,
        )
        seconds = time.monotonic() - started
    if scan.returncode not in (0, 1):
        raise SystemExit(f"{target.name}: weir scan ended with {scan.returncode}")
    requests = len(log.read_text().splitlines())  # as the target counts them
    found = json.loads(report.read_text())
    learned = next(iter(found["limits"]), {})
    return [
        target.name,
        str(limit),
        f"{seconds:.0f} s" + ("" if seconds <= AIM_S else " (over)"),
        f"{requests:,}" + ("" if requests <= 8 * limit + 200 else " (over)"),
        f"{8 * limit + 200:,}",
        f"{learned.get('n')} in {learned.get('window_s')} s, {learned.get('kind')}",
        ", ".join(sorted({finding["id"] for finding in found["findings"]})) or "none",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", default=str(REPOSITORY / "build/bench/bin/weir"))
    parser.add_argument("--limits", default="10,100", help="values of N (default 10,100)")
    options = parser.parse_args()
    columns = ["target", "N", f"duration (aim {AIM_S} s)", "requests", "aim", "learned", "findings"]
    print(f"\nA scan with all checks, W = {WINDOW_S} s\n")
    print("| " + " | ".join(columns) + " |")
    print("| --- | ---: | ---: | ---: | ---: | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for limit in map(int, options.limits.split(",")):
            for target in targets():
                print("| " + " | ".join(measure(options.weir, target, limit, Path(folder))) + " |")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
