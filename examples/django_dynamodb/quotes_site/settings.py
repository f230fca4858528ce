"""Settings of the example. The environment chooses the limit, so that a demonstration is quick.

QUOTE_LIMIT   N, requests that are allowed in one window (default 10)
QUOTE_WINDOW  W, the window in whole seconds (default 10)

The AWS SDK and Weir read the usual AWS variables: AWS_ENDPOINT_URL_DYNAMODB, AWS_REGION and so on.
"""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

# An example that keeps no secrets and no sessions. Never deploy these three lines.
SECRET_KEY = "example-only"  # noqa: S105
ALLOWED_HOSTS = ["*"]
os.environ.setdefault("WEIR_PEPPER", "example-only, not a secret")

DEBUG = False
USE_TZ = True
ROOT_URLCONF = "quotes_site.urls"
WSGI_APPLICATION = "quotes_site.wsgi.application"
INSTALLED_APPS = ["quotes", "weir.django"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]

QUOTE_LIMIT = int(os.environ.get("QUOTE_LIMIT", "10"))
QUOTE_WINDOW = int(os.environ.get("QUOTE_WINDOW", "10"))
QUOTE_RATE = f"{QUOTE_LIMIT}/{QUOTE_WINDOW}s"

# Weir, for the views in quotes/guarded. Those in quotes/bypassable limit by themselves.
WEIR = {
    "POLICY": BASE_DIR / "weir.yaml",
    "API_KEY": {"HEADER": "X-API-Key", "VERIFY": "quotes.customers.is_known"},
}
