from flask import Flask, g, jsonify, request
from flask_limiter import Limiter

app = Flask(__name__)
TOKENS = {"tok-alpha-7f3e": "alpha", "tok-beta-91cc": "beta"}
limiter = Limiter(lambda: g.tenant, storage_uri="memory://", strategy="moving-window")


@app.before_request
def authenticate():
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    g.tenant = TOKENS.get(token)
    if g.tenant is None:
        return jsonify(error="invalid token"), 401


limiter.init_app(app)


@app.post("/v1/chat")
@limiter.limit("6 per 6 seconds")
def chat():
    said = str(request.get_json()["messages"][-1]["content"])
    return jsonify(reply=f"You said: {said[:200]}", model="toy-1", usage={"tokens": len(said.split())})


@app.errorhandler(429)
def refused(_error):
    return jsonify(error="too many requests"), 429, {"Retry-After": "6"}
