"""A throttle for django-ninja.

    from weir.django.ninja import RateThrottle

    api = NinjaAPI(throttle=[RateThrottle("100/m", "1000/d", key="user", id="api")])

ninja asks its throttles one after the other, and each counts by itself. So one throttle here takes
several rates, and decides by all of them at once.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.throttling import BaseThrottle

from weir import Rule
from weir.django.decide import ADMITTED, decide, on_response
from weir.django.decorator import declared, declared_parts
from weir.django.refusal import REFUSED, add_headers, tell

__all__ = ["RateThrottle"]


class RateThrottle(BaseThrottle):
    """At most each of `rates`, such as "100/m", for each value of `key`, all or none.

    key               "client_ip", "api_key", "user", "route", or several of them; nothing: all
                      requests together
    id                the rule's name in headers and logs; of the second rate on with a number.
                      Throttles of one id and the same rates share their counters
    on_store_failure  as in a policy

    A refusal is ninja's own 429; a denied, malformed or undecided request is 403, 400 or 503.
    RateLimitMiddleware, if it is there, adds the RateLimit fields.

    Raises ValueError for what is not a rate, a key or an id.
    """

    def __init__(
        self,
        *rates: str,
        key: str | Sequence[str] = (),
        id: str,  # noqa: A002
        on_store_failure: str = "local",
    ) -> None:
        if not rates:
            raise ValueError("a throttle needs a rate, such as 100/m")
        parts = (key,) if isinstance(key, str) else tuple(key)
        self._rules = [
            Rule(id if number == 1 else f"{id}-{number}", rate, parts, on_store_failure)
            for number, rate in enumerate(rates, 1)
        ]
        declared.update(self._rules)
        declared_parts.update(parts)
        # ninja has one throttle for all requests, and asks it to wait() on the same thread.
        self._refused = threading.local()

    def allow_request(self, request: HttpRequest) -> bool:
        answer = decide(request, self._rules)
        tell(request, answer)
        if answer.status not in (ADMITTED, REFUSED):
            raise HttpError(answer.status, answer.reason)
        on_response(request, lambda response: add_headers(response, answer))
        self._refused.wait = answer.retry_after or None
        return answer.status == ADMITTED

    def wait(self) -> float | None:
        """Seconds until the request that was refused last on this thread fits."""
        wait: float | None = self._refused.wait
        return wait
