"""10,000 requests against a limit of 100: exactly 100 pass, over all that share a store."""

from __future__ import annotations

import collections
import contextlib
import itertools
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from servers import Emulator, Server, gunicorn

REQUESTS = 10_000
LIMIT = 100
CLIENTS = 16


def write_policy(directory: Path, store: dict[str, Any]) -> Path:
    policy = {
        "version": 1,
        "store": store,
        "pepper": "tests-only-0123456789abcdef",
        "rules": [{"id": "everybody", "limit": f"{LIMIT}/h"}],
    }
    file = directory / "weir.yaml"
    file.write_text(json.dumps(policy))
    return file


@contextlib.contextmanager
def servers(
    directory: Path, count: int, workers: int, environment: dict[str, str]
) -> Iterator[list[Server]]:
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(
                gunicorn(
                    directory / f"gunicorn-{number}.log",
                    environment,
                    *("--workers", str(workers)),
                    application="promise_wsgi:application",
                    directory=Path(__file__).parent,
                )
            )
            for number in range(count)
        ]


def statuses(sites: Sequence[Server]) -> collections.Counter[int]:
    """How often each status came, of requests that take turns at the servers."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        turns = itertools.islice(itertools.cycle(sites), REQUESTS)
        return collections.Counter(pool.map(lambda site: site.get("/").status, turns))


def test_eight_workers_share_one_file(tmp_path: Path) -> None:
    # A busy machine may take a worker off its processor while it holds the counter's lock, for
    # longer than the 50 ms after which the others would decide by their failure policy.
    store = {"kind": "shared", "file": str(tmp_path / "weir.counters"), "budget": "10s"}
    policy = write_policy(tmp_path, store)
    with servers(tmp_path, 1, 8, {"PROMISE_POLICY": str(policy)}) as sites:
        assert statuses(sites) == {200: LIMIT, 429: REQUESTS - LIMIT}


def test_three_servers_of_four_workers_share_one_table(tmp_path: Path, dynamodb: Emulator) -> None:
    # A busy machine may take long to answer: the budget is not what this is about.
    policy = write_policy(tmp_path, {"kind": "dynamodb", "table": "weir", "budget": "10s"})
    environment = {**dynamodb.environment, "PROMISE_POLICY": str(policy)}
    with servers(tmp_path, 3, 4, environment) as sites:
        assert statuses(sites) == {200: LIMIT, 429: REQUESTS - LIMIT}
