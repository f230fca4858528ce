from flask import Flask, jsonify
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

app = Flask(__name__)
limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", strategy="sliding-window-counter")


@app.get("/api/quote")
@limiter.limit("8 per 6 seconds")
def quote():
    return jsonify(pair="EURUSD", bid="1.0841")
