"""Documents with a version, seats that run out: conditional writes that limit no rate."""

import boto3
from botocore.exceptions import ClientError
from flask import Flask, abort, request

app = Flask(__name__)
table = boto3.resource("dynamodb").Table("documents")


@app.put("/documents/<name>")
def save(name):
    document = table.get_item(Key={"name": name}, ConsistentRead=True)["Item"]
    try:
        table.update_item(
            Key={"name": name},
            UpdateExpression="SET body = :body, version = :next",
            ConditionExpression="version = :read",
            ExpressionAttributeValues={
                ":body": request.get_json(),
                ":next": document["version"] + 1,
                ":read": document["version"],
            },
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            abort(409)
        raise
    return {}


@app.post("/shows/<show>/seats")
def reserve(show):
    try:
        table.update_item(
            Key={"name": show},
            UpdateExpression="SET sold = sold + :one",
            ConditionExpression="sold < seats",
            ExpressionAttributeValues={":one": 1},
        )
    except ClientError:
        abort(409)
    return {}


@app.get("/documents/<name>")
def show(name):
    try:
        item = table.get_item(Key={"name": name}).get("Item")
    except ClientError:
        item = None  # the page has a default
    return item or {}
