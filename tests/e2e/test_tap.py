"""The tap before real emulators, asked by the SDK that people use."""

import contextlib
import json
import re

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from emulators import NAMES, client, emulator, free_port
from tap import Wire, tap


@pytest.fixture(scope="module", params=NAMES)
def upstream(request):
    with emulator(request.param) as port:
        yield port


@pytest.fixture(scope="module")
def dynoxide():
    with emulator("dynoxide") as port:
        yield port


def create_table(db, name: str):
    db.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "n", "AttributeType": "N"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-n",
                "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    db.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})


def refused(call, code: str, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code


def ask_everything(db, table: str):
    """All item operations, batch, transact, query, scan and PartiQL; what succeeds and what fails."""
    create_table(db, table)
    item = {
        "pk": {"S": 'ключ \U0001f511 "quoted"'},
        "n": {"N": "12345678901234567890.123"},
        "b": {"B": bytes(range(256))},
        "deep": {"M": {"l": {"L": [{"BOOL": True}, {"NULL": True}, {"SS": ["a", "b"]}]}}},
    }
    big = {"pk": {"S": "big"}, "n": {"N": "1"}, "text": {"S": "x" * 390_000}}
    db.put_item(TableName=table, Item=item, ReturnValues="ALL_OLD", ReturnConsumedCapacity="TOTAL")
    db.put_item(TableName=table, Item=big)
    assert db.get_item(TableName=table, Key={"pk": big["pk"]}, ConsistentRead=True)["Item"] == big
    assert db.get_item(TableName=table, Key={"pk": item["pk"]})["Item"]["b"] == item["b"]
    assert "Item" not in db.get_item(TableName=table, Key={"pk": {"S": "absent"}})
    db.update_item(
        TableName=table,
        Key={"pk": {"S": "counter"}},
        UpdateExpression="SET #n = if_not_exists(#n, :zero) + :one",
        ExpressionAttributeNames={"#n": "n"},
        ExpressionAttributeValues={":zero": {"N": "0"}, ":one": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )
    refused(
        db.update_item,
        "ConditionalCheckFailedException",
        TableName=table,
        Key={"pk": {"S": "counter"}},
        UpdateExpression="ADD n :one",
        ConditionExpression="n < :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    refused(
        db.get_item, "ResourceNotFoundException", TableName="no-such-table", Key={"pk": {"S": "a"}}
    )
    refused(
        db.update_item,
        "ValidationException",
        TableName=table,
        Key={"pk": {"S": "a"}},
        UpdateExpression="SET",
    )
    db.batch_write_item(
        RequestItems={
            table: [
                {
                    "PutRequest": {
                        "Item": {
                            "pk": {"S": f"b{i}"},
                            "n": {"N": str(i % 3)},
                            "t": {"S": "y" * 40_000},
                        }
                    }
                }
                for i in range(25)
            ]
        }
    )
    keys = [{"pk": {"S": f"b{i}"}} for i in range(20)]
    assert len(db.batch_get_item(RequestItems={table: {"Keys": keys}})["Responses"][table]) == 20
    db.transact_write_items(
        TransactItems=[
            {
                "Update": {
                    "TableName": table,
                    "Key": {"pk": {"S": "counter"}},
                    "UpdateExpression": "ADD n :one",
                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                }
            },
            {"Delete": {"TableName": table, "Key": {"pk": {"S": "b0"}}}},
        ]
    )
    refused(
        db.transact_write_items,
        "TransactionCanceledException",
        TransactItems=[
            {
                "ConditionCheck": {
                    "TableName": table,
                    "Key": {"pk": {"S": "b0"}},
                    "ConditionExpression": "attribute_exists(pk)",
                }
            }
        ],
    )
    db.transact_get_items(
        TransactItems=[{"Get": {"TableName": table, "Key": {"pk": {"S": "counter"}}}}]
    )
    found = db.query(
        TableName=table,
        IndexName="by-n",
        KeyConditionExpression="n = :n",
        FilterExpression="attribute_exists(t)",
        ExpressionAttributeValues={":n": {"N": "2"}},
    )
    assert found["Count"] == 8
    assert db.scan(TableName=table, Limit=7)["Count"] == 7
    with contextlib.suppress(ClientError):  # ExtendDB has no PartiQL: then its error passes
        db.execute_statement(
            Statement=f'SELECT * FROM "{table}" WHERE pk = ?', Parameters=[{"S": "b1"}]
        )
    db.delete_item(TableName=table, Key={"pk": {"S": "b1"}}, ReturnValues="ALL_OLD")
    db.describe_table(TableName=table)
    db.list_tables()
    db.delete_table(TableName=table)


def test_passes_every_byte_of_every_operation_on(upstream, tmp_path):
    below = Wire(upstream)
    with contextlib.closing(below), tap(tmp_path, below.port, "--record", "tap.jsonl") as running:
        above = Wire(running.port)
        with contextlib.closing(above):
            ask_everything(client(above.port), "fidelity")
        code, _ = running.end()
    assert code == 0
    assert above.connections == below.connections == 1
    assert bytes(above.sent) == bytes(below.sent)
    assert bytes(above.received) == bytes(below.received)
    assert len(above.received) > 1_000_000
    lines = (tmp_path / "tap.jsonl").read_text().splitlines()
    assert len(lines) - 1 == below.received.count(b"HTTP/1.1 ")


def test_a_recording_holds_what_was_asked_and_no_values(dynoxide, tmp_path, weir):
    with tap(tmp_path, dynoxide, "--record", "tap.jsonl") as running:
        db = client(running.port)
        create_table(db, "secrets")
        for user in ("alice@example.com", "bob@example.com", "alice@example.com"):
            db.update_item(
                TableName="secrets",
                Key={"pk": {"S": user}},
                UpdateExpression="ADD #h :one",
                ConditionExpression="attribute_not_exists(#h) OR #h < :limit",
                ExpressionAttributeNames={"#h": "hits"},
                ExpressionAttributeValues={":one": {"N": "1"}, ":limit": {"N": "5"}},
                ReturnConsumedCapacity="TOTAL",
            )
        refused(
            db.get_item, "ResourceNotFoundException", TableName="absent", Key={"pk": {"S": "carol"}}
        )
        code, said = running.end()
    assert code == 0
    assert "exchanges, recorded in tap.jsonl" in said
    text = (tmp_path / "tap.jsonl").read_text()
    assert "alice" not in text
    assert "bob" not in text
    assert "carol" not in text
    head, *operations = map(json.loads, text.splitlines())
    assert head["format"] == "weir-tap/1"
    updates = [one for one in operations if one["op"] == "UpdateItem"]
    assert [one["status"] for one in updates] == [200, 200, 200]
    access = updates[0]["accesses"][0]
    assert access["update"] == {"add": [[["hits"], ":one"]]}
    assert access["condition"]["op"] == "OR"
    assert access["values"][":limit"] == {"N": "5"}
    assert access["key"] == updates[2]["accesses"][0]["key"] != updates[1]["accesses"][0]["key"]

    shown = weir("tap", "show", str(tmp_path / "tap.jsonl"))
    assert shown.code == 0, shown.err
    assert f"before http://127.0.0.1:{dynoxide}, values redacted" in shown.out
    assert (
        "3  UpdateItem         secrets (pk): ADD hits :one IF attribute_not_exists(hits) OR hits < :limit"
        in shown.out
    )
    assert "1 x ResourceNotFoundException" in shown.out


def test_records_values_when_asked_to(dynoxide, tmp_path):
    with tap(tmp_path, dynoxide, "--record", "tap.jsonl", "--values") as running:
        refused(
            client(running.port).get_item,
            "ResourceNotFoundException",
            TableName="absent",
            Key={"pk": {"S": "carol"}},
        )
        running.end()
    assert '"pk":{"S":"carol"}' in (tmp_path / "tap.jsonl").read_text()


def test_an_upstream_that_is_gone_is_a_clear_error(tmp_path):
    with tap(tmp_path, free_port()) as running:
        with pytest.raises(ClientError) as caught:
            client(running.port).list_tables()
    error = caught.value.response
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 502
    assert error["Error"]["Code"] == "WeirTapCannotAskUpstream"
    assert "cannot connect to http://127.0.0.1:" in error["Error"]["Message"]


def test_signs_anew_for_an_upstream_that_verifies_signatures(tmp_path):
    wrong = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "wrong"}
    right = {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    }
    with emulator("extenddb") as port:
        with tap(tmp_path, port) as unsigned, pytest.raises(ClientError):
            client(unsigned.port, credentials=wrong).list_tables()
        with tap(tmp_path, port, "--sign", "--region", "us-east-1", **right) as signing:
            assert client(signing.port, credentials=wrong).list_tables()["TableNames"] == []


def counter(db, table: str) -> str | None:
    return db.get_item(TableName=table, Key={"pk": {"S": "c"}}, ConsistentRead=True).get("Item", {}).get("n", {}).get("N")


def increment(db, table: str):
    db.update_item(
        TableName=table,
        Key={"pk": {"S": "c"}},
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


@pytest.mark.parametrize(
    ("fault", "raised", "carried_out"),
    [
        ("throttle", "ProvisionedThroughputExceededException", None),
        ("500", "InternalServerError", None),
        ("500-after", "InternalServerError", "1"),
        ("cut", ConnectionClosedError, None),
        ("lose", ConnectionClosedError, "1"),
        ("timeout", ReadTimeoutError, None),
        ("delay:ms=1", None, "1"),
        ("throttle:op=PutItem", None, "1"),
        ("throttle:table=other", None, "1"),
        ("throttle:key=d", None, "1"),
        ("cut:op=UpdateItem,key=c,percent=100", ConnectionClosedError, None),
    ],
)
def test_a_fault_meets_the_calls_that_it_names(upstream, tmp_path, fault, raised, carried_out):
    direct = client(upstream)
    table = re.sub(r"\W", "-", f"fault-{fault}")
    create_table(direct, table)
    with tap(tmp_path, upstream, "--fault", fault, "--record", "tap.jsonl") as running:
        db = client(running.port, timeout=1 if fault == "timeout" else 60)
        if raised is None:
            increment(db, table)
        elif isinstance(raised, str):
            refused(increment, raised, db=db, table=table)
        else:
            with pytest.raises(raised):
                increment(db, table)
        running.end()
    assert counter(direct, table) == carried_out
    (operation,) = list(map(json.loads, (tmp_path / "tap.jsonl").read_text().splitlines()))[1:]
    assert operation.get("fault") == (fault.partition(":")[0] if raised or fault.startswith("delay") else None)


def test_a_lost_answer_that_the_sdk_repeats_counts_twice(dynoxide, tmp_path):
    direct = client(dynoxide)
    create_table(direct, "twice")
    with tap(tmp_path, dynoxide, "--fault", "lose:percent=30", "--seed", "1", "--record", "tap.jsonl") as running:
        db = client(running.port, retries=9)
        for _ in range(10):
            increment(db, "twice")
        running.end()
    operations = list(map(json.loads, (tmp_path / "tap.jsonl").read_text().splitlines()))[1:]
    lost = sum(one.get("fault") == "lose" for one in operations)
    assert lost > 0
    assert counter(direct, "twice") == str(10 + lost)
    assert len({one["invocation"] for one in operations}) == 10
    assert sum(one.get("attempt", 1) > 1 for one in operations) == lost


def test_shows_names_that_would_move_a_terminal_written_out(tmp_path, weir):
    head = {"format": "weir-tap/1", "upstream": "http://\x1b[31m", "started_us": 0, "values": False}
    access = {"kind": "get", "table": "\x1b]0;title\x07" + "t" * 5000}
    operation = {"at_us": 1, "took_us": 1, "op": "Get\x1bItem", "status": 400, "error": "\x1b[2J", "accesses": [access]}
    (tmp_path / "tap.jsonl").write_text(f"{json.dumps(head)}\n{json.dumps(operation)}\n")
    shown = weir("tap", "show", "tap.jsonl")
    assert shown.code == 0, shown.err
    assert "\x1b" not in shown.out + shown.err
    assert "\\x1b[2J" in shown.out
    assert len(shown.out) < 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tap",), "--upstream is required"),
        (("tap", "--upstream", "http://127.0.0.1:1/path"), "has a path"),
        (("tap", "--upstream", "http://127.0.0.1:1", "--listen", "0.0.0.0:0"), "--listen-anywhere"),
        (("tap", "--upstream", "http://127.0.0.1:1", "--listen", "here:1"), "here:1"),
        (
            (
                "tap",
                "--upstream",
                "http://127.0.0.1:1",
                "--listen",
                "127.0.0.1:0",
                "--record",
                "no/such/folder",
            ),
            "no/such/folder: cannot be written",
        ),
        (("tap", "--upstream", "http://127.0.0.1:1", "--fault", "explode"), "the fault 'explode' is of no known kind"),
        (("tap", "show"), "file is required"),
        (("tap", "show", "absent"), "absent"),
        (("tap", "show", "/etc/hostname"), "/etc/hostname: this is no recording of weir-tap/1"),
    ],
)
def test_wrong_usage_is_one_clear_line(weir, arguments, message):
    done = weir(*arguments)
    assert done.code == 2
    assert message in done.err
    assert done.out == ""
