"""The same for an async view. Without DynamoDB it answers 503, instead of serving everybody."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from quotes.customers import refuse_stranger
from quotes.prices import quote_response
from weir.django import rate_limit


@rate_limit(settings.QUOTE_RATE, key="api_key", on_store_failure="deny")
async def quote(request: HttpRequest) -> HttpResponse:
    return refuse_stranger(request) or quote_response()
