"""The thing that is worth limiting: a price that costs the service money to produce."""

from django.http import JsonResponse


def quote_response() -> JsonResponse:
    return JsonResponse({"pair": "EURUSD", "bid": "1.0841", "ask": "1.0843"})
