"""DynamoDB, as the bypassable views use it: one table of counters."""

from functools import cache
from typing import Any

import boto3

TABLE = "quote_rate_limits"


@cache
def counters() -> Any:
    """The table. Made on first use, so that each worker process has connections of its own."""
    return boto3.resource("dynamodb").Table(TABLE)
