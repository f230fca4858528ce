"""BYPASSABLE. A log of the last requests per client address: read, add one, put it back.

The log slides, so there is no edge to burst across. But:

* concurrent-overrun: nothing is conditional. Requests that arrive together read the same log, and
  the last to put it back wins; the others are forgotten.
* spoofed-client-address: the client is the left-most address of X-Forwarded-For, which is the one
  that the client itself wrote. Each made-up address brings N more.
* key-injection: an address over 2,048 bytes is a ValidationException: 500.
* missing-retry-after: the refusal does not say when to come back.
"""

import time
from decimal import Decimal

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from quotes.prices import quote_response
from quotes.tables import counters


def client_address(request: HttpRequest) -> str:
    forwarded = request.headers.get("X-Forwarded-For")
    if forwarded:
        return forwarded.split(",")[0].strip()
    return str(request.META["REMOTE_ADDR"])


def quote(request: HttpRequest) -> HttpResponse:
    pk = f"naive#{client_address(request)}"
    now = Decimal(str(time.time()))
    item = counters().get_item(Key={"pk": pk}).get("Item", {})
    hits = [hit for hit in item.get("hits", []) if hit > now - settings.QUOTE_WINDOW]
    if len(hits) >= settings.QUOTE_LIMIT:
        return JsonResponse({"error": "rate limit exceeded"}, status=429)

    counters().put_item(Item={"pk": pk, "hits": [*hits, now]})
    return quote_response()
