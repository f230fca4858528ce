"""A decorator over a class with a table of its own; every error is a refusal; one global item."""

import functools
import time

import boto3
from botocore.exceptions import ClientError
from flask import Flask, jsonify, request

app = Flask(__name__)
WINDOW_S = 5


class Counters:
    def __init__(self, name):
        self.table = boto3.resource("dynamodb").Table(name)

    def take(self, key):
        try:
            # expect: ddb-hot-key ddb-refusal-writes
            self.table.update_item(
                Key={"pk": key},
                UpdateExpression="ADD hits :one SET expires = :end",
                ConditionExpression="hits < :limit",
                ExpressionAttributeValues={":one": 1, ":limit": 5, ":end": time.time() + 60},
            )
            return True
        except ClientError:
            return False


counters = Counters("counters")


def limited(view):
    @functools.wraps(view)
    def checked(*args, **kwargs):
        if not counters.take("everybody"):
            # expect: ddb-error-swallowed
            return jsonify(error="rate limit exceeded"), 429
        return view(*args, **kwargs)

    return checked


@app.get("/quote")
@limited
def quote():
    return {}


@app.get("/coarse")
def coarse():
    pk = "coarse#" + request.remote_addr
    now = int(time.time())
    # expect: ddb-client-clock-coarse ddb-eventual-read
    item = counters.table.get_item(Key={"pk": pk}).get("Item") or {
        "n": 0,
        "start": 0,
    }
    if now - item["start"] < WINDOW_S and item["n"] >= 5:
        return "", 429
    # expect: ddb-no-ttl ddb-read-then-write
    counters.table.put_item(Item={"pk": pk, "n": item["n"] + 1, "start": now})
    return {}
