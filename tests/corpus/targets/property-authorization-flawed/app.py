"""A user that is sent and stored as it is."""
from flask import Flask, jsonify, request

app = Flask(__name__)


@app.post("/users")
def sign_up():
    user = {"id": 7, "name": "", "role": "user", "balance": 0, "password_hash": "$2b$12$K3JNi5vXMgrJLr7gWv"}
    known = {name: value for name, value in request.get_json().items() if name in user or name == "password"}
    user.update(known)
    return jsonify(user), 201
