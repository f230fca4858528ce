"""The customers of the quote service and the API keys that were issued to them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

CUSTOMERS = {
    "demo-key-1": "Ada Trading",
    "demo-key-2": "Babbage Capital",
    "demo-key-3": "Curie Research",
    "demo-key-4": "Darwin Holdings",
}


def is_known(api_key: str) -> bool:
    return api_key in CUSTOMERS


def refuse_stranger(request: HttpRequest) -> HttpResponse | None:
    """401 unless the request carries the key of a customer."""
    if is_known(request.headers.get("X-API-Key", "")):
        return None
    return JsonResponse({"error": "X-API-Key of a customer is required"}, status=401)


def customers_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return refuse_stranger(request) or view(request, *args, **kwargs)

    return checked
