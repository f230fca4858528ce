"""Throttle classes for Django REST framework, in place of its own, one for one.

REST_FRAMEWORK = {
    "DEFAULT_THROTTLE_CLASSES": [
        "weir.django.rest.AnonRateThrottle",
        "weir.django.rest.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "100/day", "user": "1000/day"},
}

They are what rest_framework.throttling's are, scopes, rates and get_cache_key() included, but for
where they count and who an anonymous client is: Weir's store, and Weir's `client_ip`. All of them
that a view has make one decision: a request is charged to each of them or to none.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework import throttling
from rest_framework.exceptions import APIException, ParseError, PermissionDenied
from rest_framework.settings import api_settings

from weir import Answer, Ask, Rule
from weir.django.configuration import WrongSetting, configuration
from weir.django.decide import ADMITTED, decide, header_fields, peer_of
from weir.django.refusal import REFUSED, join_header, tell

__all__ = [
    "AnonRateThrottle",
    "ScopedRateThrottle",
    "SimpleRateThrottle",
    "Unavailable",
    "UserRateThrottle",
]

DENIED = 403
MALFORMED = 400

MAX_SUBJECT_BYTES = 512

RATE = re.compile(r"(\d+)/(\d*)([a-z]+)")
UNITS_S = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
}

# Where the decision of a request's throttles waits for those that have not been asked yet.
DECISION = "_weir_throttles"

# What DRF's exception handler and the view's renderer say by themselves.
NOT_COPIED = ("Retry-After", "Content-Type")


class Unavailable(APIException):
    """The store cannot decide, and on_store_failure does not let the request pass."""

    status_code = 503
    default_detail = "The rate limiter cannot decide at present."
    default_code = "rate_limiter_unavailable"

    def __init__(self, wait: float) -> None:
        super().__init__()
        self.wait = math.ceil(wait)


class SimpleRateThrottle(throttling.SimpleRateThrottle):
    """The base of the others. A subclass says in get_cache_key() what it counts apart.

    A throttle of your own, derived from one of DRF's, comes first among the bases:

        class MyThrottle(TheirThrottle, weir.django.rest.SimpleRateThrottle): ...

    Throttles count together if their scope, the length of their window and their cache key are the
    same; each then holds to its own number of requests. `cache` and `timer` mean nothing here.

    on_store_failure  "local", "leased", "deny" or "allow": as in a policy
    """

    on_store_failure = "local"

    def __init__(self) -> None:
        require_no_num_proxies()
        super().__init__()
        self._wait: float | None = None

    def get_rate(self) -> str | None:
        if not self.scope:
            super().get_rate()  # says what is missing
        rates = self.THROTTLE_RATES
        if rates is throttling.SimpleRateThrottle.THROTTLE_RATES:
            rates = api_settings.DEFAULT_THROTTLE_RATES  # those of now, not of the import
        if self.scope not in rates:
            raise ImproperlyConfigured(f"No default throttle rate set for '{self.scope}' scope")
        rate: str | None = rates[self.scope]
        return rate

    def parse_rate(self, rate: str | None) -> tuple[int | None, int | None]:
        """The number of requests and the window in seconds, of "100/day", "5/min" or "5/10s"."""
        if rate is None:
            return (None, None)
        found = RATE.fullmatch(rate)
        if found is None or found[3] not in UNITS_S:
            raise ImproperlyConfigured(
                f"{rate!r} is not a rate of a throttle: write number/period with one of "
                f"{', '.join(UNITS_S)}, such as 100/day or 5/10s. (DRF's own throttles look at the "
                "first letter of the period only, so that 10/month are 10 in a minute.)"
            )
        return (int(found[1]), int(found[2] or 1) * UNITS_S[found[3]])

    def get_ident(self, request: Any) -> str:
        """The client's network as Weir's `client_ip` has it. Never what the client says itself."""
        current = configuration()
        inner = django_request(request)
        client = current.limiter.client(peer_of(inner), header_fields(inner, current))
        if client is None:
            raise ParseError("The address of the client is malformed or missing.")
        return client

    def allow_request(self, request: Any, view: Any) -> bool:
        ask = self.asked(request, view)
        if ask is None:
            return True
        decision = getattr(request, DECISION, None)
        if decision is None or not (decision.gathering or ask in decision.open):
            decision = Decision(request, view, ask)
        if decision.gathering:
            decision.asks.append(ask)
            return True
        decision.open.remove(ask)
        answer = decision.answer
        if answer.status == MALFORMED:
            raise ParseError(answer.reason)
        if answer.status == DENIED:
            raise PermissionDenied(answer.reason)
        if answer.status not in (ADMITTED, REFUSED):
            raise Unavailable(answer.retry_after)
        if answer.status == REFUSED and answer.rule == ask.rule.id:
            self._wait = answer.retry_after or None
            return self.throttle_failure()
        return self.throttle_success()

    def asked(self, request: Any, view: Any) -> Ask | None:
        """None: this throttle has nothing to say about the request."""
        if self.rate is None:
            return None
        key = self.get_cache_key(request, view)
        if key is None:
            return None
        subject = str(key)
        if len(subject.encode()) > MAX_SUBJECT_BYTES:
            subject = hashlib.sha256(subject.encode()).hexdigest()
        cls = type(self)
        name = self.scope or f"{cls.__module__}.{cls.__qualname__}"
        rule = rule_of(name, self.duration, self.on_store_failure)
        return Ask(rule, subject, f"{self.num_requests}/{self.duration}s")

    def throttle_success(self) -> bool:
        return True

    def throttle_failure(self) -> bool:
        return False

    def wait(self) -> float | None:
        """Seconds until this request fits, if nobody else is admitted meanwhile; then honestly."""
        return self._wait


class AnonRateThrottle(throttling.AnonRateThrottle, SimpleRateThrottle):
    """By client_ip, for who is not signed in."""


class UserRateThrottle(throttling.UserRateThrottle, SimpleRateThrottle):
    """By user, and by client_ip for who is not signed in."""


class ScopedRateThrottle(throttling.ScopedRateThrottle, SimpleRateThrottle):
    """As UserRateThrottle, for the `throttle_scope` of the view."""

    def __init__(self) -> None:
        # Without a rate as yet: DRF finds the view's scope in allow_request().
        require_no_num_proxies()
        self._wait = None


class Decision:
    """What the throttles of a view say of one request, all together.

    While it is gathering, the view's throttles are asked what they would ask: DRF's own code and
    that of subclasses runs as ever, and ends here instead of at a counter. Then each of them is
    asked by DRF, and takes its part of the answer once.
    """

    def __init__(self, request: Any, view: Any, first: Ask) -> None:
        self.asks: list[Ask] = []
        self.gathering = True
        setattr(request, DECISION, self)
        try:
            for throttle in throttles_of(view):
                throttle.allow_request(request, view)
        finally:
            self.gathering = False
            setattr(request, DECISION, None)
        if first not in self.asks:
            self.asks = [first]  # DRF was not asking for the view's own throttles
        inner = django_request(request)
        self.answer: Answer = decide(inner, strictest(self.asks))
        tell(inner, self.answer)
        self.open = self.asks
        setattr(request, DECISION, self)
        for name, value in self.answer.headers:
            if name not in NOT_COPIED and getattr(view, "headers", None) is not None:
                join_header(view.headers, name, value)


def django_request(request: Any) -> Any:
    """The one inside of DRF's, which knows the user too; attributes are quicker to read there."""
    return getattr(request, "_request", request)


def throttles_of(view: Any) -> Iterator[SimpleRateThrottle]:
    get_throttles = getattr(view, "get_throttles", list)
    return (one for one in get_throttles() if isinstance(one, SimpleRateThrottle))


def strictest(asks: list[Ask]) -> list[Ask]:
    """One for each counter: two throttles that share it would charge a request twice."""
    if len(asks) == 1:
        return asks
    chosen: dict[tuple[Rule, str], Ask] = {}
    for ask in asks:
        known = chosen.setdefault((ask.rule, ask.subject), ask)
        if count_of(ask) < count_of(known):
            chosen[ask.rule, ask.subject] = ask
    return list(chosen.values())


def count_of(ask: Ask) -> int:
    return int((ask.limit or "").split("/")[0])


@lru_cache(maxsize=4096)
def rule_of(name: str, duration_s: int, on_store_failure: str) -> Rule:
    """The counters of a scope and a window. How many requests pass is said with each of them."""
    text = re.sub("[^a-z0-9_-]+", "-", name.lower())
    if text != name or len(text) > 40:
        text = f"{text[:32]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return Rule(f"rest-{text}-{duration_s}s", f"1/{duration_s}s", (), on_store_failure)


def require_no_num_proxies() -> None:
    """Raises WrongSetting. A count of hops lets whoever comes past a proxy choose an address."""
    if api_settings.NUM_PROXIES not in (None, 0):
        raise WrongSetting(
            "weir.E009",
            f"REST_FRAMEWORK has NUM_PROXIES = {api_settings.NUM_PROXIES}, which Weir's throttles "
            "do not go by: a number of hops says nothing of who wrote them",
            "Remove it, and name the networks of your proxies in "
            'WEIR["TRUSTED_PROXIES"], such as ["10.0.0.0/8"].',
        )
