"""An exact sliding log by client address: Flask-Limiter's moving window. A line a request."""

import os
import sys

from flask import Flask, Response, jsonify, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

app = Flask(__name__)
limiter = Limiter(
    get_remote_address,
    app=app,
    storage_uri="memory://",
    strategy="moving-window",
    headers_enabled=True,
    application_limits=[f"{os.environ['LIMIT']} per {os.environ['WINDOW_S']} seconds"],
)


@app.after_request
def print_line(response: Response) -> Response:
    sys.stdout.write(f"{request.method}\n")
    sys.stdout.flush()
    return response


@app.get("/api/v1/items")
def items() -> Response:
    return jsonify(items=[1, 2, 3])
