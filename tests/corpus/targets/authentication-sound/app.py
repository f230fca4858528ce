"""The same operation with tokens that are verified (HS256 under a random-looking secret), behind the view itself."""
import base64
import hashlib
import hmac
import json

from flask import Flask, jsonify, request

SECRET = b"7Wb0Y2qk1mXv9cTz4rLs8dHf3gJp6nAe"
app = Flask(__name__)
app.url_map.strict_slashes = False


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def is_valid(token):
    try:
        head, payload, signature = token.split(".")
        expected = hmac.digest(SECRET, f"{head}.{payload}".encode(), hashlib.sha256)
        return json.loads(decoded(head))["alg"] == "HS256" and hmac.compare_digest(expected, decoded(signature))
    except (ValueError, KeyError):
        return False


@app.get("/account")
def account():
    if not is_valid(request.headers.get("Authorization", "").removeprefix("Bearer ")):
        return jsonify(error="sign in"), 401, {"WWW-Authenticate": "Bearer"}
    return jsonify(id=7, name="Ada", plan="team", seats=12)
