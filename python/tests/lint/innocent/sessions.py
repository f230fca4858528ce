"""Sessions in DynamoDB, behind a limiter that somebody else wrote."""

import uuid

import boto3
from django.http import HttpResponse
from django_ratelimit.core import is_ratelimited

sessions = boto3.resource("dynamodb").Table("sessions")


def sign_in(request):
    sid = uuid.uuid4().hex
    sessions.put_item(Item={"sid": sid, "user": request.user.pk, "visits": 0})
    return HttpResponse(sid)


def page(request):
    sid = request.COOKIES.get("sid")
    session = sessions.get_item(Key={"sid": sid}).get("Item")
    if session is None:
        return HttpResponse(status=401)
    if is_ratelimited(request, group="page", key="ip", rate="10/m"):
        return HttpResponse(status=429)
    session["visits"] += 1
    sessions.put_item(Item=session)
    return HttpResponse("hello")


def blocked(request):
    """An operator blocks a user by hand; the last visit is written down."""
    user = sessions.get_item(Key={"sid": request.user.pk})["Item"]
    if user["blocked"]:
        return HttpResponse(status=429)
    sessions.update_item(
        Key={"sid": request.user.pk},
        UpdateExpression="SET last_seen = :now",
        ExpressionAttributeValues={":now": "now"},
    )
    return HttpResponse("hello")
