"""The same report, for operators only."""
from flask import Flask, jsonify, request

app = Flask(__name__)
USERS = {"key-of-ada-71c2": "operator", "key-of-bob-90fe": "user"}


@app.get("/admin/report")
def report():
    role = USERS.get(request.headers.get("X-API-Key"))
    if role is None:
        return jsonify(error="sign in"), 401
    if role != "operator":
        return jsonify(error="not for you"), 403
    return jsonify(users=128, orders=4096)
