"""The low-level client, a dependency, an index, and a count of what was logged."""

import time
import uuid
from typing import Annotated

import boto3
from boto3.dynamodb.conditions import Attr, Key
from fastapi import Depends, FastAPI, Header, HTTPException, Request

app = FastAPI()
client = boto3.client("dynamodb")
log = boto3.resource("dynamodb").Table("log")
LIMIT = 100
WINDOW_S = 5


async def limit_by_key(x_api_key: Annotated[str, Header()]):
    # expect: ddb-fixed-window-key ddb-no-ttl ddb-raw-identifier ddb-refusal-writes ddb-unconditional-increment
    answer = client.update_item(
        TableName="counters",
        Key={"pk": {"S": f"{x_api_key}#{int(time.time() / WINDOW_S)}"}},
        UpdateExpression="SET #n = if_not_exists(#n, :zero) + :one",
        ExpressionAttributeNames={"#n": "hits"},
        ExpressionAttributeValues={":zero": {"N": "0"}, ":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    if int(answer["Attributes"]["hits"]["N"]) > LIMIT:
        raise HTTPException(429, "slow down")


@app.get("/quote", dependencies=[Depends(limit_by_key)])
async def quote():
    return {}


@app.get("/logged")
async def logged(request: Request):
    client_ip = request.client.host
    # expect: ddb-eventual-read
    seen = log.query(
        IndexName="by-client",
        KeyConditionExpression=Key("client").eq(client_ip) & Key("at").gt(int(time.time()) - 60),
        Select="COUNT",
    )
    if seen["Count"] >= LIMIT:
        raise HTTPException(status_code=429)
    # expect: ddb-no-ttl ddb-read-then-write
    log.put_item(Item={"client": client_ip, "at": int(time.time())})
    return {}


@app.get("/weak")
async def weak(request: Request):
    try:
        # expect: ddb-no-ttl ddb-refusal-writes ddb-weak-condition
        log.update_item(
            Key={"client": request.client.host},
            UpdateExpression="ADD hits :one",
            ConditionExpression=Attr("client").exists() | Attr("hits").not_exists(),
            ExpressionAttributeValues={":one": 1},
        )
    except client.exceptions.ConditionalCheckFailedException:
        raise HTTPException(status_code=429) from None
    return {}


@app.get("/salted")
async def salted(request: Request):
    key = {"client": f"{request.client.host}#{uuid.uuid4()}"}
    # expect: ddb-random-salt
    item = log.get_item(Key=key, ConsistentRead=True).get("Item", {"hits": 0})
    if item["hits"] >= LIMIT:
        raise HTTPException(status_code=429)
    # expect: ddb-no-ttl ddb-read-then-write
    log.update_item(
        Key=key, UpdateExpression="ADD hits :one", ExpressionAttributeValues={":one": 1}
    )
    return {}
