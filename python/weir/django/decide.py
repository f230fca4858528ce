"""One decision about one Django request: what is told to the limiter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase

from weir import Answer, Ask, PolicyError, Request, Rule
from weir.django.configuration import Configuration, WrongSetting, configuration
from weir.django.overrides import tell_of_wrong_limit
from weir.django.route import resolved, route_of
from weir.front import warn_of_replaced_peer

ADMITTED = 200

# What a request wants done to its response, by RateLimitMiddleware.
ON_RESPONSE = "_weir_on_response"


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
        route=route_of(request, resolved(request)) if needs_route(current, request, facts) else "",
        headers=headers,
        user=user_of(request) if "user" in facts else None,
        key_known=is_key_known(current, headers) if "api_key" in facts else None,
        cost_is_estimate=cost_is_estimate,
    )
    overridden = overrides_of(current, request, rules)
    if overridden:
        try:
            return current.limiter.decide(asked, rules, {**overridden, **current.limits})
        except PolicyError as error:  # before anything was charged
            tell_of_wrong_limit(str(overridden), str(error))
    return current.limiter.decide(asked, rules, current.limits)


def needs_route(current: Configuration, request: HttpRequest, facts: frozenset[str]) -> bool:
    """Resolving a path costs as much as all the rest of a decision, and may be for nothing."""
    resolved_already = request.resolver_match is not None
    return resolved_already or "route" in facts or current.limiter.logs_decisions


# For async views: not on the event loop, but where Django runs the synchronous code of a request
# (the verify function and the user may ask the database).
decide_in_thread = sync_to_async(decide)


def overrides_of(
    current: Configuration, request: HttpRequest, rules: Sequence[Rule | Ask] | None
) -> Mapping[str, str]:
    """Limits of the user's own, for those rules that count users apart."""
    if current.overrides is None:
        return {}
    names = current.user_rules
    if rules is not None:
        names = frozenset(
            ask.id if isinstance(ask, Rule) else ask.rule.id for ask in rules if by_user(ask)
        )
    user = getattr(request, "user", None)
    if not names or user is None or not user.is_authenticated:
        return {}
    limits = current.overrides.of(str(user.pk))
    return {name: limit for name, limit in limits.items() if name in names}


def by_user(ask: Rule | Ask) -> bool:
    """Code that counts somebody apart may have an override for them."""
    return "user" in ask.key if isinstance(ask, Rule) else bool(ask.subject) or by_user(ask.rule)


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


def on_response(request: HttpRequest, finish: Callable[[HttpResponseBase], Any]) -> None:
    """RateLimitMiddleware calls it with the response to this request."""
    request.__dict__.setdefault(ON_RESPONSE, []).append(finish)
