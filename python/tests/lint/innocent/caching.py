"""A cache in front of a computation, and a throttle that is not DynamoDB's."""

import time

import boto3
from django.core.cache import cache
from django.http import JsonResponse

table = boto3.resource("dynamodb").Table("cache")


def rates(request):
    pk = f"rates#{request.GET['pair']}"
    item = table.get_item(Key={"pk": pk}).get("Item")
    if item and item["expires"] > time.time():
        return JsonResponse(item["body"])
    if cache.get(f"busy:{pk}"):
        return JsonResponse({"error": "too many requests"}, status=429)
    body = {"rate": "1.08"}
    table.put_item(Item={"pk": pk, "body": body, "expires": int(time.time()) + 60})
    return JsonResponse(body)


def hit_rate(request):
    """Counts per hour, for a chart. Nobody is refused by it."""
    hour = int(time.time()) // 3600
    table.update_item(
        Key={"pk": f"hits#{hour}"},
        UpdateExpression="ADD hits :one",
        ExpressionAttributeValues={":one": 1},
    )
    return JsonResponse({})
