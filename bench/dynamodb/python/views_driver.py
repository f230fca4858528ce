"""The example project's own views, called without a server: examples/django_dynamodb."""

from __future__ import annotations

import contextlib
import importlib
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import demand
import django
from botocore.exceptions import ClientError
from django.conf import settings
from django.test import RequestFactory

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "examples" / "django_dynamodb"))


def set_up(job: dict[str, Any]) -> Callable[[str], bool]:
    settings.configure(
        ALLOWED_HOSTS=["*"], QUOTE_LIMIT=job["n"], QUOTE_WINDOW=job["window_s"], LOGGING_CONFIG=None
    )
    django.setup()
    logging.disable()
    tables = importlib.import_module("quotes.tables")
    view = importlib.import_module(f"quotes.bypassable.{job['limiter']}")
    with contextlib.suppress(boto3.client("dynamodb").exceptions.ResourceInUseException):
        boto3.client("dynamodb").create_table(
            TableName=tables.TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    tables.counters()
    request_factory = RequestFactory()

    def decide(key: str) -> bool:
        # `naive` knows its callers by address, the others by key.
        request = request_factory.get("/", headers={"X-API-Key": key, "X-Forwarded-For": key})
        try:
            return bool(view.quote(request).status_code == 200)
        except ClientError as error:
            # `window` refuses by this exception, which nobody catches.
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False

    return decide


demand.run(set_up)
