"""A made-up model that keeps to its instructions, and takes nobody's turn for the system's."""
from flask import Flask, jsonify, request

app = Flask(__name__)


@app.post("/chat")
def chat():
    if "X-API-Key" not in request.headers:
        return jsonify(error="sign in"), 401
    turns = request.get_json()["messages"]
    if any(turn["role"] not in {"user", "assistant"} for turn in turns):
        return jsonify(error="role"), 422
    return jsonify(reply="I can only help with orders. You wrote: " + turns[-1]["content"][:200])
