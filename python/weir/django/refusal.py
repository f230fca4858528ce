"""What is answered to a request that is not admitted, and who hears of it.

WEIR["REFUSAL"] is a template ("429.html"), for clients that would rather have HTML than JSON, or a
function of the request and the answer that gives a response, or None for the usual one.
"""

from __future__ import annotations

import json
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import SuspiciousOperation
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

from weir import Answer
from weir.django.configuration import configuration

REFUSED = 429

# Sent when a rule has refused a request, with `request` and `answer` (its rule, reason and
# retry_after). Not when the store cannot decide. Receivers that raise are logged, no more.
rate_limited = Signal()


class Refused(SuspiciousOperation):
    """Raised where no response can be returned; RateLimitMiddleware makes one of it.

    Without the middleware Django answers 400.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.reason)
        self.answer = answer


def tell(request: HttpRequest, answer: Answer) -> None:
    if answer.status == REFUSED:
        rate_limited.send_robust(sender=None, request=request, answer=answer)


def refusal(request: HttpRequest, answer: Answer) -> HttpResponseBase:
    """429, 403, 400 or 503: what REFUSAL makes of it, else a problem document (RFC 9457)."""
    tell(request, answer)
    current = configuration()
    response: HttpResponseBase | None = None
    if callable(current.refusal):
        response = current.refusal(request, answer)
    elif current.refusal is not None and prefers_html(request.headers.get("Accept", "")):
        response = HttpResponse(
            render_to_string(current.refusal, context_of(answer), request), status=answer.status
        )
    made_here = response is None
    if response is None:
        response = HttpResponse(answer.body, status=answer.status)
    for name, value in answer.headers:
        if name != "Content-Type" or made_here:
            join_header(response, name, value)
    if isinstance(current.refusal, str):
        patch_vary_headers(response, ("Accept",))
    return response


# Receivers of the signal, functions and templates may ask the database: not on an event loop.
refusal_in_thread = sync_to_async(refusal)


def context_of(answer: Answer) -> dict[str, Any]:
    problem = json.loads(answer.body)
    return {
        "answer": answer,
        "status": answer.status,
        "title": problem["title"],
        "reason": answer.reason,
        "rule": answer.rule,
        "retry_after": dict(answer.headers).get("Retry-After"),
    }


def prefers_html(accept: str) -> bool:
    """A browser does; whoever takes both alike gets JSON."""
    html = quality(accept, ("text/html", "text/*", "*/*"))
    return html > max(
        quality(accept, (kind, "application/*", "*/*"))
        for kind in ("application/problem+json", "application/json")
    )


def quality(accept: str, kinds: tuple[str, ...]) -> float:
    """Of the first of these kinds that the field names; RFC 9110, section 12.5.1."""
    named: dict[str, float] = {}
    for part in accept.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        named.setdefault(kind, weight)
    return next((named[kind] for kind in kinds if kind in named), 0.0)


def add_headers(response: HttpResponseBase, answer: Answer) -> None:
    for name, value in answer.headers:
        join_header(response, name, value)


def join_header(headers: Any, name: str, value: str) -> None:
    """RateLimit and RateLimit-Policy are lists (RFC 9651): what another decision said stays."""
    if name in headers and name.startswith("RateLimit"):
        value = f"{headers[name]}, {value}"
    headers[name] = value
