"""One rule for each client address: the peer's, as no proxy is trusted to name another."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from quotes.prices import quote_response
from weir.django import rate_limit


@rate_limit(settings.QUOTE_RATE, key="client_ip")
def quote(request: HttpRequest) -> HttpResponse:
    return quote_response()
