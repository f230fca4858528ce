"""Orders that are listed by owner and looked up by id alone."""
from flask import Flask, jsonify, request

app = Flask(__name__)
USERS = {"key-of-ada-71c2": "ada", "key-of-bob-90fe": "bob"}
ORDERS = [{"id": 1000 + i, "owner": ("ada", "bob")[i % 2], "total": 12 + i} for i in range(24)]


@app.before_request
def sign_in():
    if request.headers.get("X-API-Key") not in USERS:
        return jsonify(error="sign in"), 401
    return None


@app.get("/orders")
def orders():
    user = USERS[request.headers["X-API-Key"]]
    return jsonify([order for order in ORDERS if order["owner"] == user])


@app.get("/orders/<int:number>")
def order(number):
    found = [order for order in ORDERS if order["id"] == number]
    return jsonify(found[0]) if found else (jsonify(error="not found"), 404)
