import math
import os
import time

from flask import Flask, jsonify
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

app = Flask(__name__)
limiter = Limiter(get_remote_address, app=app, storage_uri=f"redis://127.0.0.1:{os.environ['STORE']}", strategy="moving-window")


@app.errorhandler(429)
def refused(_error):
    wait = max(1, math.ceil(limiter.current_limit.reset_at - time.time()))
    return jsonify(error="too many requests"), 429, {"Retry-After": str(wait)}


@app.get("/api/quote")
@limiter.limit("8 per 5 seconds")
def quote():
    return jsonify(pair="EURUSD", bid="1.0841")
