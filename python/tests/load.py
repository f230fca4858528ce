"""Requests that arrive together, and the obvious way to judge what was admitted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from servers import Answer


def at_once(count: int, request: Callable[[], Answer]) -> list[Answer]:
    """Sends `count` requests from as many threads, released together."""
    barrier = threading.Barrier(count)

    def released() -> Answer:
        barrier.wait()
        return request()

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(released) for _ in range(count)]]


def hammer(threads: int, duration_s: float, request: Callable[[], Answer]) -> list[Answer]:
    """Sends from `threads` threads, one request after the other each, until the time is up."""
    deadline = time.monotonic() + duration_s

    def loop() -> list[Answer]:
        answers = []
        while time.monotonic() < deadline:
            answers.append(request())
        return answers

    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(loop) for _ in range(threads)]
        return [answer for future in futures for answer in future.result()]


def admitted(answers: Sequence[Answer]) -> int:
    return sum(answer.admitted for answer in answers)


def most_in_any_window(answers: Sequence[Answer], window_s: float) -> int:
    """How many admissions certainly lie within some interval of this length, O(n^2).

    The server decided somewhere between sending and answering, so an admission counts for an
    interval only if all of that lies inside it: what is counted is never more than what happened.
    """
    served = [answer for answer in answers if answer.admitted]
    return max(
        (
            sum(
                first.sent <= answer.sent and answer.answered < first.sent + window_s
                for answer in served
            )
            for first in served
        ),
        default=0,
    )
