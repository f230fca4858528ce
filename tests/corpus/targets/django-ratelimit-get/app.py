import django
from django.conf import settings

settings.configure(
    SECRET_KEY="corpus", ALLOWED_HOSTS=["*"], ROOT_URLCONF="app", USE_TZ=True, DATABASES={}, LOGGING_CONFIG=None,
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    SILENCED_SYSTEM_CHECKS=["django_ratelimit.E003", "django_ratelimit.W001"],
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django_ratelimit.decorators import ratelimit  # noqa: E402


@ratelimit(key="ip", rate="6/5s", method="GET", block=True)
def quote(request):
    return JsonResponse({"pair": "EURUSD", "bid": "1.0841"})


urlpatterns = [path("api/quote", quote)]
application = get_wsgi_application()
