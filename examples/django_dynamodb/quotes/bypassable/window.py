"""BYPASSABLE. A counter per API key and calendar window, in one conditional increment.

The increment itself is sound: DynamoDB never lets a counter pass the limit, however many workers
race. Everything around it is not:

* boundary-burst: the window number is part of the key, so N requests at the end of one window and
  N at the start of the next are all admitted: 2 N within a moment.
* identifier-rotation: nobody asks whether the key exists, so every made-up key brings N more.
* limit-as-error: the failed condition is an exception that nobody handles: 500, not 429.
* key-injection: a key over 2,048 bytes is a ValidationException: also a 500.
"""

import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from quotes.prices import quote_response
from quotes.tables import counters


def quote(request: HttpRequest) -> HttpResponse:
    api_key = request.headers.get("X-API-Key")
    if not api_key:
        return JsonResponse({"error": "X-API-Key is required"}, status=401)

    window = int(time.time()) // settings.QUOTE_WINDOW
    counters().update_item(
        Key={"pk": f"{api_key}:{window}"},
        UpdateExpression="ADD hits :one",
        ConditionExpression="attribute_not_exists(hits) OR hits < :limit",
        ExpressionAttributeValues={":one": 1, ":limit": settings.QUOTE_LIMIT},
    )
    return quote_response()
