"""Tokens whose payload is read and whose signature is not; a middleware that guards a list of paths; the key in the query, too."""
import base64
import json

from flask import Flask, jsonify, request

app = Flask(__name__)
app.url_map.strict_slashes = False


def claims(token):
    try:
        payload = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return None


@app.before_request
def guard():
    if request.path not in {"/account"}:  # what is served at /account/ as well
        return None
    token = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.args.get("access_token", "")
    if claims(token) is None:
        return jsonify(error="sign in"), 401
    return None


@app.get("/account")
def account():
    return jsonify(id=7, name="Ada", plan="team", seats=12)
