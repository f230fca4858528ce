"""BYPASSABLE. A counter that expires, and an except that catches everything.

The count is read from the same write that raises it, so it is exact while the counter lives. But:

* key-injection: a key over 2,048 bytes is a ValidationException, which the catch-all swallows: no
  limit at all. The same happens to everybody while DynamoDB is throttled or away (fail-open).
* concurrent-overrun: requests that arrive together after the counter expired each put a fresh one,
  and each starts it at 1.
* identifier-rotation: nobody asks whether the key exists.
* boundary-burst: the counter is forgotten as a whole, so 2 N - 1 requests fit around that moment.
* missing-retry-after: the refusal does not say when to come back.
"""

import logging
import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from quotes.prices import quote_response
from quotes.tables import counters

logger = logging.getLogger(__name__)


def hits_in_window(pk: str) -> int:
    now = int(time.time())
    item = counters().get_item(Key={"pk": pk}, ConsistentRead=True).get("Item")
    if item is None or item["expires"] <= now:
        counters().put_item(Item={"pk": pk, "hits": 1, "expires": now + settings.QUOTE_WINDOW})
        return 1
    answer = counters().update_item(
        Key={"pk": pk},
        UpdateExpression="ADD hits :one",
        ExpressionAttributeValues={":one": 1},
        ReturnValues="UPDATED_NEW",
    )
    return int(answer["Attributes"]["hits"])


def quote(request: HttpRequest) -> HttpResponse:
    api_key = request.headers.get("X-API-Key")
    if not api_key:
        return JsonResponse({"error": "X-API-Key is required"}, status=401)

    try:
        if hits_in_window(f"ttl#{api_key}") > settings.QUOTE_LIMIT:
            return JsonResponse({"error": "rate limit exceeded"}, status=429)
    except Exception:
        # The rate limiter must never take the API down.
        logger.exception("rate limit check failed")
    return quote_response()
