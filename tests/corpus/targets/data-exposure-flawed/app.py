"""Customers with card numbers, a key and an internal address, for anybody; and a stack trace for who asks oddly."""
import traceback

from flask import Flask, jsonify, request

app = Flask(__name__)
CUSTOMERS = [{"id": i, "email": f"{name}@mail.org"} for i, name in enumerate(["ada", "bob", "eve", "kim", "lea", "max"])]


@app.get("/customers")
def customers():
    try:
        request.query_string.decode("ascii").encode("ascii")
        if "[" in request.query_string.decode():
            raise ValueError("a bracket")
    except ValueError:
        return traceback.format_exc(), 500, {"Content-Type": "text/plain"}
    body = {"customers": CUSTOMERS, "card_number": "4539578763621486", "iban": "DE89370400440532013000",
            "deploy": {"aws_access_key_id": "AKIA" + "Q7ZK2M5XJ4WT6NRB", "host": "10.0.3.17"}}
    return jsonify(body)
