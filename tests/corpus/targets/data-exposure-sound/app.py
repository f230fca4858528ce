"""Customers for who is signed in, masked, and kept by no cache; an error without a word of what went wrong."""
from flask import Flask, jsonify, request

app = Flask(__name__)
app.config["TRAP_BAD_REQUEST_ERRORS"] = False


@app.get("/customers")
def customers():
    if request.headers.get("X-API-Key") != "key-of-ada-71c2":
        return jsonify(error="sign in"), 401
    body = {"customers": [{"id": 4539578763621486, "email": "ada@mail.org"}], "card_number": "4539********1486", "ssn": None}
    return jsonify(body), 200, {"Cache-Control": "no-store"}


@app.errorhandler(Exception)
def failed(_error):
    return jsonify(error="something went wrong"), 500
