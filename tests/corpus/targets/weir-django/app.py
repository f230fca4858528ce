import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="corpus",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="app",
    USE_TZ=True,
    DATABASES={},
    INSTALLED_APPS=["weir.django"],
    WEIR={"POLICY": os.environ["WEIR_POLICY"], "API_KEY": {"HEADER": "X-API-Key", "VERIFY": "app.is_known"}},
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

from weir.django import rate_limit  # noqa: E402


def is_known(api_key):
    return api_key in {"demo-key-1", "demo-key-2"}


@rate_limit("8/5s", key="api_key")
def quote(request):
    if not is_known(request.headers.get("X-API-Key", "")):
        return JsonResponse({"error": "unknown key"}, status=401)
    return JsonResponse({"pair": "EURUSD", "bid": "1.0841"})


urlpatterns = [path("api/quote", quote)]
application = get_wsgi_application()
