"""A Django project that is nothing but a policy: every request is held to its rules."""

import os

SECRET_KEY = "tests-only"  # noqa: S105
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "promise_wsgi"
INSTALLED_APPS = ["weir.django"]
MIDDLEWARE = ["weir.django.RateLimitMiddleware"]
WEIR = {"POLICY": os.environ["PROMISE_POLICY"]}
