"""The same session with its cookie guarded, links without a host, and the key in a header."""
from flask import Flask, jsonify, request

app = Flask(__name__)


@app.get("/session")
def session():
    if request.headers.get("X-API-Key") != "key-of-ada-71c2":
        return jsonify(error="key"), 401
    response = jsonify(user="ada", next="/session?page=2")
    response.set_cookie("sessionid", "9f8e7d6c5b", httponly=True, samesite="Lax")
    return response
