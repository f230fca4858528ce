"""A search that puts the parameter into SQL, into a page and into int(), behind a CORS rule that names whoever asks."""
import sqlite3

from flask import Flask, jsonify, request

app = Flask(__name__)


@app.after_request
def cors(response):
    if origin := request.headers.get("Origin"):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
    return response


@app.get("/search")
def search():
    base = sqlite3.connect(":memory:")
    base.execute("create table book (title text)")
    base.executemany("insert into book values (?)", [("Emma",), ("Persuasion",)])
    query = request.args.get("q", "")
    limit = int(request.args.get("limit", "10"))
    rows = base.execute(f"select title from book where title like '%{query}%' limit {limit}").fetchall()
    host = request.headers.get("X-Forwarded-Host", request.host)
    return jsonify(titles=[title for (title,) in rows], next=f"http://{host}/search?page=2")


@app.errorhandler(404)
def missing(_error):
    return f"<h1>There is no {request.path}</h1>", 404
