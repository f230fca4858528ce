import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="corpus", ALLOWED_HOSTS=["*"], ROOT_URLCONF="app", USE_TZ=True, DATABASES={}, LOGGING_CONFIG=None,
    CACHES={"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"redis://127.0.0.1:{os.environ['STORE']}"}},
    INSTALLED_APPS=["rest_framework"],
    REST_FRAMEWORK={
        "UNAUTHENTICATED_USER": None,
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "NUM_PROXIES": 0,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.throttling import AnonRateThrottle  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class SixInSix(AnonRateThrottle):
    rate = "6/s"

    def parse_rate(self, rate):
        return 6, 6


class Quote(APIView):
    throttle_classes = [SixInSix]

    def get(self, request):
        return Response({"pair": "EURUSD", "bid": "1.0841"})


urlpatterns = [path("api/quote", Quote.as_view())]
application = get_wsgi_application()
