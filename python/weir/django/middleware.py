"""RateLimitMiddleware: the policy's rules for every request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from weir.django.decide import ADMITTED, add_headers, decide, decide_in_thread, refusal
from weir.django.finish import answered, answered_async


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
            return refusal(answer)
        response = answered(answer, lambda: self.get_response(request))
        add_headers(response, answer)
        return response

    async def acall(self, request: HttpRequest) -> HttpResponseBase:
        answer = await decide_in_thread(request)
        if answer.status != ADMITTED:
            return refusal(answer)
        response = await answered_async(answer, lambda: self.get_response(request))
        add_headers(response, answer)
        return response
