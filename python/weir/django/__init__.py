"""Weir for Django: a decorator, a middleware and system checks. See docs/django.md.

INSTALLED_APPS = [..., "weir.django"]
WEIR = {
    "POLICY": BASE_DIR / "weir.yaml",
    "API_KEY": {"HEADER": "X-API-Key", "VERIFY": "accounts.keys.exists"},
}

from weir.django import rate_limit

@rate_limit("100/m", key="api_key")
def quote(request): ...
"""

from weir.django.decorator import rate_limit
from weir.django.middleware import RateLimitMiddleware

__all__ = ["RateLimitMiddleware", "rate_limit"]
