"""A session over TLS whose cookie any script reads and plain http gets, with links back to http, and a key in the query."""
from flask import Flask, jsonify, request

app = Flask(__name__)


@app.get("/session")
def session():
    if request.args.get("api_key") != "key-of-ada-71c2":
        return jsonify(error="key"), 401
    response = jsonify(user="ada", next=f"http://{request.host}/session?page=2")
    response.headers["Set-Cookie"] = "sessionid=9f8e7d6c5b; Path=/"
    return response
