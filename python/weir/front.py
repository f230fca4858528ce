"""What weir.asgi and weir.wsgi have in common: which facts a policy wants of a request."""

from __future__ import annotations

import logging
from collections.abc import MutableSequence
from functools import cache

from weir._native import Answer
from weir.limiter import Limiter

logger = logging.getLogger("weir")

ADMITTED = 200


class Wanted:
    """Of a request, by the policy of a limiter. Fixed when the middleware is made."""

    def __init__(self, limiter: Limiter) -> None:
        policy = limiter.policy
        self.user = "user" in policy.facts
        self.api_key = "api_key" in policy.facts
        self.headers = tuple(policy.header_names)


def joined(
    fields: MutableSequence[tuple[str, str]], answer: Answer
) -> MutableSequence[tuple[str, str]]:
    """The fields of a response, with those of the decision.

    RateLimit and RateLimit-Policy are lists (RFC 9651): what another decision said stays.
    """
    for name, value in answer.headers:
        for index, (known, before) in enumerate(fields):
            if known.lower() == name.lower():
                fields[index] = (known, f"{before}, {value}")
                break
        else:
            fields.append((name, value))
    return fields


@cache
def warn_of_replaced_peer() -> None:
    """Once a process. uvicorn marks an address that it took from X-Forwarded-For with port 0."""
    logger.warning(
        "The server has replaced the address of the peer by a forwarded one before Weir could ask "
        "whether the peer may say so. Switch that off (uvicorn --no-proxy-headers, gunicorn "
        '--forwarded-allow-ips "") and name the proxies as trusted (WEIR["TRUSTED_PROXIES"], or '
        "trusted_proxies in the policy)."
    )
