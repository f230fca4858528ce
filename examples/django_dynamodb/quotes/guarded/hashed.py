"""The same for a class. The key is hashed by Weir, with a secret instead of the User-Agent."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View

from quotes.customers import customers_only
from quotes.prices import quote_response
from weir.django import rate_limit


@method_decorator([rate_limit(settings.QUOTE_RATE, key="api_key"), customers_only], name="dispatch")
class Quote(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return quote_response()
