"""One decision about one Django request: what is told to the limiter, and what is answered."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from weir import Answer, Ask, Request, Rule
from weir.django.configuration import Configuration, WrongSetting, configuration
from weir.django.route import resolved, route_of

ADMITTED = 200

logger = logging.getLogger("weir")


def decide(
    request: HttpRequest,
    rules: Sequence[Rule | Ask] | None = None,
    *,
    cost_is_estimate: bool = False,
) -> Answer:
    """Asks the given rules, or those of the policy. May wait for the store: not for an event loop.

    Raises ImproperlyConfigured rather than let a request pass uncounted.
    """
    current = configuration()
    parts, facts = current.key_parts, current.facts
    if rules is not None:
        bare = [ask if isinstance(ask, Rule) else ask.rule for ask in rules]
        parts = frozenset(part for rule in bare for part in rule.key)
        facts = current.listed_facts.union(*(rule.facts for rule in bare))
    require_verify(current, parts)
    headers = header_fields(request, current)
    asked = Request(
        peer=peer_of(request),
        method=request.method or "",
        route=route_of(request, resolved(request)),
        headers=headers,
        user=user_of(request) if "user" in facts else None,
        key_known=is_key_known(current, headers) if "api_key" in facts else None,
        cost_is_estimate=cost_is_estimate,
    )
    return current.limiter.decide(asked, rules, current.limits)


# For async views: not on the event loop, but where Django runs the synchronous code of a request
# (the verify function and the user may ask the database).
decide_in_thread = sync_to_async(decide)


def require_verify(current: Configuration, parts: frozenset[str]) -> None:
    if "api_key" in parts and not current.verify_stated:
        raise WrongSetting(
            "weir.E004",
            "a rule counts by api_key, and nothing says which keys exist: every made-up key would "
            "get a counter of its own",
            'Set WEIR["API_KEY"] = {"VERIFY": "dotted.path.of.a.function"}; or, if made-up keys '
            'cannot reach the view, state that with {"VERIFY": None}.',
        )


def peer_of(request: HttpRequest) -> str:
    client = getattr(request, "scope", {}).get("client")
    if client and client[1] == 0:
        warn_of_replaced_peer()
    return request.META.get("REMOTE_ADDR") or ""


@cache
def warn_of_replaced_peer() -> None:
    """Once a process. uvicorn marks an address that it took from X-Forwarded-For with port 0."""
    logger.warning(
        "The server has replaced the address of the peer by a forwarded one before Weir could ask "
        "whether the peer may say so. Switch that off (uvicorn --no-proxy-headers, gunicorn "
        '--forwarded-allow-ips "") and name the proxies in WEIR["TRUSTED_PROXIES"].'
    )


def header_fields(request: HttpRequest, current: Configuration) -> list[tuple[str, bytes]]:
    """The fields that identity is read from.

    They are taken from META, so that Weir sees the same key as a view that reads it from there.
    WSGI and ASGI have joined repeated fields with commas; an API key with a comma is malformed.
    """
    fields = []
    for name, meta_name in current.header_names:
        value = request.META.get(meta_name)
        if value is not None:
            fields.append((name, value.encode("utf-8", "surrogatepass")))
    return fields


def is_key_known(current: Configuration, headers: list[tuple[str, bytes]]) -> bool | None:
    if current.verify is None:
        return None
    key = current.limiter.api_key(headers)
    return None if key is None else bool(current.verify(key))


def user_of(request: HttpRequest) -> str | None:
    user = getattr(request, "user", None)
    if user is None:
        raise ImproperlyConfigured(
            "A rate limit counts by user, and the request has none. Put AuthenticationMiddleware "
            "into MIDDLEWARE, before RateLimitMiddleware."
        )
    return str(user.pk) if user.is_authenticated else None


def refusal(answer: Answer) -> HttpResponse:
    """429, 403, 400 or 503, with a problem document (RFC 9457)."""
    response = HttpResponse(answer.body, status=answer.status)
    del response["Content-Type"]
    add_headers(response, answer)
    return response


def add_headers(response: HttpResponseBase, answer: Answer) -> None:
    for name, value in answer.headers:
        join_header(response, name, value)


def join_header(headers: Any, name: str, value: str) -> None:
    """RateLimit and RateLimit-Policy are lists (RFC 9651): what another decision said stays."""
    if name in headers and name.startswith("RateLimit"):
        value = f"{headers[name]}, {value}"
    headers[name] = value
