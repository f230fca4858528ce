"""The same search with bound parameters, checked numbers, a list of origins, links of its own and errors as JSON."""
import sqlite3

from flask import Flask, jsonify, request

app = Flask(__name__)
FRIENDS = {"https://app.example.com"}


@app.after_request
def cors(response):
    if (origin := request.headers.get("Origin")) in FRIENDS:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
    response.headers["Vary"] = "Origin"
    return response


@app.get("/search")
def search():
    limit = request.args.get("limit", "10")
    if not limit.isascii() or not limit.isdigit() or len(limit) > 3:
        return jsonify(error="limit"), 422
    query = request.args.get("q", "")
    if len(query) > 100 or "\0" in query:
        return jsonify(error="q"), 422
    base = sqlite3.connect(":memory:")
    base.execute("create table book (title text)")
    base.executemany("insert into book values (?)", [("Emma",), ("Persuasion",)])
    rows = base.execute("select title from book where instr(title, ?) limit ?", (query, int(limit))).fetchall()
    return jsonify(titles=[title for (title,) in rows], next="/search?page=2")


@app.errorhandler(404)
def missing(_error):
    return jsonify(error="not found"), 404
