"""Version 2 beside a forgotten version 1, an export that no document declares, and pages for operators."""
from flask import Flask, jsonify

app = Flask(__name__)
ITEMS = [{"id": 1, "name": "lamp"}, {"id": 2, "name": "desk"}]


@app.after_request
def fingerprint(response):
    response.headers["X-Powered-By"] = "Flask/3.1.3"
    return response


@app.get("/v2/items")
@app.get("/v1/items")
@app.get("/v2/export")
def items():
    return jsonify(items=ITEMS)


@app.get("/debug/vars")
def variables():
    return jsonify(cmdline=["api"], memstats={"Alloc": 812})


@app.get("/metrics")
def metrics():
    return "# HELP requests_total Requests.\n# TYPE requests_total counter\nrequests_total 7\n", {"Content-Type": "text/plain"}


@app.get("/openapi.json")
def document():
    return jsonify(openapi="3.1.0", info={"title": "items", "version": "2"}, paths={"/v2/items": {"get": {}}})
