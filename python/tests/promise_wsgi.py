"""The application and the only view of promise_settings."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "promise_settings"

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


def served(request: HttpRequest) -> HttpResponse:
    return HttpResponse("served")


urlpatterns = [path("", served)]
application = get_wsgi_application()
