"""Locks and idempotency: a condition that asks whether something exists is just right there."""

import time

import boto3
from flask import Flask, abort, request

app = Flask(__name__)
table = boto3.resource("dynamodb").Table("locks")


@app.post("/payments")
def pay():
    try:
        table.put_item(
            Item={"pk": request.headers["Idempotency-Key"], "made": int(time.time())},
            ConditionExpression="attribute_not_exists(pk)",
        )
    except table.meta.client.exceptions.ConditionalCheckFailedException:
        abort(409)
    return {}


@app.post("/orders/<order>/lock")
def lock(order):
    held = table.get_item(Key={"pk": order}).get("Item")
    if held and held["until"] > time.time():
        abort(423)
    table.put_item(Item={"pk": order, "until": int(time.time()) + 30})
    return {}
