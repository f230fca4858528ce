import os
import time

import boto3
from flask import Flask, jsonify, request

LIMIT, WINDOW = 6, 6
table = boto3.resource("dynamodb").create_table(
    TableName=f"limits-{os.getpid()}",
    KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    BillingMode="PAY_PER_REQUEST",
)
app = Flask(__name__)
CUSTOMERS = {"demo-key-1", "demo-key-2"}


@app.get("/api/quote")
def quote():
    api_key = request.headers.get("X-API-Key", "")
    window = int(time.time()) // WINDOW
    try:
        answer = table.update_item(
            Key={"pk": f"{api_key}#{window}"},
            UpdateExpression="ADD hits :one",
            ExpressionAttributeValues={":one": 1},
            ReturnValues="UPDATED_NEW",
        )
        if answer["Attributes"]["hits"] > LIMIT:
            return jsonify(error="too many requests"), 429, {"Retry-After": str(WINDOW - int(time.time()) % WINDOW)}
    except Exception:
        app.logger.exception("no limit this time")
    return jsonify(pair="EURUSD", bid="1.0841")
