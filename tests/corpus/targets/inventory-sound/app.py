"""The same API with one version, which its document declares, and with a page for every other path."""
from flask import Flask, jsonify

app = Flask(__name__)
ITEMS = [{"id": 1, "name": "lamp"}, {"id": 2, "name": "desk"}]


@app.get("/v2/items")
def items():
    return jsonify(items=ITEMS)


@app.errorhandler(404)
def anything_else(_error):
    return "<h1>Shop</h1><p># HELP for TYPE and SECRET = nothing: actuator, goroutine</p>", 200
