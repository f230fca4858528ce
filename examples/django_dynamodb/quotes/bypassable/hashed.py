"""BYPASSABLE. Read, then write with an expected value, under a hashed and salted key.

The raw key stays out of the table, and a lost update is noticed. Still:

* concurrent-overrun: whoever loses the race between reading and writing is let through, uncounted.
  Requests that arrive together all read the same count and all pass.
* identifier-rotation: the salt is the User-Agent, which the caller chooses: another one is another
  counter. So is any made-up key.
* boundary-burst: the window starts with the first request and is forgotten as a whole, so 2 N - 1
  requests fit around its end.
"""

import hashlib
import time

from botocore.exceptions import ClientError
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from quotes.prices import quote_response
from quotes.tables import counters


def quote(request: HttpRequest) -> HttpResponse:
    api_key = request.headers.get("X-API-Key")
    if not api_key:
        return JsonResponse({"error": "X-API-Key is required"}, status=401)

    salt = request.headers.get("User-Agent", "")
    pk = "hashed#" + hashlib.sha256((salt + api_key).encode()).hexdigest()
    now = int(time.time())
    item = counters().get_item(Key={"pk": pk}).get("Item")
    if item is None or now - int(item["started"]) >= settings.QUOTE_WINDOW:
        counters().put_item(Item={"pk": pk, "hits": 1, "started": now})
        return quote_response()

    if item["hits"] >= settings.QUOTE_LIMIT:
        wait = int(item["started"]) + settings.QUOTE_WINDOW - now
        return JsonResponse(
            {"error": "rate limit exceeded"}, status=429, headers={"Retry-After": str(wait)}
        )
    try:
        counters().update_item(
            Key={"pk": pk},
            UpdateExpression="SET hits = :next",
            ConditionExpression="hits = :read",
            ExpressionAttributeValues={":next": item["hits"] + 1, ":read": item["hits"]},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        # Another request of this customer was counted just now; do not punish this one for it.
    return quote_response()
