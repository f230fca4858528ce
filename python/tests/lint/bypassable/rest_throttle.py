"""A throttle class of REST framework over a mixin, and a middleware that lets errors through."""

import logging
import time

import boto3
from django.http import HttpResponse
from rest_framework.throttling import BaseThrottle

logger = logging.getLogger(__name__)


class Table:
    table = boto3.resource("dynamodb").Table("throttle")

    def history(self, key):
        # expect: ddb-eventual-read
        return self.table.get_item(Key={"pk": key}).get("Item", {}).get("hits", [])


class DynamoThrottle(Table, BaseThrottle):
    rate = 10

    def allow_request(self, request, view):
        key = f"user#{request.user.pk}"
        hits = [hit for hit in self.history(key) if hit > time.time() - 60]
        if len(hits) >= self.rate:
            return False
        # expect: ddb-read-then-write
        self.table.put_item(Item={"pk": key, "hits": hits + [time.time()]})
        return True


class Middleware:
    def __init__(self, get_response):
        self.get_response = get_response
        self.table = boto3.resource("dynamodb").Table("throttle")

    def __call__(self, request):
        key = {"pk": request.META["REMOTE_ADDR"]}
        try:
            # expect: ddb-refusal-writes ddb-unconditional-increment
            answer = self.table.update_item(
                Key=key,
                UpdateExpression="ADD hits :one SET expires_at = :end",
                ExpressionAttributeValues={":one": 1, ":end": int(time.time()) + 60},
                ReturnValues="ALL_NEW",
            )
            if answer["Attributes"]["hits"] > 100:
                return HttpResponse(status=429)
        except Exception:
            # expect: ddb-error-swallowed
            return self.get_response(request)
        return self.get_response(request)
