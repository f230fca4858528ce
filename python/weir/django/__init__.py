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

from weir.django.configuration import forget_overrides
from weir.django.decorator import rate_limit
from weir.django.middleware import RateLimitMiddleware
from weir.django.refusal import rate_limited

__all__ = ["RateLimitMiddleware", "forget_overrides", "rate_limit", "rate_limited"]
