"""The example, decided once in gunicorn's master, so that its workers inherit an open store."""

import os

from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quotes_site.settings")
application = get_wsgi_application()

from quotes.guarded.naive import quote  # noqa: E402

quote(RequestFactory().get("/guarded/naive/quote"))
