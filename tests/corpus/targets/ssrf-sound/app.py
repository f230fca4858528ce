"""The same preview, of listed hosts only, and a way on that is a path."""
import urllib.parse

from flask import Flask, jsonify, redirect, request

app = Flask(__name__)
HOSTS = {"images.example.com"}


@app.get("/preview")
def preview():
    if urllib.parse.urlsplit(request.args.get("url", "")).hostname not in HOSTS:
        return jsonify(preview=None)
    return jsonify(preview="(an image)")


@app.get("/login")
def login():
    path = request.args.get("next", "/")
    return redirect(path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/")
