"""One rule for each API key: at most N in any W, not in each window of the calendar.

A refusal is a 429 that says when to come back; a key of 2 KB is a 400; keys that no customer has
share one counter for each network.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from quotes.customers import customers_only
from quotes.prices import quote_response
from weir.django import rate_limit


@rate_limit(settings.QUOTE_RATE, key="api_key")
@customers_only
def quote(request: HttpRequest) -> HttpResponse:
    return quote_response()
