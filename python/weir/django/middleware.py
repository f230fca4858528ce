"""RateLimitMiddleware: the policy's rules for every request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from weir import Answer
from weir.django.decide import ADMITTED, ON_RESPONSE, decide, decide_in_thread
from weir.django.finish import answered, answered_async
from weir.django.refusal import Refused, add_headers, refusal, refusal_in_thread


class RateLimitMiddleware:
    """Holds every request to the rules of the policy, also those that match no URL.

    Put it after AuthenticationMiddleware if a rule counts by user, and after LocaleMiddleware if
    there is one; else first.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self.acall(request)
        answer = decide(request)
        if answer.status != ADMITTED:
            return refusal(request, answer)
        response = answered(answer, lambda: self.get_response(request))
        return completed(request, response, answer)

    async def acall(self, request: HttpRequest) -> HttpResponseBase:
        answer = await decide_in_thread(request)
        if answer.status != ADMITTED:
            return await refusal_in_thread(request, answer)
        response = await answered_async(answer, lambda: self.get_response(request))
        return completed(request, response, answer)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """What code refused that could not answer by itself, such as an attempt to sign in."""
        return refusal(request, exception.answer) if isinstance(exception, Refused) else None


def completed(request: HttpRequest, response: HttpResponseBase, answer: Answer) -> HttpResponseBase:
    for finish in request.__dict__.pop(ON_RESPONSE, ()):
        finish(response)
    add_headers(response, answer)
    return response
