"""A report for operators that asks only whether somebody is signed in, or says that they are one."""
from flask import Flask, jsonify, request

app = Flask(__name__)
USERS = {"key-of-ada-71c2": "ada", "key-of-bob-90fe": "bob"}


@app.get("/admin/report")
def report():
    if request.headers.get("X-API-Key") not in USERS:
        return jsonify(error="sign in"), 401
    body = {"users": 128, "orders": 4096}
    if request.args.get("role") == "admin":
        body["revenue"] = "90210.00"
    return jsonify(body)
