"""The same user, whose properties are named one by one, in and out."""
from flask import Flask, jsonify, request

app = Flask(__name__)


@app.post("/users")
def sign_up():
    body = request.get_json()
    return jsonify(id=7, name=str(body.get("name", "")), role="user", balance=0), 201
