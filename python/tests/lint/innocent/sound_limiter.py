"""A limit that holds, by hand: one conditional write, refusals read before, errors told apart."""

import hashlib
import hmac
import time

import boto3
from botocore.exceptions import ClientError
from django.conf import settings
from django.http import HttpResponse

table = boto3.resource("dynamodb").Table("counters")
LIMIT = 100


def key_of(request):
    client = request.META["REMOTE_ADDR"]
    return hmac.new(settings.PEPPER, client.encode(), hashlib.sha256).hexdigest()


def limited(view):
    def checked(request):
        pk = key_of(request)
        now = int(time.time() * 1000)
        item = table.get_item(Key={"pk": pk}, ConsistentRead=True).get("Item")
        if item and item["tokens"] >= LIMIT and item["ends"] > now:
            return HttpResponse(status=429)
        try:
            table.update_item(
                Key={"pk": pk},
                UpdateExpression="ADD tokens :one SET ends = :ends",
                ConditionExpression="attribute_not_exists(tokens) OR tokens < :limit",
                ExpressionAttributeValues={":one": 1, ":limit": LIMIT, ":ends": now + 60_000},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return HttpResponse(status=429)
            return HttpResponse(status=503)
        return view(request)

    return checked


def take(request):
    """Optimistic locking in a loop: who loses the race tries again, and is not let through."""
    pk = key_of(request)
    for _ in range(5):
        item = table.get_item(Key={"pk": pk}, ConsistentRead=True)["Item"]
        if item["tokens"] <= 0:
            return HttpResponse(status=429)
        try:
            table.update_item(
                Key={"pk": pk},
                UpdateExpression="SET tokens = :next, ends = :ends",
                ConditionExpression="tokens = :read",
                ExpressionAttributeValues={
                    ":next": item["tokens"] - 1,
                    ":read": item["tokens"],
                    ":ends": time.time() + 60,
                },
            )
        except table.meta.client.exceptions.ConditionalCheckFailedException:
            continue
        return HttpResponse("ok")
    return HttpResponse(status=503)
