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
    api_key = request.headers.get("X-API-Key")
    if api_key not in CUSTOMERS:
        return jsonify(error="unknown key"), 401
    now = time.time()
    item = table.get_item(Key={"pk": api_key}).get("Item", {"hits": 0, "ends": 0})
    if float(item["ends"]) <= now:
        item = {"pk": api_key, "hits": 0, "ends": str(now + WINDOW)}
    if item["hits"] >= LIMIT:
        return jsonify(error="too many requests"), 429, {"Retry-After": str(int(float(item["ends"]) - now) + 1)}
    item["hits"] += 1
    table.put_item(Item=item)
    return jsonify(pair="EURUSD", bid="1.0841")
