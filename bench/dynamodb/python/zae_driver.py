"""PyPI's zae-limiter: a token bucket of N that refills N in W, with its defaults.

Its table is made by its own create_table() instead of its CloudFormation stack, so there is no
Lambda beside it; the stack's Lambda would add writes (it copies usage from the table's stream).
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable
from typing import Any

import demand
from zae_limiter import Limit, RateLimitExceeded, SyncRateLimiter, SyncRepository

warnings.simplefilter("ignore")
STACK = "zae-bench"
RESOURCE = "api"


def set_up(job: dict[str, Any]) -> Callable[[str], bool]:
    place = {
        "region": os.environ["AWS_REGION"],
        "endpoint_url": os.environ["AWS_ENDPOINT_URL_DYNAMODB"],
    }
    with contextlib.suppress(Exception):  # the table exists
        SyncRepository(name=STACK, **place).create_table()
    builder = SyncRepository.builder().stack(STACK)
    repository = builder.region(place["region"]).endpoint_url(place["endpoint_url"]).build()
    limiter = SyncRateLimiter(repository=repository)
    limit = Limit.custom(
        "requests", capacity=job["n"], refill_amount=job["n"], refill_period_seconds=job["window_s"]
    )
    repository.set_resource_defaults(RESOURCE, [limit])

    def decide(key: str) -> bool:
        try:
            with limiter.acquire(key, RESOURCE, consume={"requests": 1}):
                return True
        except RateLimitExceeded:
            return False

    return decide


demand.run(set_up)
